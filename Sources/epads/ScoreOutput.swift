import Foundation
import Scoring
import Studies

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

/// One line an architecture, the same columns for all.
struct ScoreTable {
  let proxies: Set<Proxy>
  let repeats: Int
  /// Columns of the terminal; nil where lines may be of any length.
  let width: Int?

  private struct Column {
    var title: String
    var width: Int
    var cell: ([Row]) -> String
  }

  /// Those that fit, at least the first two.
  private var columns: [Column] {
    var columns = allColumns
    while let width, columns.count > 2, Self.width(of: columns) > width { columns.removeLast() }
    return columns
  }

  private static func width(of columns: [Column]) -> Int { columns.reduce(-2) { $0 + $1.width + 2 } }

  private var allColumns: [Column] {
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

  var header: String {
    columns.map { padded($0.title, $0.width) }.joined(separator: "  ") + (isFolded ? "" : "  architecture")
  }

  /// Whether the architecture stands on a line of its own.
  private var isFolded: Bool {
    guard let width else { return false }
    return Self.width(of: allColumns) + 26 > width
  }

  func lines(_ rows: [Row]) -> [String] {
    let line = columns.map { padded($0.cell(rows), $0.width) }.joined(separator: "  ")
    let failure = rows.compactMap(\.error).first.map { "FAILED: \($0)" }
    guard let width else { return [line + "  " + rows[0].arch + (failure.map { "  " + $0 } ?? "")] }
    var lines = [line]
    if isFolded {
      lines.append("       " + shortened(rows[0].arch, to: width - 7))
    } else {
      lines[0] += "  " + shortened(rows[0].arch, to: width - line.count - 2)
    }
    // A reason is never cut.
    return lines + (failure.map { ["       " + $0] } ?? [])
  }

  private func spread(_ values: [Double], _ decimals: Int) -> String {
    guard !values.isEmpty else { return "-" }
    let mean = fixed(values.mean, decimals)
    return values.count > 1 && decimals > 0 ? "\(mean) ±\(fixed(values.standardDeviation, decimals))" : mean
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func shortened(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
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

  private static func text<T>(_ value: T?) -> String { value.map { "\($0)" } ?? "" }

  static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
