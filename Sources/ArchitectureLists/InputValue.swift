package import Files

/// What a list says of an architecture in one of its columns.
public enum InputValue: Hashable, Sendable {
  case text(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
}

extension InputValue {
  /// What a cell of a table says; nil for an empty one. Digits that a number would not keep, such as those of `007`,
  /// stay a text.
  init?(cell: String) {
    guard !cell.isEmpty else { return nil }
    if let integer = Int(cell), "\(integer)" == cell {
      self = .integer(integer)
    } else if let number = Self.number(cell) {
      self = .number(number)
    } else {
      self = .text(cell)
    }
  }

  /// A finite number in plain digits, as JSON has it. Swift reads hexadecimal digits and names as well.
  private static func number(_ text: String) -> Double? {
    guard text.count <= 32, text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
      let first = text.utf8.first, first != UInt8(ascii: "+"), let number = Double(text), number.isFinite
    else { return nil }
    // `7e12` is a name as often as a number; programs write `7e+12`. Of more digits a number would lose some.
    if let exponent = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      let isWritten = text[..<exponent].contains(".") || text[exponent...].dropFirst().first?.isNumber == false
      guard isWritten else { return nil }
    }
    guard text.count(where: \.isNumber) <= 17 else { return nil }
    let digits = text.drop { $0 == "-" }
    return digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true ? nil : number
  }

  /// The value of a member; nil for null, an object or a list, which are passed over.
  package init?(_ value: JSONValue) {
    switch value {
    case .string(let text): self = .text(text)
    case .number(let text): self.init(cell: text)
    case .boolean(let value): self = .boolean(value)
    case .null, .object, .array: return nil
    }
  }

  /// The value as a cell of a table has it.
  package var cell: String {
    switch self {
    case .text(let text): text
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .boolean(let value): "\(value)"
    }
  }
}

extension InputValue: Codable {
  /// Reads a text, a number or a truth value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes the text, the number or the truth value alone.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .boolean(let value): try container.encode(value)
    }
  }
}
