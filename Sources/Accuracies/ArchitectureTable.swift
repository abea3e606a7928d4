public import Files
import Foundation
public import SearchSpaces

/// A file that lists architectures, as a table of texts.
///
/// What the file is shows in its first bytes:
/// - `[` or `{`: JSON, a list of objects, or objects one after the other as in JSON lines, such as rows of this
///   program;
/// - a line with the name of an architecture column (see `architectureColumns`) among its fields: CSV with a header;
/// - a line of two fields, the second a number: CSV without a header, architecture and accuracy;
/// - anything else: text, one architecture a line.
///
/// Lines that begin with # are passed over where an architecture or the first line of CSV could stand.
public struct ArchitectureTable: Sendable {
  /// One line of a text or of CSV, or one JSON object.
  public struct Record: Sendable {
    /// Where it stands in the file, from 1.
    public var line: Int
    /// One for each column; nil where the file has none.
    public var cells: [String?]
  }

  /// What messages call the file.
  public let name: String
  /// The names of the columns as the file has them.
  public let columns: [String]
  /// In the order of the file.
  public let records: [Record]

  /// The names of the column that holds architectures, in the order of preference. Case does not matter, and a cell
  /// that is a number is an index of the space.
  public static let architectureColumns = ["arch", "architecture", "genotype", "index"]

  /// Longer files are refused: a space of a million architectures of 1000 characters fits.
  static let maximumBytes = 1 << 30
  static let maximumColumns = 10_000

  /// - Parameter path: `-` for standard input.
  /// - Throws: where the file cannot be read or is malformed, with the line.
  public init(path: String) throws(FileError) {
    let name = path == "-" ? "standard input" : "'\(path)'"
    var bytes = [UInt8](try readFile(path, maximumBytes: Self.maximumBytes))
    // A byte order mark is no part of the text.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    try self.init(bytes, name: name)
  }

  init(_ bytes: [UInt8], name: String) throws(FileError) {
    self.name = name
    if let first = bytes.first(where: { !Self.isBlank($0) }), first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
      (columns, records) = try Self.objects(bytes, name: name)
      return
    }
    switch try Self.form(of: bytes, name: name) {
    case .header(let comments):
      var all = try Self.values(bytes, name: name, after: comments)
      columns = all.removeFirst().cells.map { $0 ?? "" }
      records = all
    case .pairs(let comments):
      columns = [Self.architectureColumns[0], "accuracy"]
      records = try Self.values(bytes, name: name, after: comments)
    case .lines:
      columns = [Self.architectureColumns[0]]
      records = try Self.lines(bytes, name: name)
    }
  }

  /// The position of a column; nil where there is none of this name.
  public func column(_ name: String) -> Int? {
    columns.firstIndex(of: name) ?? columns.firstIndex { $0.lowercased() == name.lowercased() }
  }

  /// The architectures in the order of the file.
  ///
  /// - Throws: where a cell names no architecture of the space, or there is none at all, with the line.
  public func architectures(of space: any SearchSpace) throws(FileError) -> [ParsedArchitecture] {
    guard let column = Self.architectureColumns.lazy.compactMap(column).first else {
      throw FileError(
        .malformed,
        "no column of \(name) is called \(Self.architectureColumns.joined(separator: ", ")); there are "
          + columns.joined(separator: ", "))
    }
    guard !records.isEmpty else { throw FileError(.malformed, "no architecture in \(name)") }
    var architectures: [ParsedArchitecture] = []
    for record in records {
      guard let cell = record.cells[column]?.trimmingCharacters(in: .whitespaces), !cell.isEmpty else {
        throw FileError(.malformed, "\(name), line \(record.line): no architecture")
      }
      do {
        architectures.append(
          try Int(cell).map { index throws(ArchitectureError) in try space.architecture(index: index) }
            ?? space.architecture(text: cell))
      } catch {
        throw FileError(.malformed, "\(name), line \(record.line): \(error)")
      }
    }
    return architectures
  }

  /// The numbers of a column, nil where a cell is empty, in the order of the file.
  ///
  /// - Throws: where there is no such column or a cell is no number, with the line.
  public func numbers(_ columnName: String) throws(FileError) -> [Double?] {
    guard let column = column(columnName) else {
      throw FileError(
        .malformed, "\(name) has no column '\(columnName)'; there are \(columns.joined(separator: ", "))")
    }
    var numbers: [Double?] = []
    for record in records {
      guard let cell = record.cells[column]?.trimmingCharacters(in: .whitespaces), !cell.isEmpty else {
        numbers.append(nil)
        continue
      }
      guard let number = Double(cell) else {
        throw FileError(
          .malformed, "\(name), line \(record.line): '\(cell.prefix(40))' in column '\(columnName)' is no number")
      }
      numbers.append(number)
    }
    return numbers
  }

  // MARK: - Forms

  private enum Form {
    /// After so many lines of comment.
    case header(Int)
    case pairs(Int)
    case lines
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  private static func form(of bytes: [UInt8], name: String) throws(FileError) -> Form {
    var comments = 0
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
      let isPassedOver = bytes[start..<end].first { !isBlank($0) }.map { $0 == UInt8(ascii: "#") } ?? true
      guard isPassedOver else { break }
      comments += 1
      start = min(end + 1, bytes.endIndex)
    }
    // What is no record of CSV may still be a line of text.
    var reader = CSVReader(ByteStream(Array(bytes[start...])), name: name)
    guard let fields = try? reader.next()?.fields.map({ $0.trimmingCharacters(in: .whitespaces) }) else {
      return .lines
    }
    if fields.contains(where: { architectureColumns.contains($0.lowercased()) }) { return .header(comments) }
    return fields.count == 2 && Double(fields[1]) != nil ? .pairs(comments) : .lines
  }

  private static func lines(_ bytes: [UInt8], name: String) throws(FileError) -> [Record] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(.malformed, "\(name) is no UTF-8 text")
    }
    var records: [Record] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      records.append(Record(line: number + 1, cells: [line]))
    }
    return records
  }

  /// All records of CSV, the header among them.
  private static func values(_ bytes: [UInt8], name: String, after comments: Int) throws(FileError) -> [Record] {
    var stream = ByteStream(bytes)
    while stream.line <= comments, try stream.peek() != nil { stream.advance() }
    var reader = CSVReader(stream, name: name)
    var records: [Record] = []
    while let record = try reader.next() {
      let expected = records.first?.cells.count ?? record.fields.count
      guard record.fields.count == expected else {
        throw FileError(
          .malformed, "\(name), line \(record.line): \(record.fields.count) fields where the first line has \(expected)"
        )
      }
      records.append(Record(line: record.line, cells: record.fields))
    }
    return records
  }

  private static func objects(_ bytes: [UInt8], name: String) throws(FileError) -> ([String], [Record]) {
    var reader = JSONReader(ByteStream(bytes), name: name)
    var columns: [String] = []
    var positions: [String: Int] = [:]
    var records: [Record] = []
    func object(_ reader: inout JSONReader) throws(FileError) {
      // The line of its first byte, not of the blanks before it.
      _ = try reader.next()
      var record = Record(line: reader.line, cells: [])
      try reader.object { reader, key throws(FileError) in
        guard let cell = try reader.scalar() else { return }
        let position = positions[key] ?? columns.count
        if position == columns.count {
          guard position < maximumColumns else { throw reader.failure("more than \(maximumColumns) different members") }
          positions[key] = position
          columns.append(key)
        }
        while record.cells.count <= position { record.cells.append(nil) }
        record.cells[position] = cell
      }
      records.append(record)
    }
    while let kind = try reader.next() {
      if kind == .array {
        try reader.array { reader throws(FileError) in try object(&reader) }
      } else {
        try object(&reader)
      }
    }
    for index in records.indices {
      let missing = columns.count - records[index].cells.count
      records[index].cells += repeatElement(nil, count: missing)
    }
    return (columns, records)
  }
}
