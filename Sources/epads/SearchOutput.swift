import Figures
import Files
import Foundation
import SearchSpaces
import Studies
import Terminal

/// The best that a search has found, in one of the formats.
struct SearchOutput {
  let result: SearchResult
  let rows: ScoredRows
  let space: String
  let strategy: String
  let seed: UInt64
  let predictor: Predictor
  /// How many of the best are written.
  let best: Int

  /// - Parameter width: columns of the terminal; nil where lines may be of any length.
  func write(_ format: OutputFormat, to writer: LineWriter, width: Int?) throws {
    let bestRows = result.best(best).flatMap { rows.rows(of: $0.architecture) }
    switch format {
    case .table: for line in lines(width: width) { try writer.append(line) }
    case .jsonl: for row in bestRows { try writer.append(RowFile.line(row)) }
    case .csv:
      try writer.append(CSV.header)
      for row in bestRows { try writer.append(CSV.line(row)) }
    }
  }

  /// The last one is the text of the best, as other programs take it.
  private func lines(width: Int?) -> [String] {
    let best = result.best(best)
    let failures = result.evaluations.count { $0.value == nil }
    var lines = [
      "\(space), \(strategy) search with seed \(seed): \(counted(result.evaluations.count, "architecture")), "
        + "\(failures) without a score"
    ]
    guard let first = best.first else { return lines }
    var table = TextTable(columns: [
      TextTable.Column("rank", .right), TextTable.Column(predictor.title, .right), TextTable.Column("params M", .right),
      TextTable.Column("FLOPs M", .right), TextTable.Column("architecture"),
    ])
    for (position, evaluation) in best.enumerated() {
      let row = rows.rows(of: evaluation.architecture).first
      table.append([
        "\(position + 1)", value(of: evaluation), row.map { fixed(Double($0.params) / 1e6, 4) } ?? "",
        row.map { fixed(Double($0.flops) / 1e6, 2) } ?? "", evaluation.architecture.text,
      ])
    }
    lines.append("")
    lines += table.text(maximalWidth: width, shortening: 4).split(separator: "\n").map(String.init)
    return lines + ["", first.architecture.text]
  }

  /// Sums of distances are integers, the mean of several need not be.
  private func value(of evaluation: SearchResult.Evaluation) -> String {
    fixed(evaluation.value ?? .nan, predictor == .epads || predictor == .naswot ? 4 : 0)
  }

  /// The cells of the best; nil where there is none, or the space has no cells to draw.
  func drawing(of space: any SearchSpace) throws -> CellDrawing? {
    guard let first = result.best(1).first, let space = space as? any DrawnSpace else { return nil }
    return CellDrawing(
      try space.cells(of: space.parsed(text: first.architecture.text)),
      title: "\(self.space), \(predictor.title) \(value(of: first))")
  }

  /// Why the first architecture without a score has none.
  var firstFailure: String {
    let failed = result.evaluations.first { $0.value == nil }.flatMap { rows.rows(of: $0.architecture).first }
    return failed.map { "; the first: \($0.arch): \($0.error ?? "no reason")" } ?? ""
  }
}
