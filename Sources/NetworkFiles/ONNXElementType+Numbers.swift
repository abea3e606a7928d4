extension ONNXElementType {
  /// The number that an element's bits stand for. Of a type that is smaller than the bits, the lowest of them.
  @inline(__always)
  func float(_ bits: UInt64) -> Float {
    switch self {
    case .float: Float(bitPattern: UInt32(truncatingIfNeeded: bits))
    case .double: Float(Double(bitPattern: bits))
    case .float16: Self.half(UInt16(truncatingIfNeeded: bits))
    case .bfloat16: Float(bitPattern: UInt32(truncatingIfNeeded: bits & 0xFFFF) << 16)
    case .uint64: Float(bits)
    case _: Float(integer(bits) ?? 0)
    }
  }

  /// The integer that an element's bits stand for; nil above `Int.max`.
  @inline(__always)
  func integer(_ bits: UInt64) -> Int? {
    switch self {
    case .uint8: Int(UInt8(truncatingIfNeeded: bits))
    case .int8: Int(Int8(truncatingIfNeeded: bits))
    case .uint16: Int(UInt16(truncatingIfNeeded: bits))
    case .int16: Int(Int16(truncatingIfNeeded: bits))
    case .uint32: Int(UInt32(truncatingIfNeeded: bits))
    case .int32: Int(Int32(truncatingIfNeeded: bits))
    case .uint64: Int(exactly: bits)
    case .bool: bits == 0 ? 0 : 1
    case _: Int(truncatingIfNeeded: bits)
    }
  }

  /// IEEE 754's binary16. Written here because not every platform of Swift has `Float16`.
  private static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    // Below the normal numbers steps are of 2^-24.
    case 0: return sign * Float(fraction) * 0x1p-24
    case 0x1F: return Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7F80_0000 | fraction << 13)
    case _: return Float(bitPattern: UInt32(bits & 0x8000) << 16 | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
