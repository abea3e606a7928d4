// Written here because no package that this one depends on reads CSV, and the parser takes less than another
// dependency.

/// Reads comma-separated values as RFC 4180 has them: fields in quotes may hold commas, line ends and doubled quotes.
///
/// A line may end in a line feed alone. Blank lines are passed over. An apostrophe before what a spreadsheet would run,
/// as `CSVField` writes it, is no part of the text.
package struct CSVReader: ~Copyable {
  package struct Record {
    /// Where it begins, from 1.
    package var line: Int
    package var fields: [String]
  }

  /// More fields in one record are an error.
  package static let maximumFields = 10_000

  private var bytes: ByteStream
  private let name: String
  private let separator: UInt8

  /// - Parameters:
  ///   - name: what errors call the file.
  ///   - separator: what stands between fields; some write a semicolon or a tab.
  package init(_ bytes: consuming ByteStream, name: String, separator: UInt8 = UInt8(ascii: ",")) {
    self.bytes = bytes
    self.name = name
    self.separator = separator
  }

  /// The next record; nil at the end.
  package mutating func next() throws(FileError) -> Record? {
    while let byte = try bytes.peek(), byte == 0x0A || byte == 0x0D { bytes.advance() }
    guard try bytes.peek() != nil else { return nil }
    var record = Record(line: bytes.line, fields: [])
    while true {
      guard record.fields.count < Self.maximumFields else {
        throw failure(record.line, "more than \(Self.maximumFields) fields")
      }
      record.fields.append(
        try bytes.peek() == UInt8(ascii: "\"") ? try quotedField() : try plainField())
      guard try bytes.peek() == separator else { break }
      bytes.advance()
    }
    return record
  }

  private mutating func quotedField() throws(FileError) -> String {
    let line = bytes.line
    var field: [UInt8] = []
    bytes.advance()
    while let byte = try bytes.peek() {
      bytes.advance()
      guard byte == UInt8(ascii: "\"") else {
        field.append(byte)
        continue
      }
      switch try bytes.peek() {
      case UInt8(ascii: "\""):
        field.append(byte)
        bytes.advance()
      case nil, separator, 0x0A, 0x0D: return try text(field, line)
      default: throw failure(bytes.line, "text after the closing quote of a field")
      }
    }
    throw failure(line, "a quote that is not closed")
  }

  private mutating func plainField() throws(FileError) -> String {
    let line = bytes.line
    var field: [UInt8] = []
    while let byte = try bytes.peek(), byte != separator, byte != 0x0A, byte != 0x0D {
      guard byte != UInt8(ascii: "\"") else { throw failure(line, "a quote inside a field that begins without one") }
      field.append(byte)
      bytes.advance()
    }
    return try text(field, line)
  }

  private func text(_ field: [UInt8], _ line: Int) throws(FileError) -> String {
    guard let text = String(validating: field, as: UTF8.self) else { throw failure(line, "a field that is not UTF-8") }
    return CSVField.text(ofField: text)
  }

  private func failure(_ line: Int, _ reason: String) -> FileError {
    FileError(.malformed, "\(name), line \(line): \(reason)")
  }
}
