/// A table that grows line by line, an architecture each: columns of fixed widths, then the text of the architecture.
package struct ArchitectureColumns<Element> {
  package struct Column {
    package var title: String
    package var width: Int
    package var cell: (Element) -> String

    package init(title: String, width: Int, cell: @escaping (Element) -> String) {
      self.title = title
      self.width = width
      self.cell = cell
    }
  }

  /// Those that fit, at least the first two.
  private let columns: [Column]
  /// Columns of the terminal; nil where lines may be of any length.
  private let width: Int?
  /// Whether the architecture stands on a line of its own.
  private let isFolded: Bool

  package init(_ all: [Column], width: Int?) {
    var columns = all
    while let width, columns.count > 2, Self.width(of: columns) > width { columns.removeLast() }
    self.columns = columns
    self.width = width
    isFolded = width.map { Self.width(of: all) + 26 > $0 } ?? false
  }

  private static func width(of columns: [Column]) -> Int { columns.reduce(-2) { $0 + $1.width + 2 } }

  package var header: String {
    columns.map { padded($0.title, $0.width) }.joined(separator: "  ") + (isFolded ? "" : "  architecture")
  }

  /// - Parameter remarks: never cut.
  package func lines(_ element: Element, architecture: String, remarks: [String]) -> [String] {
    let line = columns.map { padded(printable($0.cell(element)), $0.width) }.joined(separator: "  ")
    let (architecture, remarks) = (printable(architecture), remarks.map { printable($0) })
    guard let width else { return [([line, architecture] + remarks).joined(separator: "  ")] }
    var lines = [line]
    if isFolded {
      lines.append("       " + shortened(architecture, to: width - 7))
    } else {
      lines[0] += "  " + shortened(architecture, to: width - line.count - 2)
    }
    return lines + remarks.map { "       " + $0 }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func shortened(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
  }
}
