import Files

/// An object a line, its keys in alphabetical order.
enum JSONLinesWriter: FormatWriter {
  static func lines(of report: some Report, width: Int?) throws -> [String] {
    try report.entries.map { try jsonLine($0) } + report.supplements.map { try jsonLine($0) }
  }

  static func header<Table: RowTable>(of table: Table) -> [String] { [] }

  static func lines<Table: RowTable>(of row: Table.Element, in table: inout Table) throws -> [String] {
    [try jsonLine(row)]
  }

  static func end<Table: RowTable>(of table: inout Table) -> [String] { [] }
}
