import NetworkGraph
import Randomness
import Scoring
import SearchSpaces
import Statistics
import Studies
import Testing

/// Twelve architectures on a ring, without indices: a mutation goes one to either side.
private struct Ring: SampledSpace {
  var name: String { "ring" }

  func blueprint(text: String) throws(ArchitectureError) -> Int {
    guard let place = Int(text) else { throw ArchitectureError(text: text, reason: "no place") }
    return place
  }

  func key(of place: Int) -> Architecture { Architecture(text: "\(place)") }

  func randomBlueprint(_ draws: inout RandomDraws) -> Int { draws.index(below: 12) }

  func mutated(_ place: Int, _ draws: inout RandomDraws) -> Int {
    (place + (draws.index(below: 2) == 0 ? 1 : 11)) % 12
  }

  func network(of place: Int, input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    throw NetworkError(module: "\(place)", reason: "no network")
  }
}

@Suite struct SearchTests {
  private static let strategies: [SearchStrategy] = [.random, .evolution(population: 20, tournament: 5)]
  private let space = NASBench201()

  private func search(
    _ strategy: SearchStrategy, samples: Int, seed: UInt64 = 1,
    where fits: @escaping @Sendable (ParsedArchitecture) throws -> Bool = { _ in true }
  ) -> Search { Search(space: space, strategy: strategy, samples: samples, seed: seed, where: fits) }

  /// A value that some architectures lack.
  private func value(_ architecture: ParsedArchitecture) -> Double? {
    architecture.index.flatMap { $0 % 7 == 0 ? nil : Double($0 * 7919 % 1009) }
  }

  private func evaluations(_ search: Search) throws -> [SearchResult.Evaluation] {
    try search.run { $0.map(value) }.evaluations
  }

  // MARK: - Both strategies

  @Test(arguments: strategies) func isRepeatableAndNothingIsEvaluatedTwice(_ strategy: SearchStrategy) throws {
    let first = try evaluations(search(strategy, samples: 300))
    #expect(first.count == 300)
    #expect(Set(first.map(\.architecture)).count == 300)
    #expect(first.allSatisfy { $0.value == value($0.architecture) })
    #expect(try evaluations(search(strategy, samples: 300)) == first)
    #expect(try evaluations(search(strategy, samples: 300, seed: 2)) != first)
  }

  @Test(arguments: strategies) func aLongerSearchBeginsWithTheShorter(_ strategy: SearchStrategy) throws {
    let long = try evaluations(search(strategy, samples: 200))
    for samples in [1, 2, 19, 20, 21, 27, 28, 29, 150, 199] {
      #expect(try evaluations(search(strategy, samples: samples)) == Array(long.prefix(samples)), "\(samples)")
    }
  }

  @Test(arguments: strategies) func whatDoesNotFitIsNotEvaluated(_ strategy: SearchStrategy) throws {
    let limits = SearchLimits(parameters: 400_000, multiplyAccumulates: 50_000_000)
    let space = space
    let found = try evaluations(
      search(strategy, samples: 60, where: limits.filter(of: space, for: .cifar10)))
    #expect(found.count == 60)
    for evaluation in found {
      let network = try space.network(of: evaluation.architecture, input: DataSet.cifar10.shape, classes: 10)
      #expect(network.parameterCount <= 400_000 && network.multiplyAccumulates <= 50_000_000)
    }
  }

  @Test(arguments: strategies) func whereNothingFitsNothingIsEvaluated(_ strategy: SearchStrategy) throws {
    let wanted = strategy == .random ? 30 : 20
    let none = #expect(throws: SearchError.self) {
      try search(strategy, samples: 30) { _ in false }.run { _ in
        Issue.record("evaluated")
        return []
      }
    }
    #expect(none?.wanted == wanted && none?.found == 0 && none?.drawn == 15625)
    let few = #expect(throws: SearchError.self) {
      try search(strategy, samples: 30) { ($0.index ?? 0) < 3 }.run { $0.map(value) }
    }
    #expect(few?.found == 3)
  }

  @Test(arguments: strategies) func errorsOfAnEvaluationEndTheSearch(_ strategy: SearchStrategy) throws {
    struct Refused: Error {}
    #expect(throws: Refused.self) { try search(strategy, samples: 30).run { _ in throw Refused() } }
  }

  @Test func theBestComeFirst() throws {
    let values: [Double?] = [2, nil, 7, 2, 7, -.infinity]
    let result = try search(.random, samples: 6).run { _ in values }
    let order = result.best(10).map { best in result.evaluations.firstIndex { $0.architecture == best.architecture } }
    #expect(order == [2, 4, 0, 3, 5])
    #expect(result.best(2).map(\.value) == [7, 7])
    #expect(try search(.random, samples: 2).run { _ in [nil, nil] }.best(1).isEmpty)
  }

  // MARK: - Random search

  @Test func aRandomSearchIsTheSampleOfACorrelation() throws {
    let stream = RandomStream(seed: 3, domain: .architectures, name: space.name)
    let sample = sampleWithoutReplacement(50, of: space.count, stream: stream)
    #expect(try evaluations(search(.random, samples: 50, seed: 3)).map(\.architecture.index) == sample)
  }

  @Test func aSpaceWithoutIndicesIsDrawnFrom() throws {
    let all = try Ring().randomArchitectures(12, seed: 5)
    #expect(Set(all.map(\.text)) == Set((0..<12).map(String.init)))
    for count in 0..<12 { #expect(try Ring().randomArchitectures(count, seed: 5) == Array(all.prefix(count))) }
    let error = #expect(throws: SearchError.self) { try Ring().randomArchitectures(13, seed: 5) }
    #expect(error?.found == 12 && error?.wanted == 13)
    #expect((error?.drawn ?? 0) >= SearchError.maximumMisses)
  }

  // MARK: - Evolution

  @Test func broodsAreOfOneSize() throws {
    var sizes: [Int] = []
    _ = try search(.evolution(population: 30, tournament: 3), samples: 100).run { architectures in
      sizes.append(architectures.count)
      return architectures.map(value)
    }
    #expect(sizes == [30] + Array(repeating: 8, count: 8) + [6])
  }

  /// One edge apart from an architecture that was there before.
  @Test func childrenHaveParents() throws {
    let found = try evaluations(search(.evolution(population: 10, tournament: 3), samples: 200))
    let edges = try found.map { try NASBench201.edges(of: $0.architecture.text) }
    for child in 10..<200 {
      #expect(edges[..<child].contains { zip($0, edges[child]).count { $0 != $1 } == 1 }, "\(child)")
    }
  }

  @Test(arguments: [1, 3, 12]) func aSpaceThatIsSeenEndsTheEvolution(population: Int) throws {
    let search = Search(
      space: Ring(), strategy: .evolution(population: population, tournament: 2), samples: 100, seed: 1)
    let found = try search.run { $0.map { Double($0.text) } }.evaluations
    #expect(Set(found.map(\.architecture)).count == found.count)
    // Selection may keep a population from going all the way round.
    #expect((population...12).contains(found.count))
  }

  @Test func anEvolutionFindsMoreThanChance() throws {
    let scores = try StoredScores(path: Repository.scores, metric: .epads, space: space)
    func mean(_ strategy: SearchStrategy) throws -> Double {
      try (1...10 as ClosedRange<UInt64>).map { seed in
        let result = try search(strategy, samples: 200, seed: seed).run { $0.map(scores.value) }
        return try #require(result.best(1).first?.value)
      }.mean
    }
    let (evolution, random) = (try mean(.evolution()), try mean(.random))
    #expect(evolution > random + 0.1, "\(evolution) and \(random)")
  }
}
