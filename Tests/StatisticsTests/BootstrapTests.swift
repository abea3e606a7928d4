import Randomness
import Statistics
import TestSupport
import Testing

@Suite struct BootstrapTests {
  private func correlation(_ count: Int, noise: Int, name: String) throws -> RankCorrelation {
    let x = randomValues(count, below: 1000, name: "\(name)/x")
    let y = zip(x, randomValues(count, below: noise, name: "\(name)/y")).map { $0 + $1 }
    return try #require(RankCorrelation(x, y))
  }

  @Test func drawsTheDocumentedWords() {
    let stream = RandomStream(seed: 9, domain: .resampling, name: "cifar10")
    for (resample, count) in [(0, 10), (3, 10), (2, 16), (5, 1)] {
      var expected = [Int](repeating: 0, count: count)
      let first = (count + 3) / 4 * 4 * resample
      for draw in 0..<count { expected[stream.index(first + draw, below: count)] += 1 }
      #expect(Bootstrap(seed: 9).multiplicities(resample: resample, count: count, name: "cifar10") == expected)
    }
    #expect(Bootstrap().multiplicities(resample: 0, count: 0, name: "cifar10") == [])
  }

  @Test func resultsDoNotDependOnThreads() throws {
    let correlations = [
      try correlation(150, noise: 500, name: "a"), try correlation(150, noise: 2000, name: "b"),
      try correlation(90, noise: 10, name: "c"),
    ]
    let bootstrap = Bootstrap(seed: 3, resamples: 101)
    let expected = bootstrap.estimates(of: correlations, name: "d", threads: 1)
    #expect(expected.count == 3)
    for threads in [0, 2, 3, 7, 500] {
      #expect(bootstrap.estimates(of: correlations, name: "d", threads: threads) == expected)
    }
    #expect(bootstrap.estimates(of: correlations, name: "d") == expected)
    #expect(bootstrap.estimates(of: correlations, name: "e") != expected)
    #expect(Bootstrap(seed: 4, resamples: 101).estimates(of: correlations, name: "d") != expected)
  }

  @Test func resamplesAreShared() throws {
    let correlations = [try correlation(80, noise: 500, name: "a"), try correlation(80, noise: 2000, name: "b")]
    let bootstrap = Bootstrap(resamples: 20)
    let together = bootstrap.replicates(of: correlations, name: "d")
    #expect(together == correlations.flatMap { bootstrap.replicates(of: [$0], name: "d") })
    for resample in 0..<20 {
      let drawn = bootstrap.multiplicities(resample: resample, count: 80, name: "d")
      #expect(drawn.reduce(0, +) == 80)
      #expect(together[1][resample] == correlations[1].coefficients(multiplicities: drawn))
    }
  }

  @Test func intervalsContainTheEstimate() throws {
    for (count, noise) in [(30, 100), (200, 1000), (1000, 5000)] {
      let estimate = try #require(
        Bootstrap(resamples: 400).estimates(of: [try correlation(count, noise: noise, name: "e")], name: "d")[0])
      #expect(estimate.count == count)
      for statistic in [estimate.kendallTauB, estimate.spearmanRho] {
        #expect(try #require(statistic.interval).contains(statistic.value))
      }
    }
    let values = randomValues(50, below: 30, name: "perfect")
    let perfect = Bootstrap(resamples: 50).estimates(of: [try #require(RankCorrelation(values, values))], name: "d")
    #expect(perfect[0]?.kendallTauB == Estimate(value: 1, interval: 1...1))
  }

  /// Samples of independent variables, whose coefficients are zero: about 95 % of the intervals must contain it.
  @Test func intervalsCoverTheTruth() throws {
    var covered = (tau: 0, rho: 0)
    for sample in 0..<400 {
      let x = randomValues(60, below: 1 << 30, name: "cover/x\(sample)")
      let y = randomValues(60, below: 1 << 30, name: "cover/y\(sample)")
      let correlation = try #require(RankCorrelation(x, y))
      let estimate = try #require(Bootstrap(resamples: 300).estimates(of: [correlation], name: "\(sample)")[0])
      if try #require(estimate.kendallTauB.interval).contains(0) { covered.tau += 1 }
      if try #require(estimate.spearmanRho.interval).contains(0) { covered.rho += 1 }
    }
    #expect((364...396).contains(covered.tau))
    #expect((364...396).contains(covered.rho))
  }

  @Test func quantilesAreInterpolated() {
    let values = (1...11).map { Optional(Double($0)) }
    #expect(Bootstrap(confidence: 0.5).interval(of: values) == 3.5...8.5)
    #expect(Bootstrap(confidence: 1).interval(of: values.reversed()) == 1...11)
    #expect(Bootstrap(confidence: 0).interval(of: values + [nil, .nan]) == 6...6)
    #expect(Bootstrap().interval(of: [nil, 4]) == 4...4)
    #expect(Bootstrap().interval(of: []) == nil)
    #expect(Bootstrap(confidence: 2).interval(of: values) == nil)
    #expect(Bootstrap(confidence: .nan).interval(of: values) == nil)
  }

  @Test func undefinedStaysUndefined() throws {
    let constant = try #require(RankCorrelation([1, 1, 1], [1, 2, 3]))
    let empty = try #require(RankCorrelation([], []))
    #expect(Bootstrap(resamples: 5).estimates(of: [constant, empty], name: "d") == [nil, nil])
    #expect(Bootstrap(resamples: 0).estimates(of: [], name: "d") == [])
    let pair = try #require(RankCorrelation([1, 2], [1, 2]))
    #expect(Bootstrap(resamples: -1).estimates(of: [pair], name: "d")[0]?.kendallTauB == Estimate(value: 1))
    // Half of the resamples of two observations draw one of them twice.
    #expect(Bootstrap(resamples: 40).estimates(of: [pair], name: "d")[0]?.spearmanRho.interval == 1...1)
  }
}
