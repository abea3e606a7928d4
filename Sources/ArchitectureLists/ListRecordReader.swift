import Files
import SearchSpaces

/// Reads the records of a list one after the other, as its bytes come. What is no record is one, too: with the reason.
struct ListRecordReader: ~Copyable {
  /// More records of one JSON document, or bytes of it, are refused.
  private static let maximumDocumentBytes = 1 << 30
  /// A field or a genotype of more lines is taken for one that is not closed.
  private static let maximumJoinedLines = 200
  private static let maximumJoinedBytes = 1 << 16

  private var lines: ListLines
  private let form: ListForm
  private let name: String
  private let shapes: JSONShapes
  /// Records that are read already, the last one first.
  private var pending: [ListRecord] = []

  /// The names of a table's columns in their order; empty where the records themselves name them.
  var columns: [String] {
    switch form {
    case .table(_, let columns): columns
    case .pairs: [ListColumns.architectureNames[0], "accuracy"]
    case .document, .lines: []
    }
  }

  /// What stands between the fields of a table.
  var separator: UInt8 {
    switch form {
    case .table(let separator, _), .pairs(let separator): separator
    case .document, .lines: UInt8(ascii: ",")
    }
  }

  /// - Parameter name: what errors call the list.
  init(_ bytes: consuming ByteStream, name: String, space: any SearchSpace) throws(FileError) {
    try bytes.requireText(name: name)
    var lines = try ListLines(bytes)
    let shapes = JSONShapes(space: space)
    let form = try ListForm(&lines, name: name, space: space)
    if case .document = form { pending = try Self.document(&lines, name: name, shapes).reversed() }
    self.lines = lines
    self.name = name
    self.shapes = shapes
    self.form = form
  }

  /// The next record; nil at the end.
  mutating func next() throws(FileError) -> ListRecord? {
    while true {
      if let record = pending.popLast() { return record }
      switch form {
      case .document: return nil
      case .lines:
        guard let line = try lines.next() else { return nil }
        pending = try entries(of: line).reversed()
      case .table(let separator, let columns):
        guard let line = try lines.next() else { return nil }
        if line.bytes.allSatisfy({ $0 == 0x0D || $0 == 0x20 }) { continue }
        return try row(line, separator, columns)
      case .pairs(let separator):
        guard let line = try lines.next() else { return nil }
        let text = line.shown
        if text.isEmpty || text.hasPrefix("#") { continue }
        return try row(line, separator, columns)
      }
    }
  }

  // MARK: - JSON documents

  private static func document(
    _ lines: inout ListLines, name: String, _ shapes: JSONShapes
  ) throws(FileError) -> [ListRecord] {
    guard let (bytes, line) = try lines.rest(maximumBytes: maximumDocumentBytes) else {
      throw FileError(.unreadable, "\(name) is longer than \(maximumDocumentBytes >> 20) MiB")
    }
    var reader = JSONReader(ByteStream(withoutTuples(bytes), line: line), name: name)
    var records: [ListRecord] = []
    while let kind = try reader.next() {
      if kind == .array {
        try reader.array { reader throws(FileError) in
          // The line of its first byte, not of the blanks before it.
          _ = try reader.next()
          let line = reader.line
          records += shapes.element(try reader.value(), line: line)
        }
      } else {
        let line = reader.line
        records += shapes.records(try reader.value(), line: line)
      }
    }
    return records
  }

  /// A list of tuples, as Python prints it, as a list of lists.
  private static func withoutTuples(_ bytes: [UInt8]) -> [UInt8] {
    let beginning = bytes.lazy.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }.prefix(2)
    guard Array(beginning) == Array("[(".utf8) else { return bytes }
    return bytes.map { byte in
      switch byte {
      case UInt8(ascii: "("): UInt8(ascii: "[")
      case UInt8(ascii: ")"): UInt8(ascii: "]")
      default: byte
      }
    }
  }

  // MARK: - Lines

  /// The entries of a line, which may go on in the lines after it: a genotype is printed on several lines.
  private mutating func entries(of line: ListLines.Line) throws(FileError) -> [ListRecord] {
    guard line.isWhole else {
      let limit = "a line of more than \(ListLines.maximumLineBytes >> 10) KiB"
      return [ListRecord(line: line.number, broken: line.shown, limit)]
    }
    guard let text = line.text else {
      return [ListRecord(line: line.number, broken: line.shown, "the line is no UTF-8 text")]
    }
    guard !text.isEmpty, !text.hasPrefix("#") else { return [] }
    if let joined = try joined(text) { return [ListRecord(line: line.number, architecture: joined)] }
    guard text.hasPrefix("{"), (try? shapes.space.blueprint(text: text)) == nil else {
      return [ListRecord(line: line.number, architecture: text)]
    }
    var reader = JSONReader(ByteStream(Array(text.utf8), line: line.number), name: "")
    var records: [ListRecord] = []
    do throws(FileError) {
      while let kind = try reader.next() {
        // A second object is one that lost its line end; anything else makes the line no JSON.
        guard records.isEmpty || kind == .object else { throw reader.failure("text after the object") }
        records += shapes.records(try reader.value(), line: line.number)
      }
      guard records.isEmpty else { return records }
      return [ListRecord(line: line.number, broken: text, "an object without an architecture")]
    } catch {
      let reason = error.reason.drop { $0 != "b" }
      return [ListRecord(line: line.number, broken: text, "no JSON: \(reason)")]
    }
  }

  /// The text with the lines after it that close its brackets; nil where it has no open ones, or they stay open.
  private mutating func joined(_ text: String) throws(FileError) -> String? {
    guard let last = text.last, "([{,=".contains(last), Self.depth(of: text) > 0 else { return nil }
    var whole = text
    var taken: [ListLines.Line] = []
    var depth = Self.depth(of: text)
    while depth > 0, taken.count < Self.maximumJoinedLines, whole.utf8.count < Self.maximumJoinedBytes {
      guard let line = try lines.next() else { break }
      taken.append(line)
      guard let first = line.bytes.first, first == 0x20 || first == 0x09 || ")]}".utf8.contains(first),
        let more = line.text
      else { break }
      whole += "\n" + more
      depth += Self.depth(of: more)
    }
    guard depth == 0 else {
      lines.putBack(taken)
      return nil
    }
    return whole
  }

  /// Brackets that a line opens and does not close, outside quotes and before a comment.
  static func depth(of line: String) -> Int {
    var depth = 0
    var quote: UInt8?
    for byte in line.utf8 {
      if let open = quote {
        if byte == open { quote = nil }
        continue
      }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
      case UInt8(ascii: "#"): return depth
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case _: break
      }
    }
    return depth
  }

  // MARK: - Tables

  /// The record that begins with a line. A field in quotes may hold line ends; where that leads to no record, the line
  /// alone is wrong, and those after it are read by themselves.
  private mutating func row(
    _ line: ListLines.Line, _ separator: UInt8, _ columns: [String]
  ) throws(FileError) -> ListRecord {
    var bytes = line.bytes
    var taken: [ListLines.Line] = []
    var quotes = bytes.count { $0 == UInt8(ascii: "\"") }
    // A note does not begin with a line end: a quote there is one too many.
    let quote = UInt8(ascii: "\"")
    let maximum = bytes.suffix(2) == [separator, quote] || bytes == [quote] ? 0 : Self.maximumJoinedLines
    while !quotes.isMultiple(of: 2), taken.count < maximum, bytes.count < Self.maximumJoinedBytes,
      let more = try lines.next()
    {
      taken.append(more)
      if beginsRecord(more, after: line, separator) { break }
      bytes += [0x0A] + more.bytes
      quotes += more.bytes.count { $0 == UInt8(ascii: "\"") }
    }
    let whole = record(bytes, at: line, separator, columns)
    guard whole.failure != nil, !taken.isEmpty else { return whole }
    lines.putBack(taken)
    return record(line.bytes, at: line, separator, columns)
  }

  /// The record of these bytes, which begin with a line.
  private func record(
    _ bytes: [UInt8], at line: ListLines.Line, _ separator: UInt8, _ columns: [String]
  ) -> ListRecord {
    func broken(_ reason: String) -> ListRecord { ListRecord(line: line.number, broken: line.shown, reason) }
    guard line.isWhole else { return broken("a line of more than \(ListLines.maximumLineBytes >> 10) KiB") }
    do throws(FileError) {
      var reader = CSVReader(ByteStream(bytes, line: line.number), name: "", separator: separator)
      guard let record = try reader.next(), try reader.next() == nil else { return broken("two records in one") }
      let fields = record.fields.prefix(columns.count)
      guard fields.count == columns.count, record.fields.dropFirst(columns.count).allSatisfy(\.isEmpty) else {
        return broken("\(record.fields.count) fields where the first line has \(columns.count)")
      }
      return ListRecord(line: line.number, zip(columns, fields).map { JSONValue.Member($0, .string($1)) })
    } catch {
      // Its place is said with the record.
      return broken(error.reason.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? error.reason)
    }
  }

  /// Whether a line looks like the beginning of a record rather than like the end of a note: it has an architecture of
  /// its own, or begins with the mark that the line before it begins with.
  private func beginsRecord(_ line: ListLines.Line, after first: ListLines.Line, _ separator: UInt8) -> Bool {
    if let byte = line.bytes.first, byte == first.bytes.first, "|[({'\"".utf8.contains(byte) { return true }
    // The end of a field in quotes has a quote, and perhaps the architecture after it.
    guard line.bytes.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else { return false }
    return line.shown.split(separator: Character(Unicode.Scalar(separator))).contains {
      shapes.isArchitecture($0.trimmed)
    }
  }
}
