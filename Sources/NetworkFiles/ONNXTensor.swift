/// A tensor of a file. Its numbers stay in the file until someone asks for them.
package struct ONNXTensor: Sendable {
  package var name = ""
  /// Outermost first; none for a single number.
  package var dimensions: [Int] = []
  package var elementType = ONNXElementType.undefined
  package var payload = ONNXPayload.missing
  /// The product of the dimensions: 1 for a single number.
  package var count = 1

  /// More elements are an error.
  package static let maximumCount = 1 << 40
  /// A larger dimension is an error.
  package static let maximumDimension = 1 << 31
  /// More dimensions are an error.
  package static let maximumRank = 16

  /// The number of elements; nil where it, or a dimension, is more than is read. No dimension may be negative.
  static func count(of dimensions: [Int]) -> Int? {
    guard dimensions.allSatisfy({ $0 <= maximumDimension }) else { return nil }
    if dimensions.contains(0) { return 0 }
    var count = 1
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= maximumCount else { return nil }
      count = product
    }
    return count
  }
}

/// Where the numbers of a tensor are.
package enum ONNXPayload: Hashable, Sendable {
  /// Nowhere: the file was written without them, or there are none.
  case missing
  /// In these bytes of the file, little endian, one after the other.
  case raw(Range<Int>)
  /// In the fields of a number within a message that has these bytes of the file.
  case fields(Int, message: Range<Int>)
  /// In another file: its path from the folder of the model, and the bytes in it. Without a length, as many as there
  /// are elements.
  case external(location: String, offset: Int, length: Int?)
}

/// What the elements of a tensor are.
package struct ONNXElementType: Hashable, Sendable, CustomStringConvertible {
  /// The number that the format gives it.
  package let code: Int

  init(code: Int) { self.code = code }

  package static let undefined = ONNXElementType(code: 0)
  package static let float = ONNXElementType(code: 1)
  package static let uint8 = ONNXElementType(code: 2)
  package static let int8 = ONNXElementType(code: 3)
  package static let uint16 = ONNXElementType(code: 4)
  package static let int16 = ONNXElementType(code: 5)
  package static let int32 = ONNXElementType(code: 6)
  package static let int64 = ONNXElementType(code: 7)
  package static let string = ONNXElementType(code: 8)
  package static let bool = ONNXElementType(code: 9)
  package static let float16 = ONNXElementType(code: 10)
  package static let double = ONNXElementType(code: 11)
  package static let uint32 = ONNXElementType(code: 12)
  package static let uint64 = ONNXElementType(code: 13)
  package static let bfloat16 = ONNXElementType(code: 16)

  /// The format's name in small letters, such as `float16`.
  package var description: String {
    Self.names.indices.contains(code) ? Self.names[code] : "a type of number \(code)"
  }

  private static let names = [
    "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double",
    "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
    "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2",
  ]

  /// Whether `ONNXModel.integers(of:)` reads it.
  package var isInteger: Bool {
    switch self {
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .uint32, .uint64: true
    case _: false
    }
  }

  /// Whether `ONNXModel.floats(of:)` reads it.
  package var isReadable: Bool {
    switch self {
    case .float, .float16, .double, .bfloat16: true
    case _: isInteger
    }
  }

  /// The bytes of an element in raw data; nil for texts and for what has less than a byte.
  package var byteCount: Int? {
    switch code {
    case 2, 3, 9, 17, 18, 19, 20, 24: 1
    case 4, 5, 10, 16: 2
    case 1, 6, 12: 4
    case 7, 11, 13, 14: 8
    case 15: 16
    case _: nil
    }
  }

  /// The field of a tensor's message that holds elements where they are not raw; nil where the format has none.
  var field: (number: Int, form: WireField.Form)? {
    switch code {
    case 1, 14: (4, .fixed32)
    case 2...6, 9, 10, 16...28: (5, .varint)
    case 8: (6, .counted)
    case 7: (7, .varint)
    case 11, 15: (10, .fixed64)
    case 12, 13: (11, .varint)
    case _: nil
    }
  }
}
