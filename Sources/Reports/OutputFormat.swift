package import Files

/// How results are written. A new format needs a `FormatWriter` in a file beside this one, and a case here.
package enum OutputFormat: String, CaseIterable, Sendable {
  case table
  case jsonl
  case csv

  private var writer: any FormatWriter.Type {
    switch self {
    case .table: TableWriter.self
    case .jsonl: JSONLinesWriter.self
    case .csv: CSVWriter.self
    }
  }

  /// Writes a report that is complete.
  ///
  /// - Parameter width: columns that lines for people should keep to; nil where they may be of any length.
  package func write(_ report: some Report, to output: LineWriter, width: Int?) throws {
    for line in try writer.lines(of: report, width: width) { try output.append(line) }
  }

  /// Begins rows that are written as they come.
  package func begin<Table: RowTable>(_ table: Table, to output: LineWriter) throws -> RowOutput<Table> {
    try RowOutput(table, writer: writer, output)
  }
}

/// Turns results into the lines of one format.
protocol FormatWriter {
  /// All lines of a report that is complete.
  static func lines(of report: some Report, width: Int?) throws -> [String]

  /// Lines before the first row.
  static func header<Table: RowTable>(of table: Table) -> [String]

  /// The lines that can be written now that there is another row.
  static func lines<Table: RowTable>(of row: Table.Element, in table: inout Table) throws -> [String]

  /// Lines after the last row.
  static func end<Table: RowTable>(of table: inout Table) -> [String]
}

/// Rows that are written as they come.
package final class RowOutput<Table: RowTable> {
  private var table: Table
  private let writer: any FormatWriter.Type
  private let output: LineWriter

  fileprivate init(_ table: Table, writer: any FormatWriter.Type, _ output: LineWriter) throws {
    self.table = table
    self.writer = writer
    self.output = output
    for line in writer.header(of: table) { try output.append(line) }
  }

  /// Writes a row, or holds it back where the table has to see more rows first.
  package func append(_ row: Table.Element) throws {
    for line in try writer.lines(of: row, in: &table) { try output.append(line) }
  }

  /// Writes what has been held back. The output is not complete before.
  package func finish() throws {
    for line in writer.end(of: &table) { try output.append(line) }
  }
}
