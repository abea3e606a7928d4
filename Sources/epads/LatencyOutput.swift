import Scoring
import Files
import Foundation
import Latency
import Terminal

/// Rows of latency in one of the formats.
final class LatencyOutput {
  private let format: OutputFormat
  private let writer: LineWriter
  private let layers: Bool
  private let table: ArchitectureColumns<LatencyRow>

  /// - Parameter width: columns of the terminal; nil where lines may be of any length.
  init(format: OutputFormat, writer: LineWriter, layers: Bool, width: Int?) {
    self.format = format
    self.writer = writer
    self.layers = layers
    table = ArchitectureColumns(Self.columns, width: width)
  }

  func begin() throws {
    switch format {
    case .table: try writer.append(table.header)
    case .csv: try writer.append(Self.cells.map(\.name).joined(separator: ","))
    case .jsonl: break
    }
  }

  func append(_ row: LatencyRow) throws {
    switch format {
    case .jsonl: try writer.append(RowFile<LatencyRow>.line(row))
    case .csv: try writer.append(Self.cells.map { $0.cell(row) }.joined(separator: ","))
    case .table:
      let remarks = [row.error.map { "FAILED: \($0)" }, row.doubt.map { "DOUBTFUL: \($0)" }].compactMap(\.self)
      for line in table.lines(row, architecture: row.arch, remarks: remarks) { try writer.append(line) }
      if layers { try appendLayers(of: row) }
    }
  }

  /// The slowest steps, and what the others take together.
  private func appendLayers(of row: LatencyRow) throws {
    let slowest = (row.layers ?? []).sorted { $0.milliseconds > $1.milliseconds }
    let shown = 10
    func line(_ milliseconds: Double, _ share: Double, _ name: String) -> String {
      String(format: "  %8.4f ms %5.1f %%  ", milliseconds, 100 * share) + name
    }
    for layer in slowest.prefix(shown) { try writer.append(line(layer.milliseconds, layer.share, layer.name)) }
    let rest = slowest.dropFirst(shown)
    guard !rest.isEmpty else { return }
    try writer.append(
      line(
        rest.reduce(0) { $0 + $1.milliseconds }, rest.reduce(0) { $0 + $1.share },
        counted(rest.count, "other step")))
  }

  private typealias Column = ArchitectureColumns<LatencyRow>.Column

  private static var columns: [Column] {
    [
      Column(title: "ms", width: 9) { number($0.latency?.median, 4) },
      Column(title: "± %", width: 5) { number($0.latency.map { 100 * $0.precision }, 1) },
      Column(title: "p90", width: 9) { number($0.latency?.p90, 4) },
      Column(title: "p99", width: 9) { number($0.latency?.p99, 4) },
      Column(title: "runs", width: 5) { "\($0.runs)" },
      Column(title: "images/s", width: 9) { number($0.imagesPerSecond, 1) },
      Column(title: "GMAC/s", width: 7) { number($0.gigaMultiplyAccumulatesPerSecond, 2) },
      Column(title: "peak", width: 6) { $0.peakShare.map { "\(fixed(100 * $0, 1)) %" } ?? "-" },
      Column(title: "MiB", width: 6) { number($0.peakBytes.map { Double($0) / 1_048_576 }, 1) },
      Column(title: "params M", width: 8) { fixed(Double($0.params) / 1e6, 4) },
      Column(title: "FLOPs M", width: 8) { fixed(Double($0.flops) / 1e6, 2) },
    ]
  }

  private static func number(_ value: Double?, _ decimals: Int) -> String { value.map { fixed($0, decimals) } ?? "-" }

  /// In RFC 4180's form.
  private static let cells: [(name: String, cell: @Sendable (LatencyRow) -> String)] = [
    ("arch", { CSV.quoted($0.arch) }), ("index", { CSV.text($0.index) }), ("space", { $0.space }),
    ("macro", { CSV.quoted($0.macro ?? "") }), ("dataset", { $0.dataset }), ("input", { $0.input }),
    ("batch", { "\($0.batch)" }), ("status", { $0.status.rawValue }), ("error", { CSV.quoted($0.error ?? "") }),
    ("latency_ms_median", { CSV.text($0.latency?.median) }), ("latency_ms_p10", { CSV.text($0.latency?.p10) }),
    ("latency_ms_p90", { CSV.text($0.latency?.p90) }), ("latency_ms_p99", { CSV.text($0.latency?.p99) }),
    ("latency_ms_low", { CSV.text($0.latency?.low) }), ("latency_ms_high", { CSV.text($0.latency?.high) }),
    ("device_ms", { CSV.text($0.deviceMilliseconds) }), ("runs", { "\($0.runs)" }),
    ("end", { $0.end?.rawValue ?? "" }), ("rounds_set_aside", { CSV.text($0.roundsSetAside) }),
    ("warm_up_ms", { CSV.text($0.warmUpMilliseconds) }),
    ("prepare_ms", { CSV.text($0.prepareMilliseconds) }), ("images_per_second", { CSV.text($0.imagesPerSecond) }),
    ("gmacs_per_second", { CSV.text($0.gigaMultiplyAccumulatesPerSecond) }),
    ("peak_share", { CSV.text($0.peakShare) }), ("params", { "\($0.params)" }), ("flops", { "\($0.flops)" }),
    ("peak_bytes", { CSV.text($0.peakBytes) }), ("backend", { $0.backend }), ("device", { CSV.quoted($0.device) }),
    ("threads", { CSV.text($0.threads) }), ("thread_ns", { CSV.text($0.threadNanoseconds) }),
    ("doubt", { CSV.quoted($0.doubt ?? "") }), ("version", { $0.version }),
  ]
}
