/// A result for programs: an object in JSON lines, or a line of CSV.
package protocol Record: Encodable, Sendable {
  /// The columns of CSV, in order. They flatten what is nested in JSON, or leave it out.
  static var columns: [CSVColumn<Self>] { get }
}

/// A column of CSV.
package struct CSVColumn<Element> {
  /// The name in the header.
  package var name: String
  /// Makes the cell's text, without quotes and escapes; nil for an empty cell.
  package var cell: @Sendable (Element) -> String?

  /// A column of text.
  package init(_ name: String, _ cell: @escaping @Sendable (Element) -> String?) {
    self.name = name
    self.cell = cell
  }

  /// A column of values whose text in Swift is their text in CSV, such as numbers.
  package init<Value>(_ name: String, value: @escaping @Sendable (Element) -> Value?) {
    self.init(name) { element in value(element).map { "\($0)" } }
  }
}

extension CSVColumn: Sendable {}

/// The results of a command that writes them when it is done. Every format takes from it what it needs.
package protocol Report {
  associatedtype Entry: Record

  /// The text for people.
  ///
  /// - Parameter width: columns that lines should keep to; nil where they may be of any length.
  func lines(width: Int?) -> [String]

  /// The results for programs, in order.
  var entries: [Entry] { get }

  /// The columns of CSV, in order.
  var csvColumns: [CSVColumn<Entry>] { get }

  /// What JSON lines have after the entries. CSV leaves it out, because its lines are all of one kind.
  var supplements: [any Encodable] { get }
}

extension Report {
  /// Most reports have the columns of their entries.
  package var csvColumns: [CSVColumn<Entry>] { Entry.columns }

  /// Most reports have entries of one kind and nothing after them.
  package var supplements: [any Encodable] { [] }
}

/// The text for people, of rows that are written one by one as they come.
package protocol RowTable {
  associatedtype Element: Record

  /// The columns of CSV, in order.
  var csvColumns: [CSVColumn<Element>] { get }

  /// The lines above the rows.
  var header: [String] { get }

  /// The lines that can be written now that there is another row; a table may hold some back.
  mutating func lines(_ row: Element) -> [String]

  /// The lines that have been held back.
  mutating func finish() -> [String]
}

extension RowTable {
  /// Most tables have the columns of their elements.
  package var csvColumns: [CSVColumn<Element>] { Element.columns }
}
