import ArchitectureLists
import Foundation
package import Latency
import Terminal

/// Latencies, a line for each architecture as soon as it is measured.
package struct LatencyTable: RowTable {
  /// Whether the slowest steps of each network follow.
  private let layers: Bool
  private let table: ArchitectureColumns<LatencyRow>
  private let width: Int?
  private var doubts = LatencyDoubts()
  /// The columns of CSV.
  package let csvColumns: [CSVColumn<LatencyRow>]

  /// - Parameters:
  ///   - layers: whether the slowest steps of each network follow its line.
  ///   - width: columns of the terminal; nil where lines may be of any length.
  ///   - hasNames: whether architectures have names.
  ///   - input: the other columns of the list that they are from, for CSV.
  package init(layers: Bool, width: Int?, hasNames: Bool = false, input: [String] = []) {
    self.layers = layers
    self.width = width
    table = ArchitectureColumns((hasNames ? [Self.names] : []) + Self.columns, width: width)
    csvColumns =
      LatencyRow.columns
      + input.map { name in CSVColumn("input_columns.\(name)") { $0.inputColumns?[name]?.cell } }
  }

  /// The headings of the columns.
  package var header: [String] { table.header }

  /// The line of an architecture and, where they were asked for, its slowest steps.
  package mutating func lines(_ row: LatencyRow) -> [String] {
    doubts.append(row)
    let remarks = row.error.map { ["FAILED: \($0)"] } ?? []
    return table.lines(row, architecture: row.arch, remarks: remarks) + (layers ? layerLines(of: row) : [])
  }

  /// What the marks beside times mean, where there are any.
  package mutating func finish() -> [String] {
    doubts.summary.map { wrapped("\(LatencyDoubts.mark) \($0)", to: width) } ?? []
  }

  /// The ten slowest steps, and the sum of the others.
  private func layerLines(of row: LatencyRow) -> [String] {
    let slowest = (row.layers ?? []).sorted { $0.milliseconds > $1.milliseconds }
    let shown = 10
    func line(_ milliseconds: Double, _ share: Double, _ name: String) -> [String] {
      let numbers = String(format: "  %8.4f ms %5.1f %%  ", milliseconds, 100 * share)
      let continuation = String(repeating: " ", count: min(numbers.count, (width ?? 0) / 3))
      return wrapped(name, to: width, indentation: numbers, continuation: continuation)
    }
    let rest = slowest.dropFirst(shown)
    return slowest.prefix(shown).flatMap { line($0.milliseconds, $0.share, $0.name) }
      + (rest.isEmpty
        ? []
        : line(
          rest.reduce(0) { $0 + $1.milliseconds }, rest.reduce(0) { $0 + $1.share },
          counted(rest.count, "other step")))
  }

  private typealias Column = ArchitectureColumns<LatencyRow>.Column

  private static var names: Column {
    Column(title: "name", width: 16, alignment: .left, isElidable: true) { $0.name ?? "-" }
  }

  private static var columns: [Column] {
    [
      // Room for the mark, so that the digits stand below each other.
      Column(title: "ms ", width: 10) { number($0.latency?.median, 4) + ($0.doubt == nil ? " " : LatencyDoubts.mark) },
      Column(title: "± %", width: 5) { number($0.latency.map { 100 * $0.precision }, 1) },
      Column(title: "p90", width: 9) { number($0.latency?.p90, 4) },
      Column(title: "p99", width: 9) { number($0.latency?.p99, 4) },
      Column(title: "runs", width: 5) { "\($0.runs)" },
      Column(title: "images/s", width: 9) { number($0.imagesPerSecond, 1) },
      Column(title: "GMAC/s", width: 7) { number($0.gigaMultiplyAccumulatesPerSecond, 2) },
      Column(title: "peak", width: 6) { $0.peakShare.map { "\(fixed(100 * $0, 1)) %" } ?? "-" },
      Column(title: "MiB", width: 6) { number($0.peakBytes.map { Double($0) / 1_048_576 }, 1) },
      Column(title: "params M", width: 8) { number($0.params.map { Double($0) / 1e6 }, 4) },
      Column(title: "FLOPs M", width: 8) { number($0.flops.map { Double($0) / 1e6 }, 2) },
    ]
  }

  private static func number(_ value: Double?, _ decimals: Int) -> String { value.map { fixed($0, decimals) } ?? "-" }
}
