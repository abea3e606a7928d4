import Terminal

/// Text for people, as the reports lay it out.
enum TableWriter: FormatWriter {
  static func lines(of report: some Report, width: Int?) -> [String] { report.lines(width: width).map(printable) }

  static func header<Table: RowTable>(of table: Table) -> [String] { table.header.map(printable) }

  static func lines<Table: RowTable>(of row: Table.Element, in table: inout Table) -> [String] {
    table.lines(row).map(printable)
  }

  static func end<Table: RowTable>(of table: inout Table) -> [String] { table.finish().map(printable) }
}
