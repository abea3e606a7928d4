public import SearchSpaces

/// How a search chooses what to score.
public enum SearchStrategy: Hashable, Sendable {
  /// Draws architectures with equal chances, none twice.
  case random
  /// Aging evolution: the best of a tournament has a mutated child, and the oldest of the population dies.
  case evolution(population: Int = 50, tournament: Int = 10)
}

/// Looks for the architecture with the highest value among `samples` of a space.
///
/// What a search does depends on its settings and the values alone, neither on how many architectures are scored at a
/// time nor on which values were known before. So an interrupted search is continued by running it again with the
/// values that are known.
public struct Search: Sendable {
  /// The space that architectures are drawn from.
  public let space: any SampledSpace
  /// How architectures are chosen.
  public let strategy: SearchStrategy
  /// How many architectures are evaluated; an evolution that finds nothing new evaluates fewer.
  public let samples: Int
  /// The seed of the choice.
  public var seed: UInt64
  private var fits: @Sendable (ParsedArchitecture) throws -> Bool

  /// - Parameter fits: whether an architecture may be chosen.
  /// - Precondition: `samples` and the population of an evolution are at least 1.
  public init(
    space: any SampledSpace, strategy: SearchStrategy, samples: Int, seed: UInt64,
    where fits: @escaping @Sendable (ParsedArchitecture) throws -> Bool = { _ in true }
  ) {
    self.space = space
    self.strategy = strategy
    self.samples = samples
    self.seed = seed
    self.fits = fits
  }

  /// The same search among fewer architectures.
  public func restricted(to isIncluded: @escaping @Sendable (ParsedArchitecture) -> Bool) -> Search {
    var search = self
    search.fits = { [fits] in try isIncluded($0) && fits($0) }
    return search
  }

  /// As many random architectures as the search evaluates, of those that it may choose.
  ///
  /// - Throws: `SearchError` where too few fit.
  public func randomArchitectures() throws -> [ParsedArchitecture] {
    try space.randomArchitectures(samples, seed: seed, where: fits)
  }

  /// Runs the search. A longer one with the same seed begins with the evaluations of a shorter one.
  ///
  /// - Parameter evaluate: returns the values of architectures, nil for one that has no score. They may be scored at
  ///   the same time, and no architecture is evaluated twice.
  /// - Throws: `SearchError` where too few architectures fit, before anything is evaluated; errors of `evaluate`.
  public func run(evaluate: ([ParsedArchitecture]) throws -> [Double?]) throws -> SearchResult {
    switch strategy {
    case .random:
      let architectures = try randomArchitectures()
      return SearchResult(
        evaluations: zip(architectures, try evaluate(architectures)).map(SearchResult.Evaluation.init))
    case .evolution(let population, let tournament):
      let founders = try space.randomArchitectures(min(samples, population), seed: seed, where: fits)
      var evolution = Evolution(space: space, size: population, tournament: tournament, seed: seed)
      return try evolution.run(from: founders, samples: samples, where: fits, evaluate: evaluate)
    }
  }
}

/// What a search has evaluated.
public struct SearchResult: Sendable {
  /// An architecture and its value.
  public struct Evaluation: Hashable, Sendable {
    public var architecture: ParsedArchitecture
    /// Nil where the architecture has no score.
    public var value: Double?

    init(architecture: ParsedArchitecture, value: Double?) {
      self.architecture = architecture
      self.value = value
    }
  }

  /// All evaluations, in the order in which they were made.
  public let evaluations: [Evaluation]

  /// The evaluations with the highest values, the highest first; of equal ones the earlier comes first.
  public func best(_ count: Int) -> [Evaluation] {
    let valued = evaluations.indices.filter { evaluations[$0].value != nil }
    func isBetter(_ one: Int, _ other: Int) -> Bool {
      let (value, otherValue) = (evaluations[one].value ?? 0, evaluations[other].value ?? 0)
      return value != otherValue ? value > otherValue : one < other
    }
    // The best alone is what repeated searches ask for.
    let ranked = count == 1 ? valued.min(by: isBetter).map { [$0] } ?? [] : valued.sorted(by: isBetter)
    return ranked.prefix(count).map { evaluations[$0] }
  }
}
