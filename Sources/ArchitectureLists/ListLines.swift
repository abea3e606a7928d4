import Files

/// The lines of a text, some of which may be taken back to be read again.
struct ListLines: ~Copyable {
  struct Line {
    /// From 1.
    var number: Int
    var bytes: [UInt8]
    /// False where the end of a very long line was passed over.
    var isWhole = true

    /// Nil where the bytes are no UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self)?.trimmed }

    /// The text, with a mark in the place of what is no UTF-8.
    var shown: String { String(decoding: bytes.prefix(ListLines.maximumShownBytes), as: UTF8.self).trimmed }
  }

  /// The rest of a longer line is passed over.
  static let maximumLineBytes = 1 << 20
  static let maximumShownBytes = 4096

  private var stream: ByteStream
  /// What ends a line: a line feed, or the carriage return of a text that has no line feed.
  private let end: UInt8
  /// The next lines, the last one first.
  private var returned: [Line] = []

  init(_ stream: consuming ByteStream) throws(FileError) {
    let beginning = try stream.atHand()
    end = !beginning.contains(0x0A) && beginning.contains(0x0D) ? 0x0D : 0x0A
    self.stream = stream
  }

  /// The next line; nil at the end.
  mutating func next() throws(FileError) -> Line? {
    if let line = returned.popLast() { return line }
    let number = stream.line
    guard let (bytes, isWhole) = try stream.nextLine(end: end, maximumBytes: Self.maximumLineBytes) else { return nil }
    return Line(number: number, bytes: bytes, isWhole: isWhole)
  }

  /// Makes these the next lines.
  mutating func putBack(_ lines: [Line]) { returned += lines.reversed() }

  /// Goes past blank lines and gives the bytes that are at hand then, which stay the next; none at the end.
  mutating func significantBytes() throws(FileError) -> ArraySlice<UInt8> {
    while let byte = try stream.peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      stream.advance()
    }
    return try stream.atHand()
  }

  /// All that is left, as it stands, and the number of its first line.
  mutating func rest(maximumBytes: Int) throws(FileError) -> (bytes: [UInt8], line: Int)? {
    let line = stream.line
    var bytes: [UInt8] = []
    while case let piece = try stream.atHand(), !piece.isEmpty {
      guard bytes.count + piece.count <= maximumBytes else { return nil }
      bytes += piece
      stream.skip(piece.count)
    }
    return (bytes, line)
  }
}
