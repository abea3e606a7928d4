/// A field of a message: its number and the form of its value, which is read next.
struct WireField {
  enum Form: UInt8 {
    /// 1 to 10 bytes of 7 bits each.
    case varint = 0
    /// 8 bytes.
    case fixed64 = 1
    /// A length and so many bytes: a text, a message or packed numbers.
    case counted = 2
    /// 4 bytes.
    case fixed32 = 5
  }

  var number: Int
  var form: Form
  /// Of its first byte in the file.
  var position: Int
}

/// Reads one message of protobuf's wire format: fields in their order, each a number, a form and a value.
///
/// Whoever asks for a field must read its value, or skip it, before the next. Every length is checked against the
/// message that it stands in, so what is read never leaves the file.
struct WireReader {
  /// Messages within messages; more are an error.
  static let maximumDepth = 64

  /// Of the next byte in the file.
  private(set) var position: Int
  /// Where the message ends in the file.
  let end: Int
  private let bytes: UnsafeRawBufferPointer
  private let depth: Int
  /// What the message is, with an article.
  private let what: StaticString

  /// - Parameter bytes: the whole file, so that positions are those of the file.
  /// - Parameter range: where the message is; must lie in the file.
  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil, what: StaticString) {
    self.bytes = bytes
    let range = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
    (position, end) = (range.lowerBound, range.upperBound)
    depth = 0
    self.what = what
  }

  private init(within reader: WireReader, _ range: Range<Int>, what: StaticString) {
    bytes = reader.bytes
    (position, end) = (range.lowerBound, range.upperBound)
    depth = reader.depth + 1
    self.what = what
  }

  // MARK: - Fields

  /// The next field; nil at the end of the message.
  mutating func next() throws(NetworkFileError) -> WireField? {
    guard position < end else { return nil }
    let start = position
    let tag = try varint()
    let number = tag >> 3
    guard number >= 1, number < 1 << 29 else { throw .malformed(at: start, "a field has the number \(number)") }
    guard let form = WireField.Form(rawValue: UInt8(truncatingIfNeeded: tag & 7)) else {
      throw .malformed(at: start, "a field has a form (\(tag & 7)) that ONNX does not use")
    }
    return WireField(number: Int(truncatingIfNeeded: number), form: form, position: start)
  }

  /// Goes past a value and returns where it is: of text, messages and packed numbers without the length.
  @discardableResult
  mutating func skip(_ field: WireField) throws(NetworkFileError) -> Range<Int> {
    let start = position
    switch field.form {
    case .varint: _ = try varint()
    case .fixed64: try advance(8)
    case .fixed32: try advance(4)
    case .counted: return try counted(what)
    }
    return start..<position
  }

  /// An integer; enumerations and truth values are integers too.
  mutating func integer(_ field: WireField) throws(NetworkFileError) -> Int {
    try require(.varint, field)
    return Int(truncatingIfNeeded: try varint())
  }

  mutating func float(_ field: WireField) throws(NetworkFileError) -> Float {
    try require(.fixed32, field)
    return Float(bitPattern: try fixed32())
  }

  /// A text. Bytes that are no UTF-8 are replaced by U+FFFD.
  mutating func text(_ field: WireField, _ what: StaticString) throws(NetworkFileError) -> String {
    let range = try data(field, what)
    return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  /// Where bytes are in the file.
  mutating func data(_ field: WireField, _ what: StaticString) throws(NetworkFileError) -> Range<Int> {
    try require(.counted, field)
    return try counted(what)
  }

  /// A reader of the message that is the field's value; this reader goes past it.
  ///
  /// - Parameter what: what it is, with an article.
  mutating func message(_ field: WireField, _ what: StaticString) throws(NetworkFileError) -> WireReader {
    let range = try data(field, what)
    guard depth < Self.maximumDepth else {
      throw .tooLarge(at: field.position, "more than \(Self.maximumDepth) messages stand within each other")
    }
    return WireReader(within: self, range, what: what)
  }

  // MARK: - Lists of numbers

  /// Calls `body` with the bits of every number of a field that can be repeated: one number, or any amount packed.
  @inline(__always)
  mutating func numbers(
    _ field: WireField, _ form: WireField.Form, _ body: (UInt64) throws(NetworkFileError) -> Void
  ) throws(NetworkFileError) {
    guard field.form != form else {
      try body(try number(form))
      return
    }
    let range = try data(field, what)
    var packed = WireReader(within: self, range, what: "packed numbers")
    while packed.position < packed.end { try body(try packed.number(form)) }
  }

  /// Appends the integers of a field that can be repeated.
  ///
  /// - Parameters:
  ///   - limit: more integers than this in the list are an error.
  ///   - plural: what they are.
  mutating func integers(
    _ field: WireField, to list: inout [Int], limit: Int, _ plural: StaticString
  ) throws(NetworkFileError) {
    try numbers(field, .varint) { bits throws(NetworkFileError) in
      guard list.count < limit else { throw .tooLarge(at: field.position, "there are more than \(limit) \(plural)") }
      list.append(Int(truncatingIfNeeded: bits))
    }
  }

  /// Appends the numbers of a field that can be repeated; as with integers.
  mutating func floats(
    _ field: WireField, to list: inout [Float], limit: Int, _ plural: StaticString
  ) throws(NetworkFileError) {
    try numbers(field, .fixed32) { bits throws(NetworkFileError) in
      guard list.count < limit else { throw .tooLarge(at: field.position, "there are more than \(limit) \(plural)") }
      list.append(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    }
  }

  // MARK: - Bytes

  @inline(__always)
  private mutating func number(_ form: WireField.Form) throws(NetworkFileError) -> UInt64 {
    switch form {
    case .varint, .counted: try varint()
    case .fixed32: UInt64(try fixed32())
    case .fixed64: try fixed64()
    }
  }

  @inline(__always)
  private mutating func varint() throws(NetworkFileError) -> UInt64 {
    if position < end, bytes[position] < 0x80 {
      defer { position += 1 }
      return UInt64(bytes[position])
    }
    return try longVarint()
  }

  private mutating func longVarint() throws(NetworkFileError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for index in 0..<10 {
      guard position < end else { throw ends(at: start, what) }
      let byte = bytes[position]
      position += 1
      // The tenth byte has the last of 64 bits.
      if index == 9, byte > 1 { break }
      value |= UInt64(byte & 0x7F) << UInt64(7 * index)
      if byte < 0x80 { return value }
    }
    throw .malformed(at: start, "an integer has more than 64 bits")
  }

  private mutating func fixed32() throws(NetworkFileError) -> UInt32 {
    let start = position
    try advance(4)
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
  }

  private mutating func fixed64() throws(NetworkFileError) -> UInt64 {
    let start = position
    try advance(8)
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
  }

  private mutating func advance(_ amount: Int) throws(NetworkFileError) {
    guard end - position >= amount else { throw ends(at: position, what) }
    position += amount
  }

  private mutating func counted(_ what: StaticString) throws(NetworkFileError) -> Range<Int> {
    let start = position
    let length = try varint()
    guard length <= UInt64(end - position) else { throw ends(at: start, what) }
    let range = position..<position + Int(truncatingIfNeeded: length)
    position = range.upperBound
    return range
  }

  private func require(_ form: WireField.Form, _ field: WireField) throws(NetworkFileError) {
    guard field.form == form else {
      throw .malformed(at: field.position, "field \(field.number) of \(what) has the form of another")
    }
  }

  /// Something does not end before its message. Only the outermost message ends with the file: a message within it has
  /// been found whole before it was read.
  private func ends(at position: Int, _ what: StaticString) -> NetworkFileError {
    guard depth == 0 else { return .malformed(at: position, "\(what) is longer than what it is a part of") }
    return NetworkFileError(
      .truncated, "ends in the middle of \(what): it was not written or copied to its end", position: position)
  }
}
