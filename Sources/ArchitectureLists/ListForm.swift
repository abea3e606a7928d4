import Files
import SearchSpaces

/// What a list looks like, which its first lines show.
enum ListForm {
  /// One JSON document: a list, an object, or several one after the other.
  case document
  /// An entry a line: an architecture, a JSON object, or both in turn.
  case lines
  /// A table with a line that names its columns.
  case table(separator: UInt8, columns: [String])
  /// Two fields a line, an architecture and an accuracy, without a line that names them.
  case pairs(separator: UInt8)

  private static let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09]

  /// Finds out the form. Lines of comment, and a line that names the columns, are gone then.
  init(_ lines: inout ListLines, name: String, space: any SearchSpace) throws(FileError) {
    let beginning = try lines.significantBytes()
    if let first = beginning.first, first == UInt8(ascii: "[") || first == UInt8(ascii: "{"),
      Self.isDocument(beginning, space: space)
    {
      self = .document
      return
    }
    guard let first = try Self.firstLine(&lines), let text = first.text else {
      self = .lines
      return
    }
    // A spreadsheet's own way of saying what stands between fields.
    if text.lowercased().hasPrefix("sep="), let separator = text.utf8.dropFirst(4).first, text.utf8.count == 5 {
      guard let header = try lines.next() else {
        self = .lines
        return
      }
      self = .table(
        separator: separator, columns: ListColumns.told(apart: Self.fields(header, separator) ?? [header.shown]))
      return
    }
    if let table = try Self.table(first, &lines, space: space) {
      self = table
      return
    }
    lines.putBack([first])
    let pairs = Self.separators.compactMap { separator -> (separator: UInt8, architecture: String)? in
      guard let fields = Self.fields(first, separator), fields.count == 2, !fields[0].isEmpty,
        Double(cell: fields[1], separator: separator) != nil
      else { return nil }
      return (separator, fields[0])
    }
    // A comma may stand before decimals: what it parts is an architecture where it stands between fields.
    let pair = (pairs.first { (try? space.blueprint(text: $0.architecture)) != nil } ?? pairs.first)?.separator
    self = pair.map { .pairs(separator: $0) } ?? .lines
  }

  /// The first line that is neither blank nor a comment; nil at the end.
  private static func firstLine(_ lines: inout ListLines) throws(FileError) -> ListLines.Line? {
    while let line = try lines.next() {
      let text = line.shown
      if !text.isEmpty, !text.hasPrefix("#") { return line }
    }
    return nil
  }

  /// The fields of a line by themselves; nil where it is no record.
  static func fields(_ line: ListLines.Line, _ separator: UInt8) -> [String]? {
    var reader = CSVReader(ByteStream(line.bytes), name: "", separator: separator)
    do throws(FileError) {
      guard let record = try reader.next(), try reader.next() == nil else { return nil }
      return record.fields.map(\.trimmed)
    } catch {
      return nil
    }
  }

  /// The table that a line names the columns of; nil where it does not.
  private static func table(
    _ first: ListLines.Line, _ lines: inout ListLines, space: any SearchSpace
  ) throws(FileError) -> ListForm? {
    let known = ListColumns.architectureNames + ListColumns.indexNames
    for separator in separators {
      guard let fields = fields(first, separator) else { continue }
      if ListColumns.position(of: known, in: fields) != nil {
        return .table(separator: separator, columns: ListColumns.told(apart: fields))
      }
    }
    // Names that nobody knows: words, above a line with as many fields.
    for separator in separators {
      guard let fields = fields(first, separator), fields.count > 1, fields.dropFirst().allSatisfy(isName),
        fields[0].isEmpty || isName(fields[0]), (try? space.blueprint(text: fields[0])) == nil,
        let second = try lines.next()
      else { continue }
      lines.putBack([second])
      if Self.fields(second, separator)?.count == fields.count {
        return .table(separator: separator, columns: ListColumns.told(apart: fields))
      }
    }
    return nil
  }

  /// Whether a field may be the name of a column: it has a letter and nothing that only architectures have.
  private static func isName(_ field: String) -> Bool {
    field.contains(where: \.isLetter) && field.count <= 80 && !field.contains { "|~(){}[]='\"".contains($0) }
  }

  /// Whether a text that begins like JSON is one document, rather than an entry a line.
  private static func isDocument(_ beginning: ArraySlice<UInt8>, space: any SearchSpace) -> Bool {
    let lines = beginning.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false).map {
      ListLines.Line(number: 1, bytes: Array($0))
    }
    // Without its end the line is long, as those of documents are.
    guard let text = lines[0].text, lines.count > 1 || beginning.count < 1 << 16 else { return true }
    func isRead(_ text: String?) -> Bool { text.map { (try? space.blueprint(text: $0)) != nil } ?? false }
    // A list that begins in its first line, which by itself may pass for an architecture in brackets.
    if text.hasPrefix("["), !text.contains("'"), ListRecordReader.depth(of: text) > 0, lines.count > 1 { return true }
    if isRead(text) { return false }
    let second = lines.count > 1 ? lines[1].text : nil
    guard text.hasPrefix("{") else {
      // A list of texts has its first one in the second line, in quotes.
      let isElement = second?.hasPrefix("\"") == true || text == "["
      return isElement || !isRead(second)
    }
    let rest = text.dropFirst().drop(while: \.isWhitespace)
    // Python's quotes: a dictionary of several lines is joined by who reads lines.
    if rest.hasPrefix("'") { return false }
    return !(text.hasSuffix("}") || second?.hasPrefix("{") == true)
  }
}

extension Double {
  /// The number in a cell; nil where it is none. Where commas do not separate fields they may stand before decimals.
  package init?(cell: String, separator: UInt8) {
    let isDecimalComma =
      separator != UInt8(ascii: ",") && cell.utf8.count { $0 == UInt8(ascii: ",") } == 1 && !cell.contains(".")
    let text = isDecimalComma ? cell.replacing(",", with: ".") : cell
    guard !text.utf8.contains(where: { $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "X") }) else { return nil }
    self.init(text)
  }
}
