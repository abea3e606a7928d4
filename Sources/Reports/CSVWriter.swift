import Files

/// Comma-separated values with a header, as RFC 4180 has them, but with lines that end in a line feed alone.
enum CSVWriter: FormatWriter {
  static func lines<Result: Report>(of report: Result, width: Int?) -> [String] {
    [header(report.csvColumns)] + report.entries.map { line($0, report.csvColumns) }
  }

  static func header<Table: RowTable>(of table: Table) -> [String] { [header(table.csvColumns)] }

  static func lines<Table: RowTable>(of row: Table.Element, in table: inout Table) -> [String] {
    [line(row, table.csvColumns)]
  }

  static func end<Table: RowTable>(of table: inout Table) -> [String] { [] }

  private static func header<Element>(_ columns: [CSVColumn<Element>]) -> String {
    CSVField.line(columns.map { CSVField($0.name) })
  }

  private static func line<Element>(_ record: Element, _ columns: [CSVColumn<Element>]) -> String {
    CSVField.line(columns.map { CSVField($0.cell(record)) })
  }
}
