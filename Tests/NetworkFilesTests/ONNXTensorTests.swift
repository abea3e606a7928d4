import NetworkFiles
import Testing

@Suite struct ONNXTensorTests {
  private static func read(_ bytes: [UInt8]) throws -> (ONNXModel, ONNXTensor) {
    let model = try ONNXModel(MappedFile(bytes, name: "'m.onnx'"))
    return (model, try #require(model.graph.initializers["w"]))
  }

  private static func error(_ bytes: [UInt8], integers: Bool = false) -> NetworkFileError? {
    do {
      let (model, tensor) = try read(bytes)
      if integers { _ = try model.integers(of: tensor) } else { _ = try model.floats(of: tensor) }
      return nil
    } catch {
      return error as? NetworkFileError
    }
  }

  /// A type, two numbers as raw data, the same as a field, and what they are.
  struct TypeCase: Sendable, CustomTestStringConvertible {
    var type: Int
    var raw: [UInt8]
    var field: UInt64
    var values: [UInt64]
    var floats: [Float]
    var integers: [Int]?
    var testDescription: String { "type \(type)" }
  }

  private static let minusOne = UInt64.max

  static let types = [
    TypeCase(
      type: 1, raw: little(Float(1.5).bitPattern) + little(Float(-0.1).bitPattern), field: 4,
      values: [UInt64(Float(1.5).bitPattern), UInt64(Float(-0.1).bitPattern)], floats: [1.5, -0.1]),
    TypeCase(type: 2, raw: [255, 7], field: 5, values: [255, 7], floats: [255, 7], integers: [255, 7]),
    TypeCase(
      type: 3, raw: [0xFF, 0x80], field: 5, values: [minusOne, UInt64(bitPattern: -128)], floats: [-1, -128],
      integers: [-1, -128]),
    TypeCase(
      type: 4, raw: little(UInt16.max) + [1, 2], field: 5, values: [65535, 513], floats: [65535, 513],
      integers: [65535, 513]),
    TypeCase(
      type: 5, raw: little(Int16.min) + [1, 2], field: 5, values: [UInt64(bitPattern: -32768), 513],
      floats: [-32768, 513],
      integers: [-32768, 513]),
    TypeCase(
      type: 6, raw: little(Int32.min) + little(Int32(7)), field: 5, values: [UInt64(bitPattern: Int64(Int32.min)), 7],
      floats: [-0x1p31, 7], integers: [Int(Int32.min), 7]),
    TypeCase(
      type: 7, raw: little(Int64.min) + little(Int64(7)), field: 7, values: [1 << 63, 7], floats: [-0x1p63, 7],
      integers: [.min, 7]),
    TypeCase(type: 9, raw: [1, 0], field: 5, values: [1, 0], floats: [1, 0], integers: [1, 0]),
    TypeCase(
      type: 10, raw: little(UInt16(0x3E00)) + little(UInt16(0x8001)), field: 5, values: [0x3E00, 0x8001],
      floats: [1.5, -0x1p-24]),
    TypeCase(
      type: 11, raw: little(Double(0.1).bitPattern) + little(Double(1e300).bitPattern), field: 10,
      values: [Double(0.1).bitPattern, Double(1e300).bitPattern], floats: [0.1, .infinity]),
    TypeCase(
      type: 12, raw: little(UInt32.max) + little(UInt32(7)), field: 11, values: [UInt64(UInt32.max), 7],
      floats: [0x1p32, 7], integers: [Int(UInt32.max), 7]),
    TypeCase(
      type: 13, raw: little(UInt64(Int.max)) + little(UInt64(7)), field: 11, values: [UInt64(Int.max), 7],
      floats: [0x1p63, 7], integers: [.max, 7]),
    TypeCase(
      type: 16, raw: little(UInt16(0x3FC0)) + little(UInt16(0xC000)), field: 5, values: [0x3FC0, 0xC000],
      floats: [1.5, -2]),
  ]

  @Test(arguments: types) func everyTypeIsReadInEveryForm(_ type: TypeCase) throws {
    let packed = type.values.flatMap { type.bytes($0) }
    let forms: [(inout Message) -> Void] = [
      { $0.data(9, type.raw) }, { $0.data(type.field, packed) },
      { for value in type.values { type.write(value, &$0) } },
      {
        // A piece and one more, with something unknown between.
        $0.data(type.field, type.bytes(type.values[0]))
        $0.int(99, 5)
        type.write(type.values[1], &$0)
      },
      {
        // Of no bytes: as if it was not there.
        $0.data(9, [])
        $0.data(type.field, packed)
      },
    ]
    for form in forms {
      let (model, tensor) = try Self.read(Message.tensorModel(dimensions: [1, 2], type: type.type, initializer: form))
      #expect(tensor.dimensions == [1, 2])
      #expect(tensor.count == 2)
      #expect(try model.floats(of: tensor) == type.floats)
      #expect(tensor.elementType.isReadable)
      #expect(tensor.elementType.isInteger == (type.integers != nil))
      if let integers = type.integers { #expect(try model.integers(of: tensor) == integers) }
    }
    // One number too few or too many, in each form.
    for count in [1, 3] {
      let values = (type.values + type.values).prefix(count)
      let raw = Array((type.raw + type.raw).prefix(count * type.raw.count / 2))
      let fields = Message.tensorModel(dimensions: [2], type: type.type) {
        $0.data(type.field, values.flatMap { type.bytes($0) })
      }
      #expect(Self.error(fields)?.code == .malformed)
      let bytes = Message.tensorModel(dimensions: [2], type: type.type) { $0.data(9, raw) }
      #expect(Self.error(bytes)?.code == .malformed)
    }
    if type.integers == nil {
      let error = Self.error(
        Message.tensorModel(dimensions: [2], type: type.type, initializer: forms[0]), integers: true)
      #expect(error?.code == .unsupported)
    }
  }

  @Test func float16IsExact() throws {
    var bits: [UInt16] = []
    for number in stride(from: 0, through: 0xFFFF, by: 1) { bits.append(UInt16(number)) }
    let (model, tensor) = try Self.read(
      Message.tensorModel(dimensions: [1 << 16], type: 10) { $0.data(9, bits.flatMap { little($0) }) })
    let floats = try model.floats(of: tensor)
    #expect(floats[0x3C00] == 1)
    #expect(floats[0x7BFF] == 65504)
    #expect(floats[0x0400] == 0x1p-14)
    #expect(floats[0x03FF] == 0x1p-14 - 0x1p-24)
    #expect(floats[0x7C00] == .infinity)
    #expect(floats[0xFC00] == -.infinity)
    #expect(floats[0x7E00].isNaN)
    #expect(floats[0x8000].sign == .minus)
    #if !(os(macOS) && arch(x86_64))
      for (index, float) in floats.enumerated() {
        let expected = Float(Float16(bitPattern: bits[index]))
        #expect(expected.isNaN ? float.isNaN : expected.bitPattern == float.bitPattern)
      }
    #endif
  }

  @Test(arguments: [
    (8, "string"), (14, "complex64"), (17, "float8e4m3fn"), (22, "int4"), (0, "undefined"), (77, "a type of number 77"),
    (-1, "a type of number -1"),
  ])
  func otherTypesAreNamed(_ type: Int, _ name: String) {
    let error = Self.error(Message.tensorModel(dimensions: [1], type: type) { _ in })
    #expect(error?.code == .unsupported)
    #expect(error?.reason == "'m.onnx': the tensor 'w' holds \(name), which is not read")
  }

  @Test func emptyTensorsAndMissingNumbers() throws {
    let (model, tensor) = try Self.read(Message.tensorModel(dimensions: [3, 0, 5], type: 1) { _ in })
    #expect(try model.floats(of: tensor) == [])
    let error = Self.error(Message.tensorModel(dimensions: [2], type: 1) { _ in })
    #expect(error?.code == .unsupported)
    #expect(error?.reason == "'m.onnx': the tensor 'w' has no numbers in the file")
    // A large number is told, not cut.
    let large = Message.tensorModel(dimensions: [1], type: 13) { $0.data(9, little(UInt64.max)) }
    #expect(Self.error(large) == nil)
    #expect(Self.error(large, integers: true)?.code == .tooLarge)
  }

  @Test func dimensionsAreBounded() throws {
    func code(_ dimensions: [Int]) -> NetworkFileError.Code? {
      do throws(NetworkFileError) {
        _ = try ONNXModel(MappedFile(Message.tensorModel(dimensions: dimensions, type: 1) { _ in }))
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code([1 << 31, 1 << 9]) == nil)
    #expect(code([1 << 31, (1 << 9) + 1]) == .tooLarge)
    #expect(code([1 << 31 + 1]) == .tooLarge)
    #expect(code([.max, 0]) == .tooLarge)
    #expect(code([Int](repeating: 1 << 31, count: 16)) == .tooLarge)
    #expect(code([0] + [Int](repeating: 1 << 31, count: 15)) == nil)
    #expect(code([-1]) == .malformed)
    #expect(code([.min, 0]) == .malformed)
    #expect(code([Int](repeating: 1, count: 16)) == nil)
    #expect(code([Int](repeating: 1, count: 17)) == .tooLarge)
    // Numbers that are claimed take no memory.
    #expect(
      Self.error(Message.tensorModel(dimensions: [1 << 31, 1 << 9], type: 7) { $0.int(7, 5) })?.code == .malformed)
  }

  @Test func numbersInTwoPlacesOrInPiecesAreErrors() {
    let twice = Message.tensorModel(dimensions: [1], type: 1) {
      $0.data(9, [0, 0, 0, 0])
      $0.fixed32(4, 0)
    }
    #expect(Self.error(twice)?.reason.hasSuffix("the tensor 'w' has its numbers twice") == true)
    let other = Message.tensorModel(dimensions: [1], type: 1) { $0.int(7, 1) }
    #expect(Self.error(other)?.reason.hasSuffix("the tensor 'w' of float has numbers of another type") == true)
    let piece = Message.tensorModel(dimensions: [1], type: 1) { $0.message(3) { $0.int(1, 0) } }
    #expect(Self.error(piece)?.code == .unsupported)
    // The right field in the form of another.
    let form = Message.tensorModel(dimensions: [1], type: 1) { $0.int(4, 1) }
    #expect(Self.error(form)?.code == .malformed)
  }
}

extension ONNXTensorTests.TypeCase {
  /// A number as it is packed in its field.
  func bytes(_ value: UInt64) -> [UInt8] {
    switch field {
    case 4: little(UInt32(truncatingIfNeeded: value))
    case 10: little(value)
    case _: Message.varint(value)
    }
  }

  func write(_ value: UInt64, _ message: inout Message) {
    switch field {
    case 4: message.fixed32(4, UInt32(truncatingIfNeeded: value))
    case 10: message.fixed64(10, value)
    case _: message.int(field, Int(truncatingIfNeeded: value))
    }
  }
}
