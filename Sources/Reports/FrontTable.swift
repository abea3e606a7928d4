import Accuracies
import Latency
import SearchSpaces
import Statistics
package import Studies
import Terminal

/// A front and, where accuracies are known, its quality.
package struct FrontTable: Report {
  private let report: ParetoReport

  /// A table of the report's front.
  package init(_ report: ParetoReport) { self.report = report }

  private var cost: Metric { report.candidates.cost }
  private var objective: Metric { report.candidates.objective }

  /// The members of the front, cheapest first.
  package var entries: [FrontMemberRecord] { report.members.map { FrontMemberRecord($0, of: report) } }

  /// The front quality of the objective and of the baselines.
  package var supplements: [any Encodable] { report.entries.map { FrontQualityRecord($0, of: report) } }

  /// What was scored and timed, in one line.
  package var title: String { ([scored] + (setting.map { [$0] } ?? [])).joined(separator: "; ") }

  private var scored: String {
    let row = report.candidates.example
    let network = row.space + (row.macro.map { " (\($0))" } ?? "")
    return "\(network), \(row.images.source) images as \(row.dataset), batch \(row.batch), sigma \(row.sigma)"
  }

  private var setting: String? { report.candidates.setting.map { "latency: \($0)" } }

  // MARK: - Table

  /// What was scored and timed, a table of the front and, where accuracies are known, one of its quality.
  package func lines(width: Int?) -> [String] {
    func prose(_ lines: [String]) -> [String] { lines.flatMap { wrapped($0, to: width) } }
    let count =
      "\(objective.title) against \(cost.title): \(report.members.count) of "
      + "\(counted(report.candidates.candidates.count, "architecture")) on the front"
    var lines = prose([scored] + (setting.map { [$0] } ?? []) + [count]) + [""] + front.lines(width: width)
    if doubted > 0 {
      lines += prose(["\(LatencyDoubts.mark) a latency in doubt: \(doubted) of \(report.members.count) on the front"])
    }
    guard let accuracy = report.accuracy else { return lines }
    let explanations = prose([
      "regret: percentage points below the best accuracy at no more cost, mean over ranks; of a random choice there",
      "any budget: the same where the budget is the cost of any architecture, to compare fronts by",
      "hypervolume: the front's share of the true front's; of as many random architectures",
      "accuracies: \(accuracy.truth.source)",
    ])
    return lines + [""] + quality.lines(width: width) + [""] + explanations
  }

  /// How many members have a latency with a measurement warning.
  private var doubted: Int { report.members.count { $0.candidate.isDoubtful } }

  private typealias Column = (column: TextTable.Column, cell: (ParetoReport.Member) -> String)

  private var front: TextTable {
    let columns = columns
    var table = TextTable(columns: columns.map(\.column))
    for member in report.members { table.append(columns.map { $0.cell(member) }) }
    return table
  }

  private var columns: [Column] {
    func right(_ title: String, _ cell: @escaping (ParetoReport.Member) -> String) -> Column {
      (TextTable.Column(title, .right), cell)
    }
    func number(_ value: Double?, _ decimals: Int) -> String { value.map { fixed($0, decimals) } ?? "-" }
    let hasDoubts = doubted > 0
    func column(_ metric: Metric) -> Column {
      // Room for the mark, so that the digits stand below each other.
      let hasMarks = hasDoubts && metric.isLatency
      return right(metric.heading + (hasMarks ? " " : "")) { member in
        number(member.candidate.value(of: metric).map { $0 / metric.scale }, metric.decimals)
          + (hasMarks ? member.candidate.isDoubtful ? LatencyDoubts.mark : " " : "")
      }
    }
    // Latencies have a column where they are known, even if the cost is another metric.
    let costs = Metric.costs.filter { metric in
      !metric.isLatency || report.members.contains { $0.candidate.value(of: metric) != nil }
    }
    var columns = [right("rank") { "\($0.rank)" }]
    if report.members.contains(where: { $0.candidate.scored.name != nil }) {
      columns.append((TextTable.Column("name", isElidable: true), { $0.candidate.scored.name ?? "-" }))
    }
    columns += costs.filter { $0 == cost }.map(column)
    // A count is shown with all its digits and not in millions, so that it can be found in the rows.
    columns.append(right(objective.title) { fixed($0.score, objective.proxy == nil ? 0 : objective.decimals) })
    columns += costs.filter { $0 != cost && $0 != objective }.map(column)
    if let accuracy = report.accuracy {
      columns.append(right(accuracy.title) { number($0.accuracy, 2) })
      columns.append(right("regret") { number($0.regret, 2) })
    }
    return columns + [(TextTable.Column("architecture", isElidable: true), { $0.candidate.architecture.text })]
  }

  private var quality: TextTable {
    var table = TextTable(columns: [
      TextTable.Column("front of"), TextTable.Column("ranks", .right), TextTable.Column("regret", .right),
      TextTable.Column("of random", .right), TextTable.Column("any budget", .right),
      TextTable.Column("hypervolume", .right),
      TextTable.Column("of random", .right),
    ])
    func share(_ value: Double?) -> String { value.map { fixed($0, 4) } ?? "-" }
    for entry in report.entries {
      table.append([
        entry.metric.title, "\(entry.quality.count)", fixed(entry.quality.regret, 2),
        fixed(entry.quality.randomRegret, 2), fixed(entry.quality.budgetRegret, 2),
        share(entry.quality.hypervolumeShare), share(entry.quality.randomHypervolumeShare),
      ])
    }
    if let quality = report.entries.first?.quality {
      table.append(["a random choice", "", "", "", fixed(quality.randomBudgetRegret, 2)])
    }
    return table
  }
}
