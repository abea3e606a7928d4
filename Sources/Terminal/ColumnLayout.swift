/// Columns side by side, in as many lines as the width asks for: columns that do not fit beside the others go on below
/// them, indented.
struct ColumnLayout {
  struct Column {
    /// Of the cells; a cell that is wider moves what stands to its right.
    var width: Int
    var alignment: TextTable.Alignment
  }

  private let columns: [Column]
  /// Nil where lines may be of any length.
  private let width: Int?
  private let indentation: String
  /// Columns that stand in one line.
  let bands: [Range<Int>]

  /// - Parameters:
  ///   - indentation: of all lines of a row but its first.
  ///   - ownLine: the position of a column that begins a line in any case.
  init(_ columns: [Column], width: Int?, indentation: Int, ownLine: Int? = nil) {
    self.columns = columns
    self.width = width
    self.indentation = String(repeating: " ", count: indentation)
    var bands: [Range<Int>] = []
    var end = 0
    for (position, column) in columns.enumerated() {
      if let last = bands.last, position != ownLine, width.map({ end + Self.gap.count + column.width <= $0 }) ?? true {
        bands[bands.count - 1] = last.lowerBound..<position + 1
        end += Self.gap.count + column.width
      } else {
        end = (bands.isEmpty ? 0 : indentation) + column.width
        bands.append(position..<position + 1)
      }
    }
    self.bands = bands
  }

  /// The lines of a row, or of the header, without trailing blanks. Each is within the width, if need be because a cell
  /// that is wider than all of it is broken. Lines that would be empty are left out, but for the first.
  func lines(_ cells: [String]) -> [String] {
    var lines: [String] = []
    for band in bands {
      var line = lines.isEmpty ? "" : indentation
      var isAtStart = true
      for position in band {
        let cell = padded(cells[position], columns[position])
        // Blanks after the last cell take no room.
        let end = displayWidth(Self.trimmed(cell))
        if !isAtStart, let width, displayWidth(line) + Self.gap.count + end > width {
          lines.append(line)
          line = indentation
          isAtStart = true
        }
        if !isAtStart { line += Self.gap }
        isAtStart = false
        if let width, displayWidth(line) + end > width {
          var pieces = wrapped(
            Self.trimmed(cell).drop { $0 == " " } + "", to: width, indentation: line, continuation: indentation)
          line = pieces.removeLast()
          lines += pieces
        } else {
          line += cell
        }
      }
      lines.append(line)
    }
    return lines.enumerated().map { ($0, Self.trimmed($1)) }.filter { $0 == 0 || !$1.isEmpty }.map(\.1)
  }

  /// Dashes below a header.
  var rule: String {
    let ends = bands.enumerated().map { number, band in
      columns[band].reduce((number == 0 ? 0 : indentation.count) - Self.gap.count) { $0 + Self.gap.count + $1.width }
    }
    // Below several lines, dashes for each column of one of them would mean nothing.
    guard bands.count > 1 else {
      return columns.map { String(repeating: "-", count: $0.width) }.joined(separator: Self.gap)
    }
    return String(repeating: "-", count: min(ends.max() ?? 0, width ?? .max))
  }

  static let gap = "  "

  private func padded(_ text: String, _ column: Column) -> String {
    let padding = String(repeating: " ", count: max(0, column.width - displayWidth(text)))
    return column.alignment == .left ? text + padding : padding + text
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
