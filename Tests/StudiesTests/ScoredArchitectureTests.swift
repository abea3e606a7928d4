import Files
import Scoring
import SearchSpaces
import Studies
import TestSupport
import Testing

@Suite struct ScoredArchitectureTests {
  fileprivate func rows(_ lines: [String]) throws -> [Row] { try StoredRows.rows(lines) }

  @Test func rowsAreGroupedInTheOrderOfTheirFirst() throws {
    let groups = ScoredArchitecture.grouping(
      try rows([
        StoredRows.score("b", index: 4, epads: 1), StoredRows.score("a", epads: 2),
        StoredRows.score("b", index: 4, epads: 3, seed: 2), StoredRows.score("c", epads: 4),
      ]))
    #expect(groups.map(\.architecture) == [.init(text: "b", index: 4), .init(text: "a"), .init(text: "c")])
    #expect(groups.map(\.rows.count) == [2, 1, 1])
    #expect(groups[0].rows.map(\.seed) == [1, 2])
    #expect(groups[0].mean(of: .epads) == 2)
    #expect(groups[0].deviation(of: .epads) == 2.0.squareRoot())
    #expect(groups[1].deviation(of: .epads) == nil)
  }

  /// The mean of some seeds would be set against others unequally.
  @Test func aSeedWithoutAScoreTakesTheArchitectureOut() throws {
    let failed = ScoredArchitecture.grouping(
      try rows([StoredRows.score("a", epads: 1), StoredRows.score("a", epads: nil, seed: 2)]))
    #expect(failed[0].mean(of: .epads) == nil && failed[0].deviation(of: .epads) == nil)
    #expect(failed[0].failure(of: .epads) == "no ReLU")
    // What the network alone gives is missing as well: a failed row may be half a row.
    #expect(failed[0].mean(of: .parameters) == nil)

    let partial = ScoredArchitecture.grouping(
      try rows([
        StoredRows.score("a", epads: 1, others: ["naswot": 5]), StoredRows.score("a", epads: 3, seed: 2),
      ]))
    #expect(partial[0].mean(of: .epads) == 2 && partial[0].failure(of: .epads) == nil)
    #expect(partial[0].mean(of: .naswot) == nil)
    #expect(partial[0].failure(of: .naswot) == "no value of naswot")
    #expect(partial[0].mean(of: .parameters) == 1000)
  }
}

extension ScoredArchitectureTests {
  /// Continued with `--proxies epads,naswot`, a file has two rows of a seed.
  @Test func aSeedCountsOnceHoweverManyRowsItHas() throws {
    let scored = try #require(
      ScoredArchitecture.grouping(
        try rows([
          StoredRows.score("a", epads: 1), StoredRows.score("a", epads: 5, seed: 2),
          StoredRows.score("a", epads: 1, others: ["naswot": 7]),
        ])
      ).first)
    #expect(scored.values(of: .epads) == [1, 5])
    #expect(scored.mean(of: .naswot) == nil)
  }
}

@Suite struct RunSettingsTests {
  private func row(_ others: [String: Any] = [:]) throws -> Row {
    let rows: [Row] = try StoredRows.rows([StoredRows.score("a", epads: 1, others: others)])
    return try #require(rows.first)
  }

  @Test(
    arguments: [
      (["space": "darts"], "the space", "nasbench201", "darts"),
      (["macro": "width 4"], "the macro architecture", "fixed", "width 4"),
      (["dataset": "cifar100"], "the data set", "cifar10", "cifar100"), (["batch": 4], "the batch", "2", "4"),
      (["sigma": 0.05], "sigma", "1.0", "0.05"), (["numerics": 1], "the numerics version", "3", "1"),
      (
        ["images": "dead-leaves 0123456789abcdee"], "the image set", "dead-leaves 0123456789abcdef",
        "dead-leaves 0123456789abcdee"
      ),
    ] as [([String: any Sendable], String, String, String)])
  func everySettingCounts(other: [String: any Sendable], setting: String, first: String, second: String) throws {
    let difference = try RunSettings(row()).difference(from: RunSettings(row(other)))
    #expect(difference?.setting == setting)
    #expect(difference?.first == first && difference?.second == second)
    #expect(try RunSettings.difference(among: [row(), row(), row(other)])?.setting == setting)
  }

  @Test func seedsDevicesAndNamesOfFilesDoNotCount() throws {
    let others: [[String: Any]] = [
      ["seed": 9], ["device": "another", "backend": "opencl"], ["images": "my images.bin 0123456789abcdef"],
      ["version": "9"],
    ]
    for other in others { #expect(try RunSettings.difference(among: [row(), row(other)]) == nil) }
    #expect(RunSettings.difference(among: []) == nil)
  }

  @Test func theOriginOfImagesIsOneText() throws {
    let origin = try row(["images": "my images.bin 0123456789abcdef"]).images
    #expect(origin == ImageOrigin(source: "my images.bin", digest: "0123456789abcdef"))
    #expect(try RowFile.line(row()).contains("\"images\":\"dead-leaves 0123456789abcdef\""))
  }

  /// The same images may have been read from two files.
  @Test func storedScoresCompareWhatImagesAre() throws {
    let folder = try ScratchFolder()
    let lines = [
      try StoredRows.score("a", index: 3, epads: 1),
      try StoredRows.score("b", index: 4, epads: 2, others: ["images": "copy.bin 0123456789abcdef"]),
    ]
    let path = try folder.write(lines.map { $0 + "\n" }.joined(), "rows")
    #expect(try StoredScores(path: path, metric: .epads, space: NASBench201()).scored == 2)
  }
}

@Suite struct MetricTests {
  @Test func keysAreThoseOfRowsAndDifferent() throws {
    let all = Metric.all + Metric.costs.filter(\.isLatency) + [.published("acc")]
    #expect(Set(all.map(\.key)).count == all.count)
    let line = try StoredRows.score("a", epads: 1, others: ["naswot": 2, "snaswot": 3, "perturbation": 4])
    for metric in Metric.all { #expect(line.contains("\"\(metric.key)\":"), "\(metric.key) is no key of rows") }
  }

  @Test func whatAProxyMeasures() {
    #expect(Metric.measured(by: [.epads]).map(\.key).prefix(4) == ["epads", "snaswot", "perturbation", "params"])
    #expect(Metric.measured(by: [.naswot]).map(\.key).prefix(2) == ["naswot", "params"])
    #expect(Metric.measured(by: []) == Metric.baselines)
    #expect(Proxy.allCases.map { Metric.of($0).key } == Proxy.allCases.map(\.rawValue))
  }
}
