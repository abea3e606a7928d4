/// Numbers that are known when a network is read: shapes, indices, constants.
struct HostTensor {
  enum Kind {
    case integer
    case float
    case boolean
  }

  var shape: [Int]
  var kind: Kind
  /// Row-major. Whole numbers are exact up to 2^53; what is beyond stands for "to the end" in slices.
  var numbers: [Double]

  init(shape: [Int], kind: Kind, numbers: [Double]) {
    self.shape = shape
    self.kind = kind
    self.numbers = numbers
  }

  /// A list of whole numbers.
  init(integers: [Int]) {
    self.init(shape: [integers.count], kind: .integer, numbers: integers.map(Double.init))
  }

  var integers: [Int] {
    numbers.map { number in
      number.isNaN ? 0 : number >= 0x1p62 ? Int.max : number <= -0x1p62 ? Int.min : Int(number)
    }
  }

  var floats: [Float] { numbers.map { Float($0) } }

  /// Its only number; nil where it has several.
  var scalar: Double? { numbers.count == 1 ? numbers[0] : nil }

  /// The most numbers that are read into memory for anything but weights.
  static let limit = 1 << 24
}

extension HostTensor {
  /// Values with their axes in another order.
  static func turned(_ values: [Float], _ shape: [Int], _ axes: [Int]) -> [Float] {
    let strides = strides(shape)
    let (extents, steps) = (axes.map { shape[$0] }, axes.map { strides[$0] })
    var index = [Int](repeating: 0, count: axes.count)
    var place = 0
    return [Float](unsafeUninitializedCapacity: values.count) { result, initialized in
      for position in 0..<values.count {
        result[position] = values[place]
        var axis = axes.count - 1
        while axis >= 0 {
          index[axis] += 1
          place += steps[axis]
          if index[axis] < extents[axis] { break }
          place -= steps[axis] * extents[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      initialized = values.count
    }
  }
}

extension ONNXTensor {
  /// The numbers of a tensor of a file.
  ///
  /// - Throws: where they are not in the file or beside it, of a type that nothing is made of, or too many.
  func numbers(of model: ONNXModel) throws(NetworkFileError) -> HostTensor {
    guard count <= HostTensor.limit else {
      throw NetworkFileError(.tooLarge, "the tensor '\(name)' has \(count) values")
    }
    if elementType.isInteger || elementType == .bool {
      let numbers = try model.integers(of: self, externalFolder: model.file.folder)
      return HostTensor(
        shape: dimensions, kind: elementType == .bool ? .boolean : .integer, numbers: numbers.map(Double.init))
    }
    let numbers = try model.floats(of: self, externalFolder: model.file.folder)
    return HostTensor(shape: dimensions, kind: .float, numbers: numbers.map(Double.init))
  }

  /// Whether its numbers are in the file itself.
  var hasNumbers: Bool {
    switch payload {
    case .missing: count == 0
    case .external: false
    case .raw, .fields: true
    }
  }
}

extension ONNXTensor {
  /// What tells the values from all others: what they are, and a hash of the bytes where they lie in the file.
  func key(of model: ONNXModel, _ axes: [Int]) -> String {
    let order = axes == Array(axes.indices) ? "" : axes.map(String.init).joined()
    let what = "\(name).\(dimensions).\(elementType).\(order)"
    switch payload {
    case .raw(let range), .fields(_, message: let range):
      return "\(what).\(model.file.withBytes(in: range) { Self.hash($0) })"
    case .missing, .external: return "\(model.file.name).\(what)"
    }
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var place = 0
    while place + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* 0x100_0000_01B3
      hash ^= hash >> 32
      place += 8
    }
    while place < bytes.count {
      hash = (hash ^ UInt64(bytes[place])) &* 0x100_0000_01B3
      place += 1
    }
    return hash
  }
}
