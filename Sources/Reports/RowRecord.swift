import ArchitectureLists
import Scoring
package import Studies

extension Row: Record {
  /// The columns that every table has, without the layers: a line of CSV has no place for a list.
  package static let columns: [CSVColumn<Row>] =
    [
      CSVColumn("arch") { $0.arch }, CSVColumn("name") { $0.name }, CSVColumn("line", value: \.line),
      CSVColumn("index", value: \.index), CSVColumn("space") { $0.space },
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

  /// The columns of a table whose architectures come from a list.
  ///
  /// - Parameters:
  ///   - input: the other columns of the list.
  ///   - truth: the data sets of trained accuracies.
  package static func columns(input: [String], truth: [String] = []) -> [CSVColumn<Row>] {
    columns + truth.map { dataSet in CSVColumn("truth.\(dataSet)", value: { $0.truth?[dataSet] }) }
      + input.map { name in CSVColumn("input.\(name)") { $0.input?[name]?.cell } }
  }

  /// A column of a metric's value with all its digits.
  private static func column(_ metric: Metric) -> CSVColumn<Row> {
    CSVColumn(metric.key) { row in
      metric.value(of: row).map { metric.decimals == 0 || metric.proxy == nil ? "\(Int($0))" : "\($0)" }
    }
  }
}
