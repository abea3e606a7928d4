import Accuracies
import Files
import Scoring
import SearchSpaces
import Statistics
import Studies
import TestSupport
import Testing

/// Architectures with several rows, one a seed, of which one has no score.
@Suite struct StoredSeedsTests {
  private let space = NASBench201()

  private func line(
    _ index: Int, _ epads: Double?, seed: Int = 1, others: [String: Any] = [:]
  ) throws -> String {
    try StoredRows.score(
      space.architecture(index: index).text, index: index, epads: epads, seed: seed, others: others)
  }

  private func scores(_ lines: [String], _ metric: Metric = .epads) throws -> StoredScores {
    let folder = try ScratchFolder()
    let path = try folder.write(lines.map { $0 + "\n" }.joined(), "rows")
    return try StoredScores(path: path, metric: metric, space: space)
  }

  /// Eight architectures: one with a seed that failed, one that failed altogether, one without NASWOT in a row.
  private func lines() throws -> [String] {
    var lines: [String] = []
    for index in 0..<8 {
      for seed in 1...2 {
        let isFailed = index == 1 && seed == 2 || index == 4
        var others: [String: Any] = ["naswot": Double(10 * index + seed), "snaswot": index * index, "perturbation": 5]
        if index == 6, seed == 1 { others["naswot"] = nil }
        lines.append(try line(index, isFailed ? nil : Double(index + seed), seed: seed, others: others))
      }
    }
    return lines
  }

  @Test func aSearchTakesTheMeanOfAllSeedsOrNone() throws {
    let found = try scores(lines())
    #expect(found.count == 8 && found.scored == 6)
    for index in 0..<8 {
      let architecture = try space.architecture(index: index)
      #expect(found.contains(architecture))
      #expect(found.value(of: architecture) == ([1, 4].contains(index) ? nil : Double(index) + 1.5))
    }
    #expect(!found.contains(try space.architecture(index: 8)))
    #expect(found.value(of: try space.architecture(index: 8)) == nil)
  }

  @Test(arguments: ["dataset", "images", "batch", "sigma", "numerics"])
  func rowsOfSeveralRunsAreRefused(key: String) throws {
    let other: Any = ["dataset", "images"].contains(key) ? "x" : 7
    let error = #expect(throws: FileError.self) {
      try scores([line(0, 1), line(1, 2), line(2, 3, others: [key: other])])
    }
    #expect(error?.reason.contains("has rows of several runs: their scores cannot be compared") == true)
  }

  @Test func rowsOfAnotherSpaceOrWithoutAnIndexAreRefused() throws {
    let other = #expect(throws: FileError.self) { try scores([line(0, 1), line(1, 2, others: ["space": "darts"])]) }
    #expect(other?.reason.contains("has rows of darts, not of nasbench201") == true)
    let without = #expect(throws: FileError.self) { try scores([StoredRows.score("x", epads: 1)]) }
    #expect(without?.reason.contains("has a row without an index: x") == true)
  }

  /// The report counts it as a failure, and compares the others.
  @Test(arguments: [Set([Proxy.epads]), Set(Proxy.allCases)]) func aReportLeavesItOut(proxies: Set<Proxy>) throws {
    let rows: [Row] = try StoredRows.rows(lines())
    let report = CorrelationReport(
      rows: rows, proxies: proxies, truth: .nasbench201, bootstrap: Bootstrap(seed: 1, resamples: 0))
    let failed = proxies.contains(.naswot) ? [1, 4, 6] : [1, 4]
    #expect(report.failures == failed.count && report.count == 8 - failed.count && report.withoutTruth == 0)
    #expect(report.deviations[.epads].map { abs($0 - 0.5.squareRoot()) < 1e-12 } == true)
    #expect(report.deviations[.snaswot] == 0)
    let kept = (0..<8).filter { !failed.contains($0) }
    for entry in report.entries where entry.metric == .epads {
      let truth = kept.compactMap { GroundTruth.nasbench201.accuracy(index: $0, dataSet: entry.dataSet) }
      let expected = RankCorrelation(kept.map(Double.init), truth)
      #expect(entry.estimate?.count == kept.count)
      #expect(entry.estimate?.kendallTauB.value == expected?.coefficients()?.kendallTauB)
    }
    // A predictor that is the same for all has no correlation.
    let constant = report.entries.filter { $0.metric == .perturbation }
    #expect(constant.count == 3 && constant.allSatisfy { $0.estimate == nil })
  }

  /// A row that failed for NASWOT's sake has ePADS; all proxies are compared over the same architectures.
  @Test func aRowThatFailedIsAFailureWhateverItHas() throws {
    let sums = ["snaswot": 3, "perturbation": 4]
    let failed = try line(3, 7, others: ["status": "failed", "error": "singular", "snaswot": 3, "perturbation": 4])
    let report = CorrelationReport(
      rows: try StoredRows.rows([line(1, 1, others: sums), line(2, 2, others: sums), failed]), proxies: [.epads],
      truth: .nasbench201, bootstrap: Bootstrap(seed: 1, resamples: 0))
    #expect(report.count == 2 && report.failures == 1)
  }

  @Test func architecturesWithoutAnAccuracyAreCountedApart() throws {
    let truth = GroundTruth(
      space: "nasbench201", source: "test", architectures: try [0, 2, 4].map { try space.architecture(index: $0).key },
      accuracies: [(name: "acc", values: [50, 60, 70])])
    let report = CorrelationReport(
      rows: try StoredRows.rows(lines()), proxies: [.epads], truth: truth,
      bootstrap: Bootstrap(seed: 1, resamples: 0))
    #expect(report.count == 2 && report.failures == 1 && report.withoutTruth == 5)
    // One seed has no deviation.
    let single: [Row] = try StoredRows.rows(lines().filter { $0.contains("\"seed\":1,") })
    #expect(
      CorrelationReport(
        rows: single, proxies: [.epads], truth: truth, bootstrap: Bootstrap(seed: 1, resamples: 0)
      ).deviations.isEmpty)
  }
}
