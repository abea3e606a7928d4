extension ONNXParser {
  // MARK: - Attributes

  /// Reads an attribute and puts it among others.
  mutating func attribute(
    _ message: WireReader, in attributes: inout [String: ONNXAttribute]
  ) throws(NetworkFileError) {
    let start = message.position
    let (name, value) = try attribute(message)
    guard attributes.updateValue(value, forKey: name) == nil else {
      throw .malformed(at: start, "there are two attributes of the name \(quoted(name)) at one place")
    }
  }

  private mutating func attribute(_ message: WireReader) throws(NetworkFileError) -> (String, ONNXAttribute) {
    var reader = message
    var parts = AttributeParts()
    try count(at: reader.position)
    while let field = try reader.next() {
      if let kind = AttributeKind(field: field.number) { parts.found |= 1 << kind.rawValue }
      switch field.number {
      case 1: parts.name = try reader.text(field, "a name")
      case 2: parts.float = try reader.float(field)
      case 3: parts.int = try reader.integer(field)
      case 4: parts.string = try reader.text(field, "a text")
      case 5: parts.tensor = try tensor(try reader.message(field, "a tensor"))
      case 6: parts.graph = try graph(try reader.message(field, "a graph in a node"))
      case 7:
        let (before, limit) = (parts.floats.count, remainingNumbers)
        try reader.floats(field, to: &parts.floats, limit: before + limit, "numbers in attributes")
        countNumbers(parts.floats.count - before)
      case 8:
        let (before, limit) = (parts.ints.count, remainingNumbers)
        try reader.integers(field, to: &parts.ints, limit: before + limit, "numbers in attributes")
        countNumbers(parts.ints.count - before)
      case 9: parts.strings.append(try name(&reader, field))
      case 20: parts.kind = try reader.integer(field)
      case 21: parts.reference = try reader.text(field, "a name")
      case _: try reader.skip(field)
      }
    }
    return (parts.name, try parts.value(at: message.position))
  }

  // MARK: - Tensors

  mutating func tensor(_ message: WireReader) throws(NetworkFileError) -> ONNXTensor {
    var reader = message
    let start = reader.position
    var tensor = ONNXTensor()
    var parts = TensorParts(message: start..<reader.end)
    try count(at: start)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        try reader.integers(field, to: &tensor.dimensions, limit: ONNXTensor.maximumRank, "dimensions of a tensor")
      case 2: tensor.elementType = ONNXElementType(code: try reader.integer(field))
      case 3:
        try reader.skip(field)
        parts.isSegment = true
      case 4, 5, 6, 7, 10, 11:
        // Packed numbers can be none; a text can be empty.
        let place = try reader.skip(field)
        if field.number == 6 || !place.isEmpty { parts.fields |= 1 << field.number }
      case 8: tensor.name = try reader.text(field, "a name")
      case 9: parts.raw = try reader.data(field, "the numbers of a tensor")
      case 13:
        let (key, value) = try entry(try reader.message(field, "the place of a tensor's numbers"))
        parts.external[key] = value
      case 14: parts.isExternal = try reader.integer(field) == 1
      case _: try reader.skip(field)
      }
    }
    try parts.complete(&tensor)
    return tensor
  }

  // MARK: - Types

  mutating func value(_ message: WireReader) throws(NetworkFileError) -> ONNXValue {
    var reader = message
    var value = ONNXValue()
    try count(at: reader.position)
    while let field = try reader.next() {
      switch field.number {
      case 1: value.name = try reader.text(field, "a name")
      case 2:
        var type = try reader.message(field, "the type of a value")
        while let field = try type.next() {
          // Sequences, maps and the like have other fields.
          guard field.number == 1 else {
            try type.skip(field)
            continue
          }
          try tensorType(try type.message(field, "the type of a tensor"), of: &value)
        }
      case _: try reader.skip(field)
      }
    }
    return value
  }

  private mutating func tensorType(_ message: WireReader, of value: inout ONNXValue) throws(NetworkFileError) {
    var reader = message
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let type = ONNXElementType(code: try reader.integer(field))
        value.elementType = type == .undefined ? nil : type
      case 2: value.dimensions = try shape(try reader.message(field, "a shape"))
      case _: try reader.skip(field)
      }
    }
  }

  private mutating func shape(_ message: WireReader) throws(NetworkFileError) -> [ONNXDimension] {
    var reader = message
    var dimensions: [ONNXDimension] = []
    while let field = try reader.next() {
      guard field.number == 1 else {
        try reader.skip(field)
        continue
      }
      guard dimensions.count < ONNXTensor.maximumRank else {
        throw .tooLarge(at: field.position, "a shape has more than \(ONNXTensor.maximumRank) dimensions")
      }
      dimensions.append(try dimension(try reader.message(field, "a dimension")))
    }
    return dimensions
  }

  private mutating func dimension(_ message: WireReader) throws(NetworkFileError) -> ONNXDimension {
    var reader = message
    var dimension = ONNXDimension.unknown
    try count(at: reader.position)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let size = try reader.integer(field)
        guard size <= ONNXTensor.maximumDimension else {
          throw .tooLarge(at: field.position, "a dimension of \(size); at most 2^31 is read")
        }
        // Some programs write -1 for a size that they do not know.
        dimension = size < 0 ? .unknown : .fixed(size)
      case 2:
        let name = try reader.text(field, "a name")
        dimension = name.isEmpty ? .unknown : .symbolic(name)
      case _: try reader.skip(field)
      }
    }
    return dimension
  }
}

/// The kinds of attributes, by the format's numbers.
private enum AttributeKind: Int {
  case float = 1
  case int, string, tensor, graph, floats, ints, strings, tensors, graphs, sparseTensor, sparseTensors, type, types

  /// The kind that a field holds values of.
  init?(field: Int) {
    switch field {
    case 2: self = .float
    case 3: self = .int
    case 4: self = .string
    case 5: self = .tensor
    case 6: self = .graph
    case 7: self = .floats
    case 8: self = .ints
    case 9: self = .strings
    case 10: self = .tensors
    case 11: self = .graphs
    case 14: self = .type
    case 15: self = .types
    case 22: self = .sparseTensor
    case 23: self = .sparseTensors
    case _: return nil
    }
  }
}

/// What an attribute's message has; its kind can come after its value.
private struct AttributeParts {
  var name = ""
  /// As the file has it; 0 and nothing are the same.
  var kind = 0
  var reference = ""
  /// A bit for each kind that there are values of.
  var found: UInt32 = 0
  var float: Float = 0
  var int = 0
  var string = ""
  var tensor: ONNXTensor?
  var graph: ONNXGraph?
  var floats: [Float] = []
  var ints: [Int] = []
  var strings: [String] = []

  /// A value that is missing is zero or empty: some programs do not write those.
  func value(at position: Int) throws(NetworkFileError) -> ONNXAttribute {
    if !reference.isEmpty { return .reference(reference) }
    // The oldest files have no kind.
    guard let kind = AttributeKind(rawValue: kind == 0 ? found.trailingZeroBitCount : kind) else {
      return .unsupported(kind == 0 ? "nothing" : "a kind of value of number \(kind)")
    }
    guard found & ~(1 << kind.rawValue) == 0 else {
      throw .malformed(at: position, "the attribute \(quoted(name)) has values of two kinds")
    }
    switch kind {
    case .float: return .float(float)
    case .int: return .int(int)
    case .string: return .string(string)
    case .tensor:
      guard let tensor else { throw missing("tensor", position) }
      return .tensor(tensor)
    case .graph:
      guard let graph else { throw missing("graph", position) }
      return .graph(graph)
    case .floats: return .floats(floats)
    case .ints: return .ints(ints)
    case .strings: return .strings(strings)
    case .tensors: return .unsupported("a list of tensors")
    case .graphs: return .unsupported("a list of graphs")
    case .sparseTensor: return .unsupported("a sparse tensor")
    case .sparseTensors: return .unsupported("a list of sparse tensors")
    case .type: return .unsupported("a type")
    case .types: return .unsupported("a list of types")
    }
  }

  private func missing(_ what: String, _ position: Int) -> NetworkFileError {
    .malformed(at: position, "the attribute \(quoted(name)) has no \(what)")
  }
}

/// What a tensor's message has beside its name, type and dimensions, which can come after its numbers.
private struct TensorParts {
  var message: Range<Int>
  var raw: Range<Int>?
  /// A bit for each field that has numbers.
  var fields: UInt32 = 0
  var isSegment = false
  var isExternal = false
  var external: [String: String] = [:]

  /// Checks what is there and says where the numbers are.
  func complete(_ tensor: inout ONNXTensor) throws(NetworkFileError) {
    let name = tensor.name
    var what: String { "the tensor \(quoted(name))" }
    func malformed(_ text: String) -> NetworkFileError { .malformed(at: message.lowerBound, "\(what) \(text)") }

    if let negative = tensor.dimensions.first(where: { $0 < 0 }) { throw malformed("has a dimension of \(negative)") }
    guard let count = ONNXTensor.count(of: tensor.dimensions) else {
      throw .tooLarge(
        at: message.lowerBound,
        "\(what) has the dimensions \(tensor.dimensions); at most 2^40 elements and 2^31 a dimension are read")
    }
    tensor.count = count
    let size = tensor.elementType.byteCount.map { count * $0 }
    if isSegment {
      throw NetworkFileError(
        .unsupported, "has a piece of a tensor in \(what), which is not read", position: message.lowerBound)
    }
    if isExternal {
      tensor.payload = try place(size, malformed)
      return
    }
    // Some programs write raw data of no bytes for none.
    if let raw, !raw.isEmpty {
      guard fields == 0 else { throw malformed("has its numbers twice") }
      if let size, raw.count != size {
        throw malformed("has \(raw.count) bytes of numbers where its dimensions \(tensor.dimensions) need \(size)")
      }
      tensor.payload = .raw(raw)
    } else if fields != 0 {
      let field = tensor.elementType.field?.number ?? fields.trailingZeroBitCount
      guard fields == 1 << field else { throw malformed("of \(tensor.elementType) has numbers of another type") }
      tensor.payload = .fields(field, message: message)
    }
  }

  private func place(_ size: Int?, _ malformed: (String) -> NetworkFileError) throws(NetworkFileError) -> ONNXPayload {
    guard let location = external["location"], !location.isEmpty else {
      throw malformed("has its numbers in another file and does not say which")
    }
    func number(_ key: String) throws(NetworkFileError) -> Int? {
      guard let text = external[key], !text.isEmpty else { return nil }
      guard let number = Int(text), number >= 0 else {
        throw malformed("has its numbers in another file, at the \(key) \(quoted(text))")
      }
      return number
    }
    let length = try number("length")
    if let length, let size, length != size {
      throw malformed("has \(length) bytes in another file where its dimensions need \(size)")
    }
    return .external(location: location, offset: try number("offset") ?? 0, length: length)
  }
}
