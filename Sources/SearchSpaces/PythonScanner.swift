/// Reads the tokens of a Python expression one after the other, never evaluating anything.
///
/// Works on UTF-8 bytes and never goes back over more than a token, so reading takes linear time. Blanks, those of
/// Unicode and marks without width among them, newlines and comments before a token are skipped. Offsets count bytes;
/// errors count characters.
struct PythonScanner {
  let text: String
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// The offset of the next token, or the length of the text.
  mutating func start() -> Int {
    while position < bytes.count {
      let blank = blank(at: position)
      if blank > 0 {
        position += blank
      } else if bytes[position] == UInt8(ascii: "#") {
        position = endOfLine(from: position)
      } else {
        break
      }
    }
    return position
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The length of the text.
  var count: Int { bytes.count }

  /// An error at the character that the byte at this offset belongs to.
  func error(at offset: Int, _ reason: String, advice: String? = nil) -> ArchitectureError {
    let index = text.utf8.index(text.startIndex, offsetBy: min(offset, bytes.count))
    return ArchitectureError(
      text: text, position: text.distance(from: text.startIndex, to: index), reason: reason, advice: advice)
  }

  // MARK: - Bytes

  /// Goes on at an offset.
  mutating func move(to offset: Int) { position = min(offset, bytes.count) }

  func byte(at offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

  func offset(of character: Unicode.Scalar, from first: Int) -> Int? {
    bytes[first...].firstIndex(of: UInt8(ascii: character))
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

  /// The bytes of the blank at an offset; 0 where there is none.
  func blank(at offset: Int) -> Int {
    let (second, third) = (byte(at: offset + 1) ?? 0, byte(at: offset + 2) ?? 0)
    return switch (bytes[offset], second, third) {
    case (0x20, _, _), (0x09...0x0D, _, _): 1
    // A backslash that goes on with a line.
    case (0x5C, 0x0A, _), (0x5C, 0x0D, _): 1
    // U+0085, U+00A0.
    case (0xC2, 0x85, _), (0xC2, 0xA0, _): 2
    // U+1680, U+3000, U+FEFF.
    case (0xE1, 0x9A, 0x80), (0xE3, 0x80, 0x80), (0xEF, 0xBB, 0xBF): 3
    // U+2000 to U+200F, U+2028, U+2029, U+202F, U+205F, U+2060.
    case (0xE2, 0x80, 0x80...0x8F), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F...0xA0): 3
    default: 0
    }
  }

  /// The bytes of the quote at an offset, and which quotes close it; nil where there is none.
  private func quote(at offset: Int) -> (length: Int, kind: UInt8)? {
    switch byte(at: offset) {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return (1, bytes[offset])
    case UInt8(ascii: "\\"):
      // Quotes inside other quotes.
      guard let next = byte(at: offset + 1), next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") else { return nil }
      return (2, next | 0x80)
    case 0xE2:
      // U+2018 to U+201F: what word processors make of quotes.
      guard byte(at: offset + 1) == 0x80, let last = byte(at: offset + 2), (0x98...0x9F).contains(last) else {
        return nil
      }
      return (3, 0)
    default: return nil
    }
  }

  func endOfLine(from offset: Int) -> Int {
    var end = offset
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    return end
  }

  func isInName(_ offset: Int, notFirst: Bool) -> Bool {
    switch byte(at: offset) ?? 0 {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): notFirst
    default: false
    }
  }

  // MARK: - Tokens

  /// Whether the next token is this character, which is then read.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard start() < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Whether the next token is a quote, which is then read.
  mutating func takeQuote() -> Bool {
    guard let quote = quote(at: start()) else { return false }
    position += quote.length
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(ArchitectureError) {
    guard take(character) else { throw error(at: position, "expected '\(character)'") }
  }

  /// Goes past what lists have around and between their elements: quotes, commas and semicolons, and closing brackets.
  ///
  /// - Parameter closing: so many brackets at most.
  mutating func takeSeparators(closing: Int = 0) {
    var closing = closing
    while true {
      if takeQuote() || take(",") || take(";") { continue }
      guard closing > 0, take(")") || take("]") else { return }
      closing -= 1
    }
  }

  /// A name such as `reduce_concat`; nil where the next token is none.
  mutating func name() -> String? {
    let first = start()
    while isInName(position, notFirst: position > first) { position += 1 }
    return position > first ? text(first..<position) : nil
  }

  /// What stands between two quotes of one kind, which cannot be escaped, and the offset of its first character.
  mutating func string(_ what: String) throws(ArchitectureError) -> (text: String, offset: Int) {
    let opening = start()
    guard hasQuote else { throw error(at: opening, "expected \(what) in quotes") }
    guard let string = string() else { throw error(at: opening, "the quote is not closed on its line") }
    return string
  }

  /// The same; nil where there is none, which costs less than an error.
  mutating func string() -> (text: String, offset: Int)? {
    guard hasQuote else { return nil }
    // Python 2 marks the kind of text in front.
    if bytes[position] == UInt8(ascii: "u") { position += 1 }
    guard let quote = quote(at: position) else { return nil }
    position += quote.length
    let first = position
    while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D {
      if let end = self.quote(at: position), end.kind == quote.kind {
        let text = text(first..<position)
        position += end.length
        return (text, first)
      }
      position += 1
    }
    return nil
  }

  /// An integer of at most nine digits, and its offset.
  mutating func integer(_ what: String) throws(ArchitectureError) -> (value: Int, offset: Int) {
    let offset = start()
    let isCall = takeNumPy()
    let isNegative = take("-")
    let firstDigit = position
    var value = 0
    while let byte = byte(at: position), case let digit = Int(byte) - 0x30, (0...9).contains(digit) {
      guard position < firstDigit + 9 else { throw error(at: offset, "a number has at most nine digits") }
      value = 10 * value + digit
      position += 1
    }
    guard position > firstDigit else { throw error(at: offset, "expected \(what)") }
    if isCall { try expect(")") }
    return (isNegative ? -value : value, offset)
  }

  /// Whether the next number is written as whole, and its offset. What it is worth does not matter.
  mutating func number(_ what: String) throws(ArchitectureError) -> (isWhole: Bool, offset: Int) {
    let offset = start()
    let isCall = takeNumPy()
    _ = take("-") || take("+")
    let first = position
    while let byte = byte(at: position), "0123456789.eE+-_".utf8.contains(byte) { position += 1 }
    let digits = bytes[first..<position]
    guard digits.contains(where: { (0x30...0x39).contains($0) }) || takeWord("nan") || takeWord("inf") else {
      throw error(at: offset, "expected \(what)")
    }
    if isCall { try expect(")") }
    return (!digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }, offset)
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  /// Goes past the beginning of `np.int64(1)`, as NumPy writes numbers.
  private mutating func takeNumPy() -> Bool {
    let first = position
    if let module = name(), module == "np" || module == "numpy", take("."), name() != nil, take("(") { return true }
    position = first
    return false
  }

  // MARK: - Sequences

  /// The elements of a list or tuple, and the offset of its closing bracket.
  mutating func sequence(
    of what: String, _ element: (inout PythonScanner) throws(ArchitectureError) -> Void
  ) throws(ArchitectureError) -> Int {
    try elements(until: try opening(of: what), element)
  }

  /// Reads the bracket that a list or tuple begins with, and gives the one that ends it.
  mutating func opening(of what: String) throws(ArchitectureError) -> Unicode.Scalar {
    if take("[") { return "]" }
    guard take("(") else { throw error(at: position, "expected \(what) in brackets or parentheses") }
    return ")"
  }

  /// Whether the next token is a quote.
  var hasQuote: Bool {
    mutating get {
      let mark = byte(at: start())
      return quote(at: position) != nil || mark == UInt8(ascii: "u") && quote(at: position + 1) != nil
    }
  }

  /// Whether the next token begins a list or tuple.
  mutating func isAtBracket() -> Bool {
    let byte = byte(at: start())
    return byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(")
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
}
