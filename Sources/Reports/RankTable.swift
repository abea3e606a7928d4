import ArchitectureLists
import SearchSpaces
package import Studies
import Terminal

/// A ranking of architectures, the best first.
package struct RankTable: Report {
  private let ranking: Ranking
  /// The first line: what was scored.
  private let title: String
  /// How many of the best are shown; nil for all.
  private let top: Int?
  /// How many seeds each architecture was scored with.
  private let repeats: Int
  /// Whether the numbers that cost nothing to know stand beside the ranks that they give.
  private let showsCosts: Bool
  /// The other columns of the list.
  private let input: [String]

  /// - Parameters:
  ///   - title: the first line, which says what was scored.
  ///   - top: how many of the best are shown; nil for all.
  ///   - repeats: how many seeds each architecture was scored with.
  ///   - showsCosts: whether parameters, FLOPs and ReLUs stand beside the ranks that they give.
  ///   - input: the other columns of the list, for CSV.
  package init(
    _ ranking: Ranking, title: String, top: Int?, repeats: Int, showsCosts: Bool, input: [String]
  ) {
    self.ranking = ranking
    self.title = title
    self.top = top
    self.repeats = repeats
    self.showsCosts = showsCosts
    self.input = input
  }

  /// The title, a line for each architecture, those without a value with the reason, and what the marks mean.
  package func lines(width: Int?) -> [String] {
    let shown = ranking.entries.prefix(top ?? .max)
    let ranked = ranking.entries.count
    let count =
      "\(counted(ranked, "architecture")) by \(ranking.metric.title)"
      + (shown.count < ranked ? ", the best \(shown.count)" : "")
    var lines = [title, count].flatMap { wrapped($0, to: width) }
    let table = ArchitectureColumns(columns, width: width)
    if !shown.isEmpty {
      lines += [""] + table.header
      for entry in shown { lines += table.lines(entry, architecture: entry.scored.architecture.text, remarks: []) }
    }
    lines += [""] + remarks(shown).flatMap { wrapped($0, to: width) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  private func remarks(_ shown: ArraySlice<Ranking.Entry>) -> [String] {
    var remarks: [String] = []
    if shown.contains(where: \.isTied) { remarks.append("= the score of another: their order is that of the list") }
    if shown.contains(where: \.isClose) {
      remarks.append(
        "~ no further below the one above than the larger deviation of the two: other seeds may turn them round")
    }
    if repeats == 1, ranking.metric.proxy != nil, shown.count > 1 {
      remarks.append("one seed: --repeats 3 says how far scores of others spread")
    }
    for failure in ranking.failures.prefix(10) {
      let reason = failure.failure(of: ranking.metric) ?? "no reason"
      remarks.append("FAILED: \(failure.name ?? elided(failure.architecture.text, to: 60)): \(reason)")
    }
    if ranking.failures.count > 10 { remarks.append("FAILED: \(ranking.failures.count - 10) more") }
    return remarks
  }

  private typealias Column = ArchitectureColumns<Ranking.Entry>.Column

  private var columns: [Column] {
    let metric = ranking.metric
    var columns = [
      Column(title: "rank", width: 6) { "\($0.isTied ? "=" : $0.isClose ? "~" : "")\($0.rank)" }
    ]
    if ranking.entries.contains(where: { $0.scored.name != nil }) {
      columns.append(
        Column(title: "name", width: nameWidth, alignment: .left, isElidable: true) { $0.scored.name ?? "-" })
    }
    columns.append(
      Column(title: metric.heading, width: metric.width) { fixed($0.value / metric.scale, metric.decimals) })
    if repeats > 1, metric.proxy != nil {
      columns.append(
        Column(title: "±", width: 7) { $0.deviation.map { fixed($0 / metric.scale, metric.decimals) } ?? "-" })
    }
    // Ranks by both sums that the score is made of would say little more than the score.
    for other in ranking.others where other != .snaswot && other != .perturbation && other != .reluUnits {
      let title = "by " + (Self.short[other.key] ?? other.title)
      columns.append(Column(title: title, width: title.count) { $0.ranks[other.key].map(String.init) ?? "-" })
    }
    if showsCosts {
      for cost in [Metric.parameters, .multiplyAccumulates, .reluSites] {
        columns.append(
          Column(title: cost.heading, width: cost.width) { entry in
            entry.scored.mean(of: cost).map { fixed($0 / cost.scale, cost.decimals) } ?? "-"
          })
      }
    }
    return columns
  }

  private static let short = ["params": "params", "flops": "FLOPs", "relu_sites": "ReLUs"]

  private var nameWidth: Int {
    min(24, max(4, ranking.entries.map { $0.scored.name?.count ?? 1 }.max() ?? 4))
  }

  /// One for each ranked architecture, then those without a value.
  package var entries: [RankRecord] {
    ranking.entries.prefix(top ?? .max).map { RankRecord($0, by: ranking.metric) }
      + ranking.failures.map { RankRecord(failed: $0, by: ranking.metric) }
  }

  /// The columns, with those of the list.
  package var csvColumns: [CSVColumn<RankRecord>] {
    RankRecord.columns
      + ranking.others.map { other in CSVColumn("rank_by_\(other.key)", value: { $0.ranks?[other.key] }) }
      + input.map { name in CSVColumn("input.\(name)") { $0.input?[name]?.cell } }
  }
}
