// Not ordo-one/TextTable: it aligns and fixes widths, but has no maximal width, gives nothing for a table without rows,
// traps at a width of 0 and counts UTF-16 units when it pads.

/// A table in aligned columns of plain text.
///
/// Nothing is shortened unless `text` is given a maximal width. Widths are in characters.
public struct TextTable: Hashable, Sendable {
  public enum Alignment: Sendable {
    case left
    case right
  }

  public struct Column: Hashable, Sendable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  public let columns: [Column]
  /// The cells, one for each column.
  public private(set) var rows: [[String]] = []

  public init(columns: [Column]) { self.columns = columns }

  /// Adds a row. Missing cells are empty, surplus ones are dropped, a line break becomes a space, and other characters
  /// that a terminal would act on are escaped.
  public mutating func append(_ cells: [String]) {
    let row = cells.prefix(columns.count).map { printable(String($0.map { $0.isNewline ? " " : $0 })) }
    rows.append(row + Array(repeating: "", count: columns.count - row.count))
  }

  /// The lines of the table, each ended by a line feed and without trailing blanks.
  ///
  /// - Parameters:
  ///   - rule: whether a line of dashes follows the header.
  ///   - maximalWidth: the width that lines should keep to by shortening one column; at least one character of the
  ///     column is kept, so that lines may still be longer.
  ///   - shortened: the position of the column to shorten.
  public func text(rule: Bool = true, maximalWidth: Int? = nil, shortening shortened: Int? = nil) -> String {
    var widths = columns.map(\.title.count)
    for row in rows {
      for (position, cell) in row.enumerated() { widths[position] = max(widths[position], cell.count) }
    }
    if let maximalWidth, let shortened, widths.indices.contains(shortened) {
      let others = widths.reduce(0, +) - widths[shortened] + Self.gap.count * (widths.count - 1)
      widths[shortened] = min(widths[shortened], max(1, max(maximalWidth, others) - others))
    }
    var lines = [line(columns.map(\.title), widths)]
    if rule { lines.append(line(widths.map { String(repeating: "-", count: $0) }, widths)) }
    lines += rows.map { line($0, widths) }
    return lines.map { $0 + "\n" }.joined()
  }

  private static let gap = "  "

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (position, cell) in cells.enumerated() {
      if position > 0 { line += Self.gap }
      let text = cell.count > widths[position] ? cell.prefix(widths[position] - 1) + "…" : cell
      let padding = String(repeating: " ", count: widths[position] - text.count)
      line += columns[position].alignment == .left ? text + padding : padding + text
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
