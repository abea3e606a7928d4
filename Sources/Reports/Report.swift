/// A line of a command's results for programs: an object of JSON lines, or a line of CSV.
package protocol Record: Encodable, Sendable {
  /// The columns of CSV, in order. What JSON nests is flattened here, or left out.
  static var columns: [CSVColumn<Self>] { get }
}

/// A column of CSV.
package struct CSVColumn<Element> {
  package var name: String
  /// The cell as plain text; nil for an empty one.
  package var cell: @Sendable (Element) -> String?

  package init(_ name: String, _ cell: @escaping @Sendable (Element) -> String?) {
    self.name = name
    self.cell = cell
  }

  /// A column of what Swift writes as it should stand, such as numbers.
  package init<Value>(_ name: String, value: @escaping @Sendable (Element) -> Value?) {
    self.init(name) { element in value(element).map { "\($0)" } }
  }
}

extension CSVColumn: Sendable {}

/// What a command has found once it is done, as each format takes it.
package protocol Report {
  associatedtype Entry: Record

  /// For people.
  ///
  /// - Parameter width: columns that lines should keep to; nil where they may be of any length.
  func lines(width: Int?) -> [String]

  /// For programs, in order.
  var entries: [Entry] { get }

  /// What JSON lines have after the entries, and CSV, whose lines are all of one kind, has not.
  var supplements: [any Encodable] { get }
}

extension Report {
  package var supplements: [any Encodable] { [] }
}

/// Rows that are written one by one, as they come: how people see them.
package protocol RowTable {
  associatedtype Element: Record

  /// The line above the rows.
  var header: String { get }

  /// The lines that can be written now that a row is there; a table may hold some back.
  mutating func lines(_ row: Element) -> [String]

  /// What has been held back.
  mutating func finish() -> [String]
}
