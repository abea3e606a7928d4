import Statistics
import TestSupport
import Testing

/// Tau-b and rho from their definitions, pair by pair and rank by rank.
private func definitions(_ x: [Double], _ y: [Double]) -> RankCorrelation.Coefficients? {
  func sign(_ difference: Double) -> Double { difference > 0 ? 1 : difference < 0 ? -1 : 0 }
  func ranks(_ values: [Double]) -> [Double] {
    values.map { value in
      Double(values.count { $0 < value }) + Double(values.count { $0 == value } + 1) / 2
    }
  }
  func correlation(_ sums: (both: Double, x: Double, y: Double)) -> Double? {
    sums.x > 0 && sums.y > 0 ? sums.both / (sums.x * sums.y).squareRoot() : nil
  }
  var pairs = (both: 0.0, x: 0.0, y: 0.0)
  for i in x.indices {
    for j in x.indices {
      let (a, b) = (sign(x[i] - x[j]), sign(y[i] - y[j]))
      pairs = (pairs.both + a * b, pairs.x + a * a, pairs.y + b * b)
    }
  }
  var products = (both: 0.0, x: 0.0, y: 0.0)
  let mean = Double(x.count + 1) / 2
  for (a, b) in zip(ranks(x), ranks(y)) {
    products.both += (a - mean) * (b - mean)
    products.x += (a - mean) * (a - mean)
    products.y += (b - mean) * (b - mean)
  }
  guard let tau = correlation(pairs), let rho = correlation(products) else { return nil }
  return RankCorrelation.Coefficients(kendallTauB: tau, spearmanRho: rho)
}

private func expectClose(
  _ actual: RankCorrelation.Coefficients?, _ expected: RankCorrelation.Coefficients?,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect((actual == nil) == (expected == nil), sourceLocation: sourceLocation)
  guard let actual, let expected else { return }
  #expect(abs(actual.kendallTauB - expected.kendallTauB) < 1e-13, sourceLocation: sourceLocation)
  #expect(abs(actual.spearmanRho - expected.spearmanRho) < 1e-13, sourceLocation: sourceLocation)
}

@Suite struct RankCorrelationTests {
  @Test(arguments: SciPyCase.all)
  func agreesWithSciPy(_ example: SciPyCase) throws {
    let expected = example.tau.flatMap { tau in
      example.rho.map { RankCorrelation.Coefficients(kendallTauB: tau, spearmanRho: $0) }
    }
    expectClose(try #require(RankCorrelation(example.x, example.y)).coefficients(), expected)
    expectClose(try #require(RankCorrelation(example.y, example.x)).coefficients(), expected)
  }

  @Test(arguments: [2, 3, 10, 1000, 1_000_000])
  func agreesWithTheDefinitions(distinct: Int) throws {
    for count in [2, 3, 4, 7, 16, 33, 150] {
      let x = randomValues(count, below: distinct, name: "x\(distinct)/\(count)")
      let noise = randomValues(count, below: distinct, name: "y\(distinct)/\(count)")
      let y = zip(x, noise).map { ($0 / 2).rounded() - $1 }
      expectClose(try #require(RankCorrelation(x, y)).coefficients(), definitions(x, y))
    }
  }

  @Test(arguments: [2, 5, 1000])
  func multiplicitiesAreRepetitions(distinct: Int) throws {
    for count in [1, 2, 3, 8, 40, 120] {
      let x = randomValues(count, below: distinct, name: "mx\(distinct)/\(count)")
      let y = randomValues(count, below: distinct, name: "my\(distinct)/\(count)")
      let multiplicities = randomIntegers(count, below: 4, name: "m\(distinct)/\(count)")
      let positions = x.indices.flatMap { Array(repeating: $0, count: multiplicities[$0]) }
      let written = try #require(RankCorrelation(positions.map { x[$0] }, positions.map { y[$0] }))
      let weighted = try #require(RankCorrelation(x, y)).coefficients(multiplicities: multiplicities)
      #expect(weighted == written.coefficients())
      expectClose(weighted, definitions(positions.map { x[$0] }, positions.map { y[$0] }))
    }
  }

  @Test func perfectAgreementIsExactlyOne() throws {
    let values = randomValues(5000, below: 2000, name: "perfect")
    let same = try #require(RankCorrelation(values, values.map { 3 * $0 + 1 }))
    #expect(same.coefficients() == RankCorrelation.Coefficients(kendallTauB: 1, spearmanRho: 1))
    let opposed = try #require(RankCorrelation(values, values.map { -$0 }))
    #expect(opposed.coefficients() == RankCorrelation.Coefficients(kendallTauB: -1, spearmanRho: -1))
  }

  @Test func infinitiesAreRankedAndZerosAreEqual() throws {
    let ranked = try #require(RankCorrelation([-.infinity, 0, -0.0, .infinity], [1, 2, 3, 4])).coefficients()
    #expect(ranked == (try #require(RankCorrelation([0, 1, 1, 2], [1, 2, 3, 4])).coefficients()))
  }

  @Test func refusesWhatHasNoRanks() {
    #expect(RankCorrelation([1, .nan], [1, 2]) == nil)
    #expect(RankCorrelation([1, 2], [.nan, 2]) == nil)
    #expect(RankCorrelation([1, 2], [1, 2, 3]) == nil)
  }

  @Test func undefinedIsNil() throws {
    #expect(try #require(RankCorrelation([], [])).coefficients() == nil)
    #expect(try #require(RankCorrelation([1], [1])).coefficients() == nil)
    let pair = try #require(RankCorrelation([1, 2], [1, 2]))
    #expect(pair.coefficients(multiplicities: [5, 0]) == nil)
    #expect(pair.coefficients(multiplicities: [0, 0]) == nil)
    #expect(pair.coefficients(multiplicities: [1]) == nil)
    #expect(pair.coefficients(multiplicities: [1, -1]) == nil)
    #expect(pair.coefficients(multiplicities: [.max, .max]) == nil)
    #expect(pair.coefficients(multiplicities: [1 << 30, 1 << 29])?.kendallTauB == 1)
  }
}
