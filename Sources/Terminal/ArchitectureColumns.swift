/// A table that grows line by line, an architecture each: columns of fixed widths, then the text of the architecture.
///
/// Nothing is left out where lines are narrow: the architecture goes on a line of its own, without its middle where it
/// is wider than that, and columns go on below each other.
package struct ArchitectureColumns<Element> {
  package struct Column {
    package var title: String
    /// Enough for an ordinary value. A wider one moves what stands to its right, or is elided.
    package var width: Int
    package var alignment: TextTable.Alignment
    /// Whether a terminal shows a text that is wider than the column without its middle; not for numbers.
    package var isElidable: Bool
    package var cell: (Element) -> String

    package init(
      title: String, width: Int, alignment: TextTable.Alignment = .right, isElidable: Bool = false,
      cell: @escaping (Element) -> String
    ) {
      self.title = title
      self.width = width
      self.alignment = alignment
      self.isElidable = isElidable
      self.cell = cell
    }
  }

  private let columns: [Column]
  /// Columns of the terminal; nil where lines may be of any length.
  private let width: Int?
  /// The columns, and the architecture as the last.
  private let layout: ColumnLayout
  private let indentation: String

  /// - Parameters:
  ///   - width: columns of the terminal; nil where lines may be of any length.
  ///   - architectureWidth: the room that architectures should have beside the columns: with less of it, all of them
  ///     stand on lines of their own. By default that of an ordinary one of NAS-Bench-201.
  package init(_ columns: [Column], width: Int?, architectureWidth: Int = 84) {
    self.columns = columns
    self.width = width
    let indentation = min(7, (width ?? .max) / 4)
    self.indentation = String(repeating: " ", count: indentation)
    let room = columns.reduce(width ?? .max) { $0 - $1.width - ColumnLayout.gap.count }
    layout = ColumnLayout(
      columns.map { ColumnLayout.Column(width: $0.width, alignment: $0.alignment) }
        // Whether an architecture fits is seen line by line.
        + [ColumnLayout.Column(width: 0, alignment: .left)],
      width: width, indentation: indentation, ownLine: room < architectureWidth ? columns.count : nil)
  }

  /// The headings, in as many lines as a row has.
  package var header: [String] { layout.lines(columns.map(\.title) + ["architecture"]) }

  /// The lines of a row.
  ///
  /// - Parameter remarks: never shortened.
  package func lines(_ element: Element, architecture: String, remarks: [String]) -> [String] {
    var cells = columns.map { column in
      let cell = printable(column.cell(element))
      guard let width, column.isElidable else { return cell }
      return elided(cell, to: min(column.width, width - indentation.count))
    }
    let architecture = printable(architecture)
    guard let width else {
      cells.append(([architecture] + remarks.map { printable($0) }).joined(separator: ColumnLayout.gap))
      return layout.lines(cells)
    }
    cells.append(elided(architecture, to: max(1, width - indentation.count)))
    return layout.lines(cells) + remarks.flatMap { details($0) }
  }

  /// A line below a row that says more of it, broken at blanks where it is wider than the terminal.
  package func details(_ text: String) -> [String] {
    wrapped(text, to: width, indentation: indentation, continuation: indentation)
  }
}
