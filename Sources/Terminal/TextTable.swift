// Not ordo-one/TextTable: it aligns and fixes widths, but has no maximal width, gives nothing for a table without rows,
// traps at a width of 0 and counts UTF-16 units when it pads.

/// A table in aligned columns of plain text.
///
/// Without a maximal width every row is one line. With one, the columns that may be are shown without their middle, and
/// where that does not suffice rows take several lines; no cell is left out. Widths are in columns of a terminal.
public struct TextTable: Hashable, Sendable {
  public enum Alignment: Sendable {
    case left
    case right
  }

  public struct Column: Hashable, Sendable {
    public var title: String
    public var alignment: Alignment
    /// Whether narrow tables show the column's texts without their middle; not for numbers.
    public var isElidable: Bool

    public init(_ title: String, _ alignment: Alignment = .left, isElidable: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.isElidable = isElidable
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
  ///   - maximalWidth: the width that no line exceeds; nil where they may be of any length.
  public func text(rule: Bool = true, maximalWidth: Int? = nil) -> String {
    lines(width: maximalWidth, rule: rule).map { $0 + "\n" }.joined()
  }

  /// The lines of the table, without trailing blanks.
  ///
  /// - Parameters:
  ///   - width: the width that no line exceeds; nil where they may be of any length.
  ///   - rule: whether a line of dashes follows the header.
  public func lines(width: Int?, rule: Bool = true) -> [String] {
    // A character at least fits.
    let width = width.map { max($0, 2) }
    let indentation = min(4, (width ?? .max) / 4)
    let widths = widths(within: width, indentation)
    let layout = ColumnLayout(
      zip(columns, widths).map { ColumnLayout.Column(width: $1, alignment: $0.alignment) }, width: width,
      indentation: indentation)
    var lines = columns.isEmpty ? [""] : layout.lines(columns.map(\.title))
    if rule { lines.append(layout.rule) }
    for row in rows {
      lines += layout.lines(
        row.enumerated().map { columns[$0].isElidable && width != nil ? elided($1, to: widths[$0]) : $1 })
    }
    return lines
  }

  /// What is left of an elidable column at least, before columns go on below each other.
  private static let leastElided = 24

  private func widths(within width: Int?, _ indentation: Int) -> [Int] {
    let natural = columns.indices.map { position in
      rows.reduce(displayWidth(columns[position].title)) { max($0, displayWidth($1[position])) }
    }
    guard let width else { return natural }
    var widths = natural
    var excess = natural.reduce(-width - ColumnLayout.gap.count) { $0 + $1 + ColumnLayout.gap.count }
    for position in columns.indices.reversed() where columns[position].isElidable && excess > 0 {
      let shortened = max(widths[position] - excess, min(widths[position], Self.leastElided))
      excess -= widths[position] - shortened
      widths[position] = shortened
    }
    // Where columns go on below each other there is more room for each.
    guard excess > 0 else { return widths }
    return columns.indices.map { columns[$0].isElidable ? min(natural[$0], width - indentation) : natural[$0] }
  }
}
