import Latency
import Accuracies
import Statistics
import Files
import Foundation
import SearchSpaces
import Studies
import Terminal

/// A front and what it is worth, in one of the formats.
struct ParetoOutput {
  let report: ParetoReport

  private var cost: ArchitectureCost { report.candidates.cost }
  private var objective: Predictor { report.candidates.objective }

  /// - Parameter width: columns of the terminal; nil where lines may be of any length.
  func write(_ format: OutputFormat, to writer: LineWriter, width: Int?) throws {
    switch format {
    case .table: for line in lines(width: width) { try writer.append(line) }
    case .jsonl:
      for member in report.members { try writer.append(jsonLine(MemberLine(member, of: report))) }
      for entry in report.entries { try writer.append(jsonLine(FrontQualityLine(entry, of: report))) }
    case .csv:
      try writer.append(MemberLine.header)
      for member in report.members { try writer.append(MemberLine(member, of: report).csv) }
    }
  }

  /// What was scored and timed, in a line.
  var title: String { ([scored] + (setting.map { [$0] } ?? [])).joined(separator: "; ") }

  private var scored: String {
    let row = report.candidates.example
    // Without the digest of the images.
    let images = row.images.split(separator: " ").dropLast().joined(separator: " ")
    let network = row.space + (row.macro.map { " (\($0))" } ?? "")
    return "\(network), \(images) images as \(row.dataset), batch \(row.batch), sigma \(row.sigma)"
  }

  private var setting: String? { report.candidates.setting.map { "latency: \($0)" } }

  // MARK: - Table

  private func lines(width: Int?) -> [String] {
    var lines = [scored] + (setting.map { [$0] } ?? [])
    lines.append(
      "\(objective.title) against \(cost.title): \(report.members.count) of "
        + "\(counted(report.candidates.candidates.count, "architecture")) on the front")
    lines += ["", front.text(maximalWidth: width, shortening: front.columns.count - 1)].flatMap(Self.split)
    guard let accuracy = report.accuracy else { return lines }
    lines += ["", worth.text()].flatMap(Self.split)
    return lines + [
      "",
      "regret: percentage points below the best accuracy at no more cost, mean over ranks; of a random choice there",
      "any budget: the same where the budget is the cost of any architecture, to compare fronts by",
      "hypervolume: the front's share of the true front's; of as many random architectures",
      "accuracies: \(accuracy.truth.source)",
    ]
  }

  private static func split(_ text: String) -> [String] {
    text.isEmpty ? [""] : text.split(separator: "\n").map(String.init)
  }

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
    var costs: [(cost: ArchitectureCost, column: Column)] = [
      (.latency, right("latency ms") { number($0.candidate.latency?.latency?.median, 3) }),
      (.deviceLatency, right("device ms") { number($0.candidate.latency?.deviceMilliseconds, 3) }),
      (.parameters, right("params M") { fixed(Double($0.candidate.parameters) / 1e6, 4) }),
      (.multiplyAccumulates, right("FLOPs M") { fixed(Double($0.candidate.multiplyAccumulates) / 1e6, 2) }),
    ]
    let hasLatency = report.members.contains { $0.candidate.latency?.latency != nil }
    let hasDeviceLatency = report.members.contains { $0.candidate.latency?.deviceMilliseconds != nil }
    costs.removeAll { $0.cost == .latency && !hasLatency || $0.cost == .deviceLatency && !hasDeviceLatency }
    var columns = [right("rank") { "\($0.rank)" }] + costs.filter { $0.cost == cost }.map(\.column)
    // Sums of distances are integers, the mean of several need not be.
    let decimals = objective == .epads || objective == .naswot ? 4 : 0
    columns.append(right(objective.title) { fixed($0.score, decimals) })
    columns += costs.filter { $0.cost != cost && ($0.cost.isLatency || $0.cost.predictor != objective) }.map(\.column)
    if let accuracy = report.accuracy {
      columns.append(right(accuracy.title) { number($0.accuracy, 2) })
      columns.append(right("regret") { number($0.regret, 2) })
    }
    return columns + [(TextTable.Column("architecture"), { $0.candidate.architecture.text })]
  }

  private var worth: TextTable {
    var table = TextTable(columns: [
      TextTable.Column("front of"), TextTable.Column("ranks", .right), TextTable.Column("regret", .right),
      TextTable.Column("of random", .right), TextTable.Column("any budget", .right),
      TextTable.Column("hypervolume", .right),
      TextTable.Column("of random", .right),
    ])
    func share(_ value: Double?) -> String { value.map { fixed($0, 4) } ?? "-" }
    for entry in report.entries {
      table.append([
        entry.predictor.title, "\(entry.worth.count)", fixed(entry.worth.regret, 2),
        fixed(entry.worth.randomRegret, 2), fixed(entry.worth.budgetRegret, 2), share(entry.worth.hypervolumeShare),
        share(entry.worth.randomHypervolumeShare),
      ])
    }
    if let worth = report.entries.first?.worth {
      table.append(["a random choice", "", "", "", fixed(worth.randomBudgetRegret, 2)])
    }
    return table
  }
}
