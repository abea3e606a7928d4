import Scoring
package import Studies

extension Row: Record {
  /// The columns, without the layers: a line of CSV has no place for a list.
  package static let columns: [CSVColumn<Row>] =
    [
      CSVColumn("arch") { $0.arch }, CSVColumn("index", value: \.index), CSVColumn("space") { $0.space },
      CSVColumn("macro") { $0.macro }, CSVColumn("dataset") { $0.dataset }, CSVColumn("images", value: \.images),
      CSVColumn("batch", value: \.batch), CSVColumn("sigma", value: \.sigma), CSVColumn("seed", value: \.seed),
      CSVColumn("status") { $0.status.rawValue }, CSVColumn("error") { $0.error },
    ]
    + (Metric.scores + [.reluSites, .reluUnits, .parameters, .multiplyAccumulates]).map(column)
    + [
      CSVColumn("ms_prepare", value: \.ms.prepare), CSVColumn("ms_forward", value: \.ms.forward),
      CSVColumn("ms_total", value: \.ms.total), CSVColumn("backend") { $0.backend },
      CSVColumn("device") { $0.device }, CSVColumn("numerics", value: \.numerics),
      CSVColumn("version") { $0.version },
    ]

  /// A column of a metric's value with all its digits.
  private static func column(_ metric: Metric) -> CSVColumn<Row> {
    CSVColumn(metric.key) { row in
      metric.value(of: row).map { metric.decimals == 0 || metric.proxy == nil ? "\(Int($0))" : "\($0)" }
    }
  }
}
