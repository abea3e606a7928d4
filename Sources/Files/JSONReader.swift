/// Reads JSON a value at a time and keeps no more of it than that value.
///
/// Foundation's parsers hold a document whole, and published tables have hundreds of megabytes of lists that nobody
/// asks for. Numbers may be `NaN`, `Infinity` and `-Infinity`, as Python writes them. Values may follow each other, as
/// in JSON lines. Every method throws, with line and byte, where the text is no JSON, is not of the kind asked for, or
/// passes a limit.
package struct JSONReader: ~Copyable {
  package enum Kind: String {
    case object = "an object"
    case array = "a list"
    case string = "a text"
    case number = "a number"
    case boolean = "true or false"
    case null
  }

  /// Objects and lists inside each other.
  package static let maximumDepth = 64
  package static let maximumStringBytes = 1 << 20
  package static let maximumNumberBytes = 64

  private var bytes: ByteStream
  private let name: String
  private var depth = 0

  /// - Parameter name: what errors call the file.
  package init(_ bytes: consuming ByteStream, name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// Of the next byte, from 1.
  package var line: Int { bytes.line }

  /// An error at the next byte.
  package func failure(_ reason: String) -> FileError {
    FileError(.malformed, "\(name), line \(bytes.line), byte \(bytes.position + 1): \(reason)")
  }

  // MARK: - Values

  /// The kind of the next value; nil at the end.
  package mutating func next() throws(FileError) -> Kind? {
    guard let byte = try significantByte() else { return nil }
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "N"), UInt8(ascii: "I"): return .number
    default: throw failure("no value begins with \(Self.printable(byte))")
    }
  }

  /// Reads an object. `member` gets every key and must read or skip the value.
  package mutating func object(
    _ member: (inout JSONReader, String) throws(FileError) -> Void
  ) throws(FileError) {
    try sequence(.object, end: UInt8(ascii: "}")) { reader throws(FileError) in
      guard try reader.next() == .string else { throw reader.failure("expected the name of a member") }
      let key = try reader.string()
      guard try reader.significantByte() == UInt8(ascii: ":") else { throw reader.failure("expected ':'") }
      reader.bytes.advance()
      try member(&reader, key)
    }
  }

  /// Reads a list. `element` must read or skip one value.
  package mutating func array(_ element: (inout JSONReader) throws(FileError) -> Void) throws(FileError) {
    try sequence(.array, end: UInt8(ascii: "]"), element)
  }

  package mutating func string() throws(FileError) -> String {
    var text: [UInt8] = []
    try string { byte in text.append(byte) }
    guard let string = String(validating: text, as: UTF8.self) else { throw failure("a text that is not UTF-8") }
    return string
  }

  package mutating func number() throws(FileError) -> Double {
    let text = try numberText()
    guard let value = Self.double(text) else { throw failure("'\(text)' is no number") }
    return value
  }

  /// A number without a fraction, also where it is written with one, such as `16.0`.
  package mutating func integer() throws(FileError) -> Int {
    let value = try number()
    guard let integer = Int(exactly: value) else { throw failure("\(value) is no whole number") }
    return integer
  }

  package mutating func boolean() throws(FileError) -> Bool {
    try expect(.boolean)
    let word = try word()
    guard let value = Bool(word) else { throw failure("'\(word)' is neither true nor false") }
    return value
  }

  /// Goes past the next value, whatever it is.
  package mutating func skip() throws(FileError) {
    switch try next() {
    case .object: try object { reader, _ throws(FileError) in try reader.skip() }
    case .array: try array { reader throws(FileError) in try reader.skip() }
    case .string: try string { _ in }
    // Most of what is passed over are numbers: what they are worth is not looked at.
    case .number: while let byte = try bytes.peek(), Self.isInNumber(byte) { bytes.advance() }
    case .boolean: _ = try boolean()
    case .null:
      let word = try word()
      guard word == "null" else { throw failure("'\(word)' is no value") }
    case nil: throw failure("the file ends where a value is expected")
    }
  }

  // MARK: - Parts

  private mutating func expect(_ kind: Kind) throws(FileError) {
    let found = try next()
    guard found == kind else {
      throw failure("expected \(kind.rawValue), not \(found?.rawValue ?? "the end of the file")")
    }
  }

  private mutating func sequence(
    _ kind: Kind, end: UInt8, _ element: (inout JSONReader) throws(FileError) -> Void
  ) throws(FileError) {
    try expect(kind)
    guard depth < Self.maximumDepth else {
      throw failure("more than \(Self.maximumDepth) objects and lists inside each other")
    }
    bytes.advance()
    depth += 1
    defer { depth -= 1 }
    if try significantByte() == end { return bytes.advance() }
    while true {
      try element(&self)
      let byte = try significantByte()
      guard byte == end || byte == UInt8(ascii: ",") else {
        throw failure("expected ',' or '\(Character(Unicode.Scalar(end)))'")
      }
      bytes.advance()
      if byte == end { return }
    }
  }

  /// The next byte that is no white space.
  private mutating func significantByte() throws(FileError) -> UInt8? {
    while let byte = try bytes.peek() {
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      bytes.advance()
    }
    return nil
  }

  mutating func numberText() throws(FileError) -> String {
    try expect(.number)
    var text: [UInt8] = []
    while let byte = try bytes.peek(), Self.isInNumber(byte) {
      guard text.count < Self.maximumNumberBytes else {
        throw failure("a number of more than \(Self.maximumNumberBytes) digits")
      }
      text.append(byte)
      bytes.advance()
    }
    let string = String(decoding: text, as: UTF8.self)
    guard Self.double(string) != nil else { throw failure("'\(string)' is no number") }
    return string
  }

  private static func isInNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static func double(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    // Swift reads "nan", "inf" and hexadecimal digits as well.
    default: text.utf8.contains { !"0123456789+-.eE".utf8.contains($0) } ? nil : Double(text)
    }
  }

  private mutating func word() throws(FileError) -> String {
    var text = ""
    while let byte = try bytes.peek(), (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte), text.count < 8 {
      text.unicodeScalars.append(Unicode.Scalar(byte))
      bytes.advance()
    }
    return text
  }

  /// Gives the bytes of a text, escapes resolved.
  private mutating func string(_ body: (UInt8) -> Void) throws(FileError) {
    try expect(.string)
    bytes.advance()
    var count = 0
    while let byte = try bytes.peek() {
      guard byte >= 0x20 else { throw failure("a control character in a text") }
      bytes.advance()
      if byte == UInt8(ascii: "\"") { return }
      count += 1
      guard count <= Self.maximumStringBytes else {
        throw failure("a text of more than \(Self.maximumStringBytes >> 10) KiB")
      }
      if byte == UInt8(ascii: "\\") {
        for byte in String(try escaped()).utf8 { body(byte) }
      } else {
        body(byte)
      }
    }
    throw failure("the file ends in a text")
  }

  private mutating func escaped() throws(FileError) -> Unicode.Scalar {
    guard let byte = try bytes.peek() else { throw failure("the file ends in a text") }
    bytes.advance()
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try escapedScalar()
    default: throw failure("unknown escape \(Self.printable(byte))")
    }
  }

  /// What follows `\u`: four hexadecimal digits, or two surrogates with another `\u` between them.
  private mutating func escapedScalar() throws(FileError) -> Unicode.Scalar {
    let unit = try hexadecimal()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
      guard unit < 0xDC00, try bytes.peek() == expected else { throw failure("half of a surrogate pair") }
      bytes.advance()
    }
    let second = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("half of a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(FileError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = try bytes.peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      bytes.advance()
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private static func printable(_ byte: UInt8) -> String {
    (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
  }
}
