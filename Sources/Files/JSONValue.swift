/// A JSON value that is held whole.
package indirect enum JSONValue: Hashable, Sendable {
  /// The members in their order; a name may stand twice.
  case object([Member])
  case array([JSONValue])
  case string(String)
  /// As it is written.
  case number(String)
  case boolean(Bool)
  case null

  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// What errors call a value of this kind.
  package var kind: String {
    switch self {
    case .object: "an object"
    case .array: "a list"
    case .string: "a text"
    case .number: "a number"
    case .boolean: "true or false"
    case .null: "null"
    }
  }

  /// A text, a number or a truth value as it is written; nil for null, an object or a list.
  package var scalar: String? {
    switch self {
    case .string(let text), .number(let text): text
    case .boolean(let value): "\(value)"
    case .null, .object, .array: nil
    }
  }

  /// The value of an object's first member of this name; nil where there is none.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The value in JSON, in one line.
  package var text: String {
    switch self {
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.name)): \($0.value.text)" }.joined(separator: ", ") + "}"
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ", ") + "]"
    case .string(let text): Self.quoted(text)
    case .number(let text): text
    case .boolean(let value): "\(value)"
    case .null: "null"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      case _: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension JSONReader {
  /// Reads the next value and holds it whole.
  package mutating func value() throws(FileError) -> JSONValue {
    switch try next() {
    case .object:
      var members: [JSONValue.Member] = []
      try object { reader, key throws(FileError) in members.append(JSONValue.Member(key, try reader.value())) }
      return .object(members)
    case .array:
      var elements: [JSONValue] = []
      try array { reader throws(FileError) in elements.append(try reader.value()) }
      return .array(elements)
    case .string: return .string(try string())
    case .number: return .number(try numberText())
    case .boolean: return .boolean(try boolean())
    case .null:
      try skip()
      return .null
    case nil: throw failure("the file ends where a value is expected")
    }
  }
}
