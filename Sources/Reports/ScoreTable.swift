package import Scoring
import SearchSpaces
import Statistics
package import Studies
import Terminal

/// Scores, a line for each architecture as soon as all its seeds are scored, with their mean.
package struct ScoreTable: RowTable {
  /// How many seeds each architecture is scored with.
  private let repeats: Int
  /// Columns of the terminal; nil where lines may be of any length.
  private let width: Int?
  /// Whether the counts of every ReLU site follow.
  private let layers: Bool
  /// The columns of CSV.
  package let csvColumns: [CSVColumn<Row>]
  private let table: ArchitectureColumns<ScoredArchitecture>
  /// The architecture whose rows are still coming.
  private var pending: ScoredArchitecture?

  /// - Parameters:
  ///   - proxies: the proxies that rows are scored with.
  ///   - repeats: how many rows an architecture has, one for each seed.
  ///   - layers: whether the counts of every ReLU site follow the line of an architecture.
  ///   - width: columns of the terminal; nil where lines may be of any length.
  ///   - hasNames: whether architectures have names.
  ///   - input: the other columns of the list that they are from, for CSV.
  ///   - truth: the data sets of trained accuracies that rows have, for CSV.
  package init(
    proxies: Set<Proxy>, repeats: Int, layers: Bool, width: Int?, hasNames: Bool = false, input: [String] = [],
    truth: [String] = []
  ) {
    self.repeats = repeats
    self.layers = layers
    self.width = width
    csvColumns = Row.columns(input: input, truth: truth)
    let names = hasNames ? [Self.names] : []
    table = ArchitectureColumns(names + Self.columns(proxies: proxies, repeats: repeats), width: width)
  }

  /// The headings of the columns.
  package var header: [String] { table.header }

  /// The line of an architecture once its last row is there; nothing before.
  package mutating func lines(_ row: Row) -> [String] {
    var lines: [String] = []
    if let pending, (pending.architecture.text, pending.name) != (row.arch, row.name) { lines += finish() }
    if pending == nil { pending = ScoredArchitecture(row) } else { pending?.append(row) }
    if pending?.rows.count == repeats { lines += finish() }
    return lines
  }

  /// The line of an architecture that lacks rows, because the run was stopped.
  package mutating func finish() -> [String] {
    guard let scored = pending else { return [] }
    pending = nil
    let failure = scored.rows.compactMap(\.error).first.map { "FAILED: \($0)" }
    var lines = table.lines(
      scored, architecture: scored.architecture.text, remarks: [failure].compactMap(\.self))
    for row in scored.rows where layers {
      if repeats > 1 { lines += wrapped("seed \(row.seed)", to: width, indentation: "      ") }
      for layer in row.layers ?? [] {
        let text = "\(layer.name)  \(layer.units) units  d1 \(layer.d1)  d2 \(layer.d2)"
        lines += wrapped(text, to: width, indentation: "        ", continuation: "          ")
      }
    }
    return lines
  }

  private typealias Column = ArchitectureColumns<ScoredArchitecture>.Column

  private static var names: Column {
    Column(title: "name", width: 16, alignment: .left, isElidable: true) { $0.name ?? "-" }
  }

  private static func columns(proxies: Set<Proxy>, repeats: Int) -> [Column] {
    let metrics =
      Metric.scores.filter { $0.isMeasured(by: proxies) } + [.reluSites, .parameters, .multiplyAccumulates]
    return [Column(title: "index", width: 5) { $0.architecture.index.map(String.init) ?? "-" }]
      + metrics.map { metric in
        // The deviation needs room beside the mean.
        let hasDeviation = repeats > 1 && metric.proxy != nil && metric.decimals > 0
        return Column(title: metric.heading, width: metric.width + (hasDeviation ? 7 : 0)) { scored in
          spread(scored.rows.compactMap(metric.value), metric, hasDeviation)
        }
      } + [Column(title: "ms", width: 7) { fixed($0.rows.map(\.ms.total).mean, 1) }]
  }

  /// The mean and, where it is wanted, the deviation.
  private static func spread(_ values: [Double], _ metric: Metric, _ hasDeviation: Bool) -> String {
    guard !values.isEmpty else { return "-" }
    let mean = fixed(values.mean / metric.scale, metric.decimals)
    return values.count > 1 && hasDeviation
      ? "\(mean) ±\(fixed(values.standardDeviation, metric.decimals))" : mean
  }
}
