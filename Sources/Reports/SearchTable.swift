package import Studies
import SearchSpaces
import Terminal

/// The best architectures that a search has found.
package struct SearchTable: Report {
  private let result: SearchResult
  private let rows: ScoredRows
  private let space: String
  private let strategy: String
  private let seed: UInt64
  private let metric: Metric
  /// How many of the best are shown.
  private let best: Int

  /// - Parameters:
  ///   - rows: the rows that the search has scored.
  ///   - space: the space's name.
  ///   - strategy: the strategy's name.
  ///   - seed: the seed of the search.
  ///   - metric: the score that was maximised.
  ///   - best: how many of the best are shown.
  package init(
    _ result: SearchResult, rows: ScoredRows, space: String, strategy: String, seed: UInt64, metric: Metric, best: Int
  ) {
    self.result = result
    self.rows = rows
    self.space = space
    self.strategy = strategy
    self.seed = seed
    self.metric = metric
    self.best = best
  }

  /// The rows of the best, one for each seed.
  package var entries: [Row] { result.best(best).flatMap { rows.rows(of: $0.architecture.key) } }

  /// A table of the best. The last line is the text of the best one alone, for a shell script to take.
  package func lines(width: Int?) -> [String] {
    let best = result.best(best)
    let failures = result.evaluations.count { $0.value == nil }
    var lines = wrapped(
      "\(space), \(strategy) search with seed \(seed): \(counted(result.evaluations.count, "architecture")), "
        + "\(failures) without a score", to: width)
    guard let first = best.first else { return lines }
    var table = TextTable(columns: [
      TextTable.Column("rank", .right), TextTable.Column(metric.title, .right), TextTable.Column("params M", .right),
      TextTable.Column("FLOPs M", .right), TextTable.Column("architecture", isElidable: true),
    ])
    for (position, evaluation) in best.enumerated() {
      let row = rows.rows(of: evaluation.architecture.key).first
      table.append([
        "\(position + 1)", fixed(evaluation.value ?? .nan, metric.decimals),
        row?.params.map { fixed(Double($0) / 1e6, 4) } ?? "",
        row?.flops.map { fixed(Double($0) / 1e6, 2) } ?? "", evaluation.architecture.text,
      ])
    }
    lines.append("")
    lines += table.lines(width: width)
    // Whole in any case: a shell script takes it.
    return lines + ["", first.architecture.text]
  }
}
