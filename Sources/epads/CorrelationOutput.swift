import Accuracies
import Files
import Foundation
import Statistics
import Studies
import Terminal

/// A correlation report in one of the formats.
struct CorrelationOutput {
  let report: CorrelationReport
  let title: String
  let repeats: Int

  func write(_ format: OutputFormat, to writer: LineWriter) throws {
    switch format {
    case .table: for line in tables { try writer.append(line) }
    case .csv:
      try writer.append("dataset,predictor,n,failures,tau_b,tau_b_low,tau_b_high,spearman,spearman_low,spearman_high")
      for entry in entries { try writer.append(entry.csv) }
    case .jsonl:
      for entry in entries { try writer.append(jsonLine(entry)) }
    }
  }

  // One table a data set keeps within 80 columns.
  private var tables: [String] {
    var lines = [title, "n = \(report.count), failed: \(report.failures), without accuracy: \(report.withoutTruth)"]
    for dataSet in report.truth.dataSets {
      var table = TextTable(columns: [
        TextTable.Column(report.truth.title(of: dataSet)), TextTable.Column("Kendall tau-b", .right),
        TextTable.Column("95 % interval"),
        TextTable.Column("Spearman rho", .right), TextTable.Column("95 % interval"),
      ])
      for entry in report.entries where entry.dataSet == dataSet {
        table.append([
          entry.predictor.title, number(entry.estimate?.kendallTauB), interval(entry.estimate?.kendallTauB),
          number(entry.estimate?.spearmanRho), interval(entry.estimate?.spearmanRho),
        ])
      }
      lines += [""] + table.text().split(separator: "\n").map(String.init)
    }
    lines.append("")
    for (predictor, deviation) in report.deviations.sorted(by: { $0.key.name < $1.key.name })
    where repeats > 1 && deviation > 0 {
      lines.append("\(predictor.title): mean of \(repeats) seeds, deviation \(fixed(deviation, 4)) on average")
    }
    lines.append("accuracies: \(report.truth.source)")
    return lines
  }

  private func number(_ estimate: Estimate?) -> String { estimate.map { fixed($0.value, 3) } ?? "-" }

  private func interval(_ estimate: Estimate?) -> String {
    estimate?.interval.map { "\(fixed($0.lowerBound, 3)) to \(fixed($0.upperBound, 3))" } ?? "-"
  }

  private var entries: [Entry] {
    report.entries.map { Entry($0, count: report.count, failures: report.failures, source: report.truth.source) }
  }

  private struct Entry: Encodable {
    var dataset: String
    var predictor: String
    var n: Int
    var failures: Int
    var kendallTauB: Double?
    var kendallTauBInterval: [Double]?
    var spearmanRho: Double?
    var spearmanRhoInterval: [Double]?
    var source: String

    enum CodingKeys: String, CodingKey {
      case dataset, predictor, n, failures, source
      case kendallTauB = "tau_b"
      case kendallTauBInterval = "tau_b_interval"
      case spearmanRho = "spearman"
      case spearmanRhoInterval = "spearman_interval"
    }

    init(_ entry: CorrelationReport.Entry, count: Int, failures: Int, source: String) {
      func bounds(_ estimate: Estimate?) -> [Double]? { estimate?.interval.map { [$0.lowerBound, $0.upperBound] } }
      dataset = entry.dataSet
      predictor = entry.predictor.name
      n = count
      self.failures = failures
      kendallTauB = entry.estimate?.kendallTauB.value
      kendallTauBInterval = bounds(entry.estimate?.kendallTauB)
      spearmanRho = entry.estimate?.spearmanRho.value
      spearmanRhoInterval = bounds(entry.estimate?.spearmanRho)
      self.source = source
    }

    var csv: String {
      func cells(_ value: Double?, _ interval: [Double]?) -> [String] {
        [value, interval?.first, interval?.last].map { $0.map { "\($0)" } ?? "" }
      }
      return
        ([CSV.quoted(dataset), CSV.quoted(predictor), "\(n)", "\(failures)"] + cells(kendallTauB, kendallTauBInterval)
        + cells(spearmanRho, spearmanRhoInterval)).joined(separator: ",")
    }
  }
}
