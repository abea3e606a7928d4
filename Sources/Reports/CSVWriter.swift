import Files

/// Comma-separated values with a header, as RFC 4180 has them, but with lines that end in a line feed alone.
enum CSVWriter: FormatWriter {
  static func lines<Result: Report>(of report: Result, width: Int?) -> [String] {
    [header(Result.Entry.self)] + report.entries.map(line)
  }

  static func header<Table: RowTable>(of table: Table) -> [String] { [header(Table.Element.self)] }

  static func lines<Table: RowTable>(of row: Table.Element, in table: inout Table) -> [String] { [line(row)] }

  static func end<Table: RowTable>(of table: inout Table) -> [String] { [] }

  private static func header<Element: Record>(_ type: Element.Type) -> String {
    CSVField.line(Element.columns.map { CSVField($0.name) })
  }

  private static func line<Element: Record>(_ record: Element) -> String {
    CSVField.line(Element.columns.map { CSVField($0.cell(record)) })
  }
}
