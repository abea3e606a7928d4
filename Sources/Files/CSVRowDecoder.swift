// Written here because Foundation has no decoder of tables, and what this one has to know is how this program writes
// them.

/// Decodes a row of a table that this program wrote: cells by the names of their columns.
///
/// A value that JSON nests in an object has a column for each of its members: `ms_total` is `total` of `ms`, and
/// `input.acc` is `acc` of `input`. An empty cell is no value.
struct CSVRowDecoder: Decoder {
  /// The cells that are not empty, by column.
  let cells: [String: String]
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// The value at the path itself; nil where there is none.
  fileprivate var cell: String? { cells[""] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Keyed<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw failure("a table has no lists") }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

  fileprivate func failure(_ reason: String) -> DecodingError {
    DecodingError.dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: reason))
  }

  /// The cells of a member: its own, and those of the members that are nested in it.
  fileprivate func member(_ key: any CodingKey) -> CSVRowDecoder {
    let name = key.stringValue
    var inner: [String: String] = [:]
    for (column, cell) in cells {
      if column == name {
        inner[""] = cell
      } else if column.hasPrefix(name + "_") || column.hasPrefix(name + ".") {
        inner[String(column.dropFirst(name.count + 1))] = cell
      }
    }
    return CSVRowDecoder(cells: inner, codingPath: codingPath + [key])
  }

  fileprivate func value<Value: LosslessStringConvertible>(_ type: Value.Type) throws -> Value {
    guard let cell, let value = Value(cell) else { throw failure("no \(type)") }
    return value
  }

  /// The value of a member that is no object.
  fileprivate func scalar<Value: LosslessStringConvertible>(_ type: Value.Type, _ key: any CodingKey) throws -> Value {
    guard let value = cells[key.stringValue].flatMap(Value.init) else {
      throw failure("\(key.stringValue) is no \(type)")
    }
    return value
  }

  private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: CSVRowDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { decoder.cells.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool {
      decoder.cells[key.stringValue] != nil || !decoder.member(key).cells.isEmpty
    }
    func decodeNil(forKey key: Key) -> Bool { !contains(key) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder.scalar(type, key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try decoder.scalar(type, key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try decoder.scalar(type, key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try decoder.scalar(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try decoder.scalar(type, key) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      try Value(from: decoder.member(key))
    }
    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder.member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try decoder.member(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { decoder.member(key) }
  }

  private struct Single: SingleValueDecodingContainer {
    let decoder: CSVRowDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.cell == nil }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.value(type) }
    func decode(_ type: String.Type) throws -> String { try decoder.value(type) }
    /// What JSON would have without quotes: a text such as `007` or `0x10` is no number.
    func decode(_ type: Double.Type) throws -> Double {
      let value = try decoder.value(type)
      guard let digits = decoder.cell?.drop(while: { $0 == "-" }), value.isFinite,
        digits.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
        digits.first?.isNumber == true, !(digits.first == "0" && digits.dropFirst().first?.isNumber == true)
      else { throw decoder.failure("no \(type)") }
      return value
    }
    func decode(_ type: Int.Type) throws -> Int {
      let value = try decoder.value(type)
      guard decoder.cell == "\(value)" else { throw decoder.failure("no \(type)") }
      return value
    }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.value(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: decoder) }
  }
}
