/// Reads ONNX's messages in one pass over the file. Numbers of tensors are passed over.
struct ONNXParser {
  /// Nodes, texts, tensors and the like; more in a file are an error, so that a small file cannot ask for much memory.
  static let maximumItems = 1 << 22
  /// Numbers in lists of attributes; more in a file are an error.
  static let maximumNumbers = 1 << 26

  private var items = 0
  private var numbers = 0

  // MARK: - The model

  mutating func read(_ bytes: UnsafeRawBufferPointer, into model: inout ONNXModel) throws(NetworkFileError) {
    var reader = WireReader(bytes, what: "the model")
    var hasGraph = false
    while let field = try reader.next() {
      switch field.number {
      case 1: model.irVersion = try reader.integer(field)
      case 2: model.producerName = try reader.text(field, "the name of the program that wrote it")
      case 3: model.producerVersion = try reader.text(field, "the version of the program that wrote it")
      case 7:
        guard !hasGraph else { throw .malformed(at: field.position, "there is a second graph") }
        hasGraph = true
        model.graph = try graph(try reader.message(field, "the graph"))
      case 8: try operatorSet(try reader.message(field, "the version of the operators"), in: &model.operatorSets)
      case 14:
        let (key, value) = try entry(try reader.message(field, "a property"))
        model.metadataProperties[key] = value
      case 25: model.functions.append(try function(try reader.message(field, "a function")))
      case _: try reader.skip(field)
      }
    }
    guard hasGraph else {
      throw NetworkFileError(.notONNX, "is not an ONNX model: it has no graph")
    }
    // Before version 3 there was one version of the operators.
    if model.operatorSets.isEmpty {
      guard model.irVersion < 3 else {
        throw NetworkFileError(
          .malformed, "says no version of its operators: it was not written to its end, or not by the rules",
          position: reader.end)
      }
      model.operatorSets[""] = 1
    }
  }

  private mutating func operatorSet(
    _ message: WireReader, in sets: inout [String: Int]
  ) throws(NetworkFileError) {
    var reader = message
    let start = reader.position
    var domain = ""
    var version = 0
    try count(at: start)
    while let field = try reader.next() {
      switch field.number {
      case 1: domain = Self.domain(try reader.text(field, "a domain"))
      case 2: version = try reader.integer(field)
      case _: try reader.skip(field)
      }
    }
    if let other = sets[domain], other != version {
      throw .malformed(
        at: start, "the domain \(quoted(domain)) has the versions \(other) and \(version) at once")
    }
    sets[domain] = version
  }

  private mutating func function(_ message: WireReader) throws(NetworkFileError) -> ONNXFunction {
    var reader = message
    var function = ONNXFunction()
    try count(at: reader.position)
    while let field = try reader.next() {
      switch field.number {
      case 1: function.name = try reader.text(field, "a name")
      case 4: function.inputs.append(try name(&reader, field))
      case 5: function.outputs.append(try name(&reader, field))
      case 6: function.attributeNames.append(try name(&reader, field))
      case 7: function.nodes.append(try node(try reader.message(field, "a node")))
      case 9: try operatorSet(try reader.message(field, "the version of operators"), in: &function.operatorSets)
      case 10: function.domain = Self.domain(try reader.text(field, "a domain"))
      case 11: try attribute(try reader.message(field, "an attribute"), in: &function.attributeDefaults)
      case 12:
        let value = try value(try reader.message(field, "a value"))
        function.values[value.name] = value
      case 13: function.overload = try reader.text(field, "a name")
      case _: try reader.skip(field)
      }
    }
    return function
  }

  // MARK: - Graphs

  mutating func graph(_ message: WireReader) throws(NetworkFileError) -> ONNXGraph {
    var reader = message
    var graph = ONNXGraph()
    try count(at: reader.position)
    while let field = try reader.next() {
      switch field.number {
      case 1: graph.nodes.append(try node(try reader.message(field, "a node")))
      case 2: graph.name = try reader.text(field, "a name")
      case 5:
        let tensor = try tensor(try reader.message(field, "an initializer"))
        guard graph.initializers.updateValue(tensor, forKey: tensor.name) == nil else {
          throw .malformed(at: field.position, "there are two initializers of the name \(quoted(tensor.name))")
        }
        graph.initializerNames.append(tensor.name)
      case 11: graph.inputs.append(try value(try reader.message(field, "an input")))
      case 12: graph.outputs.append(try value(try reader.message(field, "an output")))
      case 13:
        let value = try value(try reader.message(field, "a value"))
        graph.values[value.name] = value
      case 15: graph.sparseInitializers.append(try sparseName(try reader.message(field, "a sparse initializer")))
      case _: try reader.skip(field)
      }
    }
    return graph
  }

  private mutating func node(_ message: WireReader) throws(NetworkFileError) -> ONNXNode {
    var reader = message
    var node = ONNXNode()
    try count(at: reader.position)
    while let field = try reader.next() {
      switch field.number {
      case 1: node.inputs.append(try name(&reader, field))
      case 2: node.outputs.append(try name(&reader, field))
      case 3: node.name = try reader.text(field, "a name")
      case 4: node.operation = try reader.text(field, "an operator's name")
      case 5: try attribute(try reader.message(field, "an attribute"), in: &node.attributes)
      case 7: node.domain = Self.domain(try reader.text(field, "a domain"))
      case 8: node.overload = try reader.text(field, "a name")
      case _: try reader.skip(field)
      }
    }
    return node
  }

  /// The name of a sparse tensor is that of its values.
  private mutating func sparseName(_ message: WireReader) throws(NetworkFileError) -> String {
    var reader = message
    var name = ""
    try count(at: reader.position)
    while let field = try reader.next() {
      guard field.number == 1 else {
        try reader.skip(field)
        continue
      }
      var values = try reader.message(field, "the values of a sparse initializer")
      while let field = try values.next() {
        if field.number == 8 { name = try values.text(field, "a name") } else { try values.skip(field) }
      }
    }
    return name
  }

  // MARK: - Parts of all

  mutating func name(_ reader: inout WireReader, _ field: WireField) throws(NetworkFileError) -> String {
    try count(at: field.position)
    return try reader.text(field, "a name")
  }

  /// A key and a value, of which either can be empty.
  mutating func entry(_ message: WireReader) throws(NetworkFileError) -> (key: String, value: String) {
    var reader = message
    var (key, value) = ("", "")
    try count(at: reader.position)
    while let field = try reader.next() {
      switch field.number {
      case 1: key = try reader.text(field, "a name")
      case 2: value = try reader.text(field, "a text")
      case _: try reader.skip(field)
      }
    }
    return (key, value)
  }

  /// Notes that a file has one thing more.
  mutating func count(at position: Int) throws(NetworkFileError) {
    items += 1
    guard items <= Self.maximumItems else {
      throw .tooLarge(at: position, "there are more than \(Self.maximumItems) nodes, names and tensors")
    }
  }

  /// Numbers that lists of attributes may still have.
  var remainingNumbers: Int { Self.maximumNumbers - numbers }

  /// Notes that a list of an attribute has so many numbers more.
  mutating func countNumbers(_ amount: Int) { numbers += amount }

  /// ONNX's own domain has two spellings.
  private static func domain(_ text: String) -> String { text == "ai.onnx" ? "" : text }
}
