import Files
import Foundation
import Scoring
import Statistics
import Studies
import Terminal

/// Rows in one of the formats, written as they come.
final class ScoreOutput {
  private let format: OutputFormat
  private let writer: LineWriter
  private let layers: Bool
  private let table: ScoreTable
  private var pending: [Row] = []

  init(format: OutputFormat, writer: LineWriter, proxies: Set<Proxy>, repeats: Int, layers: Bool, width: Int?) {
    self.format = format
    self.writer = writer
    self.layers = layers
    table = ScoreTable(proxies: proxies, repeats: repeats, width: width)
  }

  func begin() throws {
    switch format {
    case .table: try writer.append(table.header)
    case .csv: try writer.append(CSV.header)
    case .jsonl: break
    }
  }

  func append(_ row: Row) throws {
    switch format {
    case .jsonl: try writer.append(RowFile.line(row))
    case .csv: try writer.append(CSV.line(row))
    case .table:
      // The rows of an architecture make one line.
      if let first = pending.first, first.arch != row.arch { try flush() }
      pending.append(row)
      if pending.count == table.repeats { try flush() }
    }
  }

  /// Writes what is held back.
  func flush() throws {
    guard !pending.isEmpty else { return }
    for line in table.lines(pending) { try writer.append(line) }
    for row in pending where layers {
      if table.repeats > 1 { try writer.append("      seed \(row.seed)") }
      for layer in row.layers ?? [] {
        try writer.append(
          "        \(layer.name)  \(layer.units) units  d1 \(layer.d1)  d2 \(layer.d2)")
      }
    }
    pending = []
  }
}

/// The table of scores.
struct ScoreTable {
  let proxies: Set<Proxy>
  let repeats: Int
  /// Columns of the terminal; nil where lines may be of any length.
  let width: Int?

  private var table: ArchitectureColumns<[Row]> { ArchitectureColumns(columns, width: width) }

  private var columns: [ArchitectureColumns<[Row]>.Column] {
    typealias Column = ArchitectureColumns<[Row]>.Column
    var columns = [Column(title: "index", width: 5) { rows in rows[0].index.map(String.init) ?? "-" }]
    if proxies.contains(.epads) {
      columns.append(Column(title: "ePADS", width: repeats > 1 ? 15 : 8) { spread($0.compactMap(\.epads), 4) })
      columns.append(Column(title: "sum d1", width: 10) { spread($0.compactMap(\.snaswot).map(Double.init), 0) })
      columns.append(Column(title: "sum d2", width: 10) { spread($0.compactMap(\.perturbation).map(Double.init), 0) })
    }
    if proxies.contains(.naswot) {
      columns.append(Column(title: "NASWOT", width: repeats > 1 ? 16 : 9) { spread($0.compactMap(\.naswot), 4) })
    }
    columns += [
      Column(title: "ReLUs", width: 5) { "\($0[0].reluSites)" },
      Column(title: "params M", width: 8) { fixed(Double($0[0].params) / 1e6, 4) },
      Column(title: "FLOPs M", width: 8) { fixed(Double($0[0].flops) / 1e6, 2) },
      Column(title: "ms", width: 7) { fixed($0.map(\.ms.total).mean, 1) },
    ]
    return columns
  }

  var header: String { table.header }

  func lines(_ rows: [Row]) -> [String] {
    let failure = rows.compactMap(\.error).first.map { "FAILED: \($0)" }
    return table.lines(rows, architecture: rows[0].arch, remarks: [failure].compactMap(\.self))
  }

  private func spread(_ values: [Double], _ decimals: Int) -> String {
    guard !values.isEmpty else { return "-" }
    let mean = fixed(values.mean, decimals)
    return values.count > 1 && decimals > 0 ? "\(mean) ±\(fixed(values.standardDeviation, decimals))" : mean
  }
}

/// Rows without their layers, in RFC 4180's form.
enum CSV {
  private static let columns: [(name: String, cell: @Sendable (Row) -> String)] = [
    ("arch", { quoted($0.arch) }), ("index", { text($0.index) }), ("space", { $0.space }),
    ("macro", { quoted($0.macro ?? "") }), ("dataset", { $0.dataset }), ("images", { quoted($0.images) }),
    ("batch", { "\($0.batch)" }), ("sigma", { "\($0.sigma)" }),
    ("seed", { "\($0.seed)" }), ("status", { $0.status.rawValue }), ("error", { quoted($0.error ?? "") }),
    ("epads", { text($0.epads) }), ("snaswot", { text($0.snaswot) }), ("perturbation", { text($0.perturbation) }),
    ("naswot", { text($0.naswot) }), ("relu_sites", { "\($0.reluSites)" }), ("relu_units", { "\($0.reluUnits)" }),
    ("params", { "\($0.params)" }), ("flops", { "\($0.flops)" }), ("ms_prepare", { "\($0.ms.prepare)" }),
    ("ms_forward", { "\($0.ms.forward)" }), ("ms_total", { "\($0.ms.total)" }), ("backend", { $0.backend }),
    ("device", { quoted($0.device) }), ("numerics", { "\($0.numerics)" }), ("version", { $0.version }),
  ]

  static let header = columns.map(\.name).joined(separator: ",")

  static func line(_ row: Row) -> String { columns.map { $0.cell(row) }.joined(separator: ",") }

  static func text<T>(_ value: T?) -> String { value.map { "\($0)" } ?? "" }

  static func quoted(_ text: String) -> String { CSVField(text).written }
}
