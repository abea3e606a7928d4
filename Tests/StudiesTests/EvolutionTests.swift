import NetworkGraph
import Randomness
import SearchSpaces
import Studies
import Testing

/// So many architectures on a ring; a mutation goes a few places either way.
private struct Circle: SampledSpace {
  var size: Int
  var reach: Int { max(3, size / 250) }
  var name: String { "circle" }

  func blueprint(text: String) throws(ArchitectureError) -> Int {
    guard let place = Int(text) else { throw ArchitectureError(text: text, reason: "no place") }
    return place
  }

  func key(of place: Int) -> Architecture { Architecture(text: "\(place)") }

  func randomBlueprint(_ draws: inout RandomDraws) -> Int { draws.index(below: size) }

  func mutated(_ place: Int, _ draws: inout RandomDraws) -> Int {
    let step = draws.index(below: 2 * reach) - reach
    return (place + (step < 0 ? size + step : step + 1)) % size
  }

  func network(of place: Int, input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    throw NetworkError(module: "\(place)", reason: "no network")
  }
}

/// The evolution, bred once more in the plainest way: a queue of the living, and one child after the other.
@Suite struct EvolutionTests {
  struct Case: CustomTestStringConvertible {
    var size: Int
    var population: Int
    var tournament: Int
    var samples: Int
    var seed: UInt64 = 1
    var testDescription: String { "\(population) of \(size), tournaments of \(tournament), \(samples) samples" }
  }

  private static let cases = [
    Case(size: 10_000, population: 10, tournament: 3, samples: 120),
    Case(size: 10_000, population: 5, tournament: 1, samples: 60, seed: 2),
    Case(size: 10_000, population: 30, tournament: 2, samples: 101, seed: 3),
    Case(size: 10_000, population: 7, tournament: 20, samples: 90, seed: 4),
    // So small that broods come to an end with few new children or none, and the evolution before its samples.
    Case(size: 60, population: 12, tournament: 4, samples: 44, seed: 5),
    Case(size: 40, population: 3, tournament: 2, samples: 30, seed: 7),
    Case(size: 10_000, population: 50, tournament: 10, samples: 20, seed: 6),
  ]

  /// Few values, so that tournaments often end in a tie; some architectures have none, and one in five does not fit.
  private static func value(_ architecture: ParsedArchitecture) -> Double? {
    let place = Int(architecture.text) ?? 0
    return place % 6 == 0 ? nil : Double(place * 7919 % 5)
  }

  private static func fits(_ architecture: ParsedArchitecture) -> Bool { (Int(architecture.text) ?? 0) % 5 != 0 }

  /// The architectures in the order in which they are evaluated.
  private func expected(_ example: Case) throws -> [ParsedArchitecture] {
    let space = Circle(size: example.size)
    var evaluated = try space.randomArchitectures(
      min(example.samples, example.population), seed: example.seed, where: Self.fits)
    var living = evaluated
    var draws = RandomDraws(
      RandomStream(seed: example.seed, domain: .architectures, name: "circle/evolution"))
    func worth(_ architecture: ParsedArchitecture) -> Double { Self.value(architecture) ?? -.infinity }
    var idle = 0
    // After so many broods without anything new the space counts as seen.
    while evaluated.count < example.samples, idle < 200 {
      let room = min(8, example.samples - evaluated.count)
      var brood: [ParsedArchitecture] = []
      var new: [ParsedArchitecture] = []
      for _ in 0..<64 where new.count < room {
        let drawn = (0..<example.tournament).map { _ in living[draws.index(below: living.count)] }
        let highest = drawn.map(worth).max() ?? 0
        // Of equal ones the first that was drawn.
        let parent = try #require(drawn.first { worth($0) == highest })
        let child = try space.mutated(parent, &draws)
        let isKnown = evaluated.contains(child) || new.contains(child)
        guard isKnown || Self.fits(child) else { continue }
        brood.append(child)
        if !isKnown { new.append(child) }
      }
      evaluated += new
      idle = new.isEmpty ? idle + 1 : 0
      for child in brood {
        living.append(child)
        if living.count > example.population { living.removeFirst() }
      }
    }
    return evaluated
  }

  @Test(arguments: cases) func everyChildIsTheOneThatTheDrawsSay(example: Case) throws {
    let search = Search(
      space: Circle(size: example.size),
      strategy: .evolution(population: example.population, tournament: example.tournament), samples: example.samples,
      seed: example.seed, where: Self.fits)
    var asked: [[ParsedArchitecture]] = []
    let result = try search.run { architectures in
      asked.append(architectures)
      return architectures.map(Self.value)
    }
    let expected = try expected(example)
    #expect(result.evaluations.map(\.architecture.text) == expected.map(\.text))
    #expect(asked.flatMap(\.self) == expected && !asked.contains([]))
    #expect(Set(expected).count == expected.count && expected.count <= example.samples)
    #expect(expected.count == example.samples || example.size < 100)
    #expect(result.evaluations.allSatisfy { $0.value == Self.value($0.architecture) })
    // The founders are the beginning of a random search.
    let founders = try Search(
      space: Circle(size: example.size), strategy: .random, samples: min(example.samples, example.population),
      seed: example.seed, where: Self.fits
    ).run { $0.map(Self.value) }
    #expect(founders.evaluations[...] == result.evaluations.prefix(example.population))
    #expect(asked.first?.count == min(example.samples, example.population))
  }

  /// What the publication of aging evolution has.
  @Test func thePopulationAndTheTournamentOfItsOwn() throws {
    let space = Circle(size: 10_000)
    func result(_ strategy: SearchStrategy) throws -> [SearchResult.Evaluation] {
      try Search(space: space, strategy: strategy, samples: 150, seed: 1).run { $0.map(Self.value) }.evaluations
    }
    #expect(try result(.evolution()) == result(.evolution(population: 50, tournament: 10)))
  }
}
