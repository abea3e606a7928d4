/// Reads the tokens of a Python expression one after the other, never evaluating anything.
///
/// Works on UTF-8 bytes and never goes back, so reading takes linear time. Blanks, newlines and comments before a token
/// are skipped. Offsets count bytes; errors count characters.
struct PythonScanner {
  let text: String
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// The offset of the next token, or the length of the text.
  mutating func start() -> Int {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), 0x09...0x0D: position += 1
      case UInt8(ascii: "#"):
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
      default: return position
      }
    }
    return position
  }

  var isAtEnd: Bool { position == bytes.count }

  /// An error at the character that the byte at this offset belongs to.
  func error(at offset: Int, _ reason: String) -> ArchitectureError {
    let index = text.utf8.index(text.startIndex, offsetBy: min(offset, bytes.count))
    return ArchitectureError(
      text: text, position: text.distance(from: text.startIndex, to: index), reason: reason)
  }

  // MARK: - Tokens

  /// Whether the next token is this character, which is then read.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard start() < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(ArchitectureError) {
    guard take(character) else { throw error(at: position, "expected '\(character)'") }
  }

  /// A name such as `reduce_concat`; nil where the next token is none.
  mutating func name() -> String? {
    let first = start()
    scanning: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9") where position > first: break
      default: break scanning
      }
      position += 1
    }
    return position > first ? text(first..<position) : nil
  }

  /// What stands between two quotes of one kind, which cannot be escaped, and the offset of its first character.
  mutating func string(_ what: String) throws(ArchitectureError) -> (text: String, offset: Int) {
    let opening = start()
    guard take("'") || take("\"") else { throw error(at: opening, "expected \(what) in quotes") }
    let quote = bytes[opening]
    while position < bytes.count, bytes[position] != quote, bytes[position] != 0x0A, bytes[position] != 0x0D {
      position += 1
    }
    guard position < bytes.count, bytes[position] == quote else {
      throw error(at: opening, "the quote is not closed on its line")
    }
    defer { position += 1 }
    return (text(opening + 1..<position), opening + 1)
  }

  /// An integer of at most nine digits, and its offset.
  mutating func integer(_ what: String) throws(ArchitectureError) -> (value: Int, offset: Int) {
    let offset = start()
    let isNegative = take("-")
    let firstDigit = position
    var value = 0
    while position < bytes.count, case let digit = Int(bytes[position]) - 0x30, (0...9).contains(digit) {
      guard position < firstDigit + 9 else { throw error(at: offset, "a number has at most nine digits") }
      value = 10 * value + digit
      position += 1
    }
    guard position > firstDigit else { throw error(at: offset, "expected \(what)") }
    return (isNegative ? -value : value, offset)
  }

  /// The elements of a list or tuple, and the offset of its closing bracket.
  mutating func sequence(
    of what: String, _ element: (inout PythonScanner) throws(ArchitectureError) -> Void
  ) throws(ArchitectureError) -> Int {
    if take("[") { return try elements(until: "]", element) }
    guard take("(") else { throw error(at: position, "expected \(what) in brackets or parentheses") }
    return try elements(until: ")", element)
  }

  /// What stands before a closing bracket, a comma after each but perhaps the last, and the offset of the bracket.
  mutating func elements(
    until closing: Unicode.Scalar, _ element: (inout PythonScanner) throws(ArchitectureError) -> Void
  ) throws(ArchitectureError) -> Int {
    while true {
      let end = start()
      if take(closing) { return end }
      try element(&self)
      let next = start()
      if take(closing) { return next }
      guard take(",") else { throw error(at: next, "expected ',' or '\(closing)'") }
    }
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
