import Accuracies
import Foundation
import TestSupport
import Testing

/// Reports, computed once more from the rows in the plainest way.
@Suite struct CorrelationTests {
  private static let dataSets = ["cifar10", "cifar100", "imagenet16-120"]

  /// One entry of a report in JSON lines.
  private struct Entry: Decodable {
    var dataset: String
    var predictor: String
    var n: Int
    var failures: Int
    var tauB: Double?
    var tauBInterval: [Double]?
    var spearman: Double?
    var source: String
  }

  /// Kendall's tau-b by its definition, over all pairs.
  private func tau(_ x: [Double], _ y: [Double]) -> Double? {
    var (agreement, untiedX, untiedY) = (0, 0, 0)
    for i in x.indices {
      for j in 0..<i {
        let a = x[i] == x[j] ? 0 : x[i] < x[j] ? -1 : 1
        let b = y[i] == y[j] ? 0 : y[i] < y[j] ? -1 : 1
        agreement += a * b
        untiedX += a * a
        untiedY += b * b
      }
    }
    guard untiedX > 0, untiedY > 0 else { return nil }
    return Double(agreement) / (Double(untiedX) * Double(untiedY)).squareRoot()
  }

  private func value(_ predictor: String, _ row: OutputRow) -> Double? {
    switch predictor {
    case "epads": row.epads
    case "snaswot": row.snaswot.map(Double.init)
    case "perturbation": row.perturbation.map(Double.init)
    case "naswot": row.naswot
    case "params": Double(row.params)
    case "flops": Double(row.flops)
    case "relu_sites": Double(row.reluSites)
    case "relu_units": Double(row.reluUnits)
    default: nil
    }
  }

  @Test func aReportFollowsFromTheRows() async throws {
    let folder = try ScratchFolder()
    let study = "correlate --sample 24 --batch 3 --resamples 20 --output rows.jsonl"
    let outcome = try await epads(line: "\(study) --format jsonl --repeats 2", directory: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let groups = Dictionary(grouping: try rows(folder.text("rows.jsonl")), by: \.index)
    #expect(groups.count == 24 && groups.values.allSatisfy { $0.map(\.seed) == [1, 2] })
    let usable = groups.values.filter { $0.allSatisfy { $0.status == "ok" } }

    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let entries = try outcome.lines.map { try decoder.decode(Entry.self, from: Data($0.utf8)) }
    #expect(entries.map(\.dataset) == Self.dataSets.flatMap { Array(repeating: $0, count: 8) })
    for entry in entries {
      #expect(entry.n == usable.count && entry.failures == 24 - usable.count)
      let x = usable.map { rows in rows.compactMap { value(entry.predictor, $0) }.reduce(0, +) / Double(rows.count) }
      let y = try usable.map { rows in
        try #require(GroundTruth.nasbench201.accuracy(index: rows[0].index ?? -1, dataSet: entry.dataset))
      }
      let expected = try #require(tau(x, y))
      #expect(abs((entry.tauB ?? .nan) - expected) < 1e-12, "\(entry.dataset) \(entry.predictor)")
      let interval = try #require(entry.tauBInterval)
      #expect(interval.count == 2 && interval[0] <= interval[1] && interval[0] >= -1 && interval[1] <= 1)
    }

    // The other formats say the same.
    let csv = try await epads(line: "\(study) --format csv --repeats 2 --resume", directory: folder.path)
    let records = table(csv: csv.output)
    #expect(records.count == entries.count)
    for (record, entry) in zip(records, entries) {
      #expect(record["dataset"] == entry.dataset && record["predictor"] == entry.predictor)
      #expect(record["tau_b"].flatMap(Double.init) == entry.tauB)
      #expect(record["tau_b_low"].flatMap(Double.init) == entry.tauBInterval?.first)
      #expect(record["spearman"].flatMap(Double.init) == entry.spearman)
    }
    let text = try await epads(line: "\(study) --repeats 2 --resume", directory: folder.path)
    for entry in entries { #expect(text.output.contains(String(format: "  %.3f  ", entry.tauB ?? .nan))) }
    #expect(text.output.contains("ePADS: mean of 2 seeds, deviation"))
    #expect(text.output.contains("n = \(usable.count), failed: \(24 - usable.count)"))
  }

  @Test func aLargerSampleHoldsTheSmaller() async throws {
    let folder = try ScratchFolder()
    for count in [3, 6] {
      let line = "correlate --sample \(count) --batch 2 --proxies epads --resamples 0 --output \(count).jsonl"
      #expect(try await epads(line: line, directory: folder.path).status == 0)
    }
    #expect(try rows(folder.text("6.jsonl")).prefix(3) == rows(folder.text("3.jsonl"))[...])
  }

  @Test func nothingToCompareIsAnErrorWithItsReason() async throws {
    let outcome = try await epads(line: "correlate --sample 3 --batch 2 --sigma 1e308 --resamples 0")
    outcome.expectError(1, "no two architectures could be compared", "activations", output: nil)
    #expect(outcome.output.contains("n = 0, failed: 3"))
  }
}
