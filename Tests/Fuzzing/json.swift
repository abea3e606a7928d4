@testable import Files

/// Values that are read are written and read again as themselves; what can be skipped can be read, and the other way
/// round; an error says where.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: bytes, count: count))
  let skipped = Result { () throws(FileError) in
    var reader = JSONReader(ByteStream(bytes), name: "input")
    while try reader.next() != nil { try reader.skip() }
  }
  do {
    let text = try written(bytes)
    guard (try? skipped.get()) != nil else { preconditionFailure("\(text) can be read and not skipped") }
    guard let again = try? written(Array(text.utf8)), again == text else {
      preconditionFailure("\(text) is read as another")
    }
    // Values that are held whole are the same values.
    var reader = JSONReader(ByteStream(bytes), name: "input")
    while try reader.next() != nil {
      let whole = try reader.value()
      var second = JSONReader(ByteStream(Array(whole.text.utf8)), name: "input")
      guard let again = try? second.value(), again == whole else {
        preconditionFailure("\(whole.text) is read as another")
      }
    }
  } catch {
    precondition(error.code == .malformed && error.reason.hasPrefix("input, line "))
  }
  return 0
}

/// All values of a text, a line each, as they were understood.
private func written(_ bytes: [UInt8]) throws(FileError) -> String {
  var reader = JSONReader(ByteStream(bytes), name: "input")
  var text = ""
  while try reader.next() != nil { text += try value(&reader) + "\n" }
  return text
}

private func value(_ reader: inout JSONReader) throws(FileError) -> String {
  switch try reader.next() {
  case .object:
    var members: [String] = []
    try reader.object { reader, key throws(FileError) in members.append(quoted(key) + ":" + (try value(&reader))) }
    return "{" + members.joined(separator: ",") + "}"
  case .array:
    var elements: [String] = []
    try reader.array { reader throws(FileError) in elements.append(try value(&reader)) }
    return "[" + elements.joined(separator: ",") + "]"
  case .string: return quoted(try reader.string())
  case .number:
    let number = try reader.number()
    return number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : "\(number)"
  case .boolean: return try reader.boolean() ? "true" : "false"
  case .null:
    try reader.skip()
    return "null"
  case nil: throw reader.failure("a value is missing")
  }
}

private func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars.map {
    $0.value < 0x20 || $0 == "\"" || $0 == "\\" ? escaped($0.value) : String($0)
  }
  return "\"" + scalars.joined() + "\""
}

private func escaped(_ scalar: UInt32) -> String {
  let digits = String(scalar, radix: 16)
  return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
}
