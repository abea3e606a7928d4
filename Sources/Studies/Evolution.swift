import Randomness
import SearchSpaces

/// Aging evolution (Real, Aggarwal, Huang and Le, "Regularized evolution for image classifier architecture search",
/// AAAI 2019): the best of a random few has a mutated child, and the oldest of the population dies.
///
/// Several children of one population are bred before the oldest die, a brood, so that they can be scored at the same
/// time; in the publication 450 workers breed at the same time. The size of a brood is fixed, so the evolution does not
/// depend on how many architectures are in flight.
struct Evolution {
  private let space: any SampledSpace
  private let size: Int
  private let tournament: Int
  private var draws: RandomDraws
  /// Those that live, from the oldest to the youngest, with their values: a tournament looks at many of them.
  private var population: [SearchResult.Evaluation] = []
  private var evaluations: [SearchResult.Evaluation] = []
  private var values: [ParsedArchitecture: Double?] = [:]

  /// The most children of a brood that have no value yet.
  private static let broodSize = 8
  /// The most attempts of a brood, with children that have a value already or do not fit.
  private static let maximumChildren = 64
  /// After so many broods in a row without a new child, nothing new is expected of the space.
  private static let maximumIdleBroods = 200

  /// - Parameters:
  ///   - size: how many architectures live at a time.
  ///   - tournament: how many of them are drawn, with replacement, for the best of them to become a parent.
  init(space: any SampledSpace, size: Int, tournament: Int, seed: UInt64) {
    self.space = space
    self.size = size
    self.tournament = tournament
    draws = RandomDraws(RandomStream(seed: seed, domain: .architectures, name: "\(space.name)/evolution"))
  }

  /// Evolves until there are `samples` evaluations, or nothing new is found.
  mutating func run(
    from founders: [ParsedArchitecture], samples: Int, where fits: (ParsedArchitecture) throws -> Bool,
    evaluate: ([ParsedArchitecture]) throws -> [Double?]
  ) throws -> SearchResult {
    population = try scored(founders, evaluate)
    var idleBroods = 0
    while evaluations.count < samples, idleBroods < Self.maximumIdleBroods {
      let (children, new) = try breed(atMost: min(Self.broodSize, samples - evaluations.count), where: fits)
      _ = try scored(new, evaluate)
      let born = children.map { SearchResult.Evaluation(architecture: $0, value: values[$0] ?? nil) }
      population = (population + born).suffix(size)
      idleBroods = new.isEmpty ? idleBroods + 1 : 0
    }
    return SearchResult(evaluations: evaluations)
  }

  private mutating func scored(
    _ architectures: [ParsedArchitecture], _ evaluate: ([ParsedArchitecture]) throws -> [Double?]
  ) throws -> [SearchResult.Evaluation] {
    guard !architectures.isEmpty else { return [] }
    let scored = zip(architectures, try evaluate(architectures)).map(SearchResult.Evaluation.init)
    for evaluation in scored { values[evaluation.architecture] = .some(evaluation.value) }
    evaluations += scored
    return scored
  }

  /// Children that fit, and those of them that have no value yet.
  private mutating func breed(
    atMost limit: Int, where fits: (ParsedArchitecture) throws -> Bool
  ) throws -> (children: [ParsedArchitecture], new: [ParsedArchitecture]) {
    var children: [ParsedArchitecture] = []
    var new: [ParsedArchitecture] = []
    var attempts = 0
    while new.count < limit, attempts < Self.maximumChildren {
      attempts += 1
      let child = try space.mutated(parent(), &draws)
      if values[child] == nil, !new.contains(child) {
        guard try fits(child) else { continue }
        new.append(child)
      }
      children.append(child)
    }
    return (children, new)
  }

  /// The best of a tournament; one without a score is worse than all others.
  private mutating func parent() -> ParsedArchitecture {
    func value(_ position: Int) -> Double { population[position].value ?? -.infinity }
    var best = draws.index(below: population.count)
    for _ in 1..<max(1, tournament) {
      let rival = draws.index(below: population.count)
      if value(rival) > value(best) { best = rival }
    }
    return population[best].architecture
  }
}
