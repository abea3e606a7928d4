import Accuracies
import Statistics
package import Studies
import Terminal

/// How well metrics rank architectures by accuracy.
package struct CorrelationTable: Report {
  private let report: CorrelationReport
  /// The first line: what was scored.
  private let title: String
  /// How many seeds each architecture was scored with.
  private let repeats: Int

  /// - Parameters:
  ///   - title: the first line, which says what was scored.
  ///   - repeats: how many seeds each architecture was scored with.
  package init(_ report: CorrelationReport, title: String, repeats: Int) {
    self.report = report
    self.title = title
    self.repeats = repeats
  }

  /// The title, the numbers of architectures, and a table for each data set.
  package func lines(width: Int?) -> [String] {
    let counts = "n = \(report.count), failed: \(report.failures), without accuracy: \(report.withoutTruth)"
    var lines = [title, counts].flatMap { wrapped($0, to: width) }
    for dataSet in report.truth.dataSets {
      var table = TextTable(columns: [
        TextTable.Column(report.truth.title(of: dataSet)), TextTable.Column("Kendall tau-b", .right),
        TextTable.Column("95 % interval"),
        TextTable.Column("Spearman rho", .right), TextTable.Column("95 % interval"),
      ])
      for entry in report.entries where entry.dataSet == dataSet {
        table.append([
          entry.metric.title, number(entry.estimate?.kendallTauB), interval(entry.estimate?.kendallTauB),
          number(entry.estimate?.spearmanRho), interval(entry.estimate?.spearmanRho),
        ])
      }
      lines += [""] + table.lines(width: width)
    }
    lines.append("")
    for (metric, deviation) in report.deviations.sorted(by: { $0.key.key < $1.key.key })
    where repeats > 1 && deviation > 0 {
      lines += wrapped(
        "\(metric.title): mean of \(repeats) seeds, deviation \(fixed(deviation, 4)) on average", to: width)
    }
    return lines + wrapped("accuracies: \(report.truth.source)", to: width)
  }

  private func number(_ estimate: Estimate?) -> String { estimate.map { fixed($0.value, 3) } ?? "-" }

  private func interval(_ estimate: Estimate?) -> String {
    estimate?.interval.map { "\(fixed($0.lowerBound, 3)) to \(fixed($0.upperBound, 3))" } ?? "-"
  }

  /// One for each metric and data set.
  package var entries: [CorrelationRecord] { report.entries.map { CorrelationRecord($0, of: report) } }
}

/// The correlation of a metric with the accuracies on a data set, for programs.
package struct CorrelationRecord: Record {
  private var dataset: String
  private var predictor: String
  /// The number of architectures that were compared.
  private var n: Int
  private var failures: Int
  private var kendallTauB: Double?
  private var kendallTauBInterval: [Double]?
  private var spearmanRho: Double?
  private var spearmanRhoInterval: [Double]?
  private var source: String

  enum CodingKeys: String, CodingKey {
    case dataset, predictor, n, failures, source
    case kendallTauB = "tau_b"
    case kendallTauBInterval = "tau_b_interval"
    case spearmanRho = "spearman"
    case spearmanRhoInterval = "spearman_interval"
  }

  init(_ entry: CorrelationReport.Entry, of report: CorrelationReport) {
    func bounds(_ estimate: Estimate?) -> [Double]? { estimate?.interval.map { [$0.lowerBound, $0.upperBound] } }
    dataset = entry.dataSet
    predictor = entry.metric.key
    n = report.count
    failures = report.failures
    kendallTauB = entry.estimate?.kendallTauB.value
    kendallTauBInterval = bounds(entry.estimate?.kendallTauB)
    spearmanRho = entry.estimate?.spearmanRho.value
    spearmanRhoInterval = bounds(entry.estimate?.spearmanRho)
    source = report.truth.source
  }

  /// The columns, with the bounds of each interval in two of them.
  package static let columns: [CSVColumn<CorrelationRecord>] = [
    CSVColumn("dataset") { $0.dataset }, CSVColumn("predictor") { $0.predictor }, CSVColumn("n") { "\($0.n)" },
    CSVColumn("failures") { "\($0.failures)" }, CSVColumn("tau_b", value: \.kendallTauB),
    CSVColumn("tau_b_low", value: \.kendallTauBInterval?.first),
    CSVColumn("tau_b_high", value: \.kendallTauBInterval?.last), CSVColumn("spearman", value: \.spearmanRho),
    CSVColumn("spearman_low", value: \.spearmanRhoInterval?.first),
    CSVColumn("spearman_high", value: \.spearmanRhoInterval?.last),
  ]
}
