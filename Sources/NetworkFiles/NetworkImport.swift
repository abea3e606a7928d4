import NetworkGraph

/// How the parameters of a file get their values.
public enum Initialization: String, Hashable, Sendable, CaseIterable, Codable {
  /// Drawn and set as PyTorch does it by default; what it has no rule for keeps the file's value.
  case `default`
  /// The file's values throughout.
  case file
  /// The file's values where it has them, as for a latency.
  case available
}

/// A file's nodes carried out one after the other: on numbers where they are known, else as operations of a network.
struct NetworkImport: ~Copyable {
  /// What a name stands for.
  enum Item {
    case view(TensorView)
    case host(HostTensor)
    case parameter(FileParameter)
  }

  /// A tensor of the file whose values may not be there.
  struct FileParameter {
    /// As nodes read it.
    var name: String
    /// As nodes read it.
    var shape: [Int]
    var tensor: ONNXTensor?
    /// The axes of the stored tensor, in the order in which nodes read them.
    var order: [Int]
    /// Whether `shape` is what nodes have made of these axes by taking them together or apart.
    var isReshaped = false
    /// What all of its values are, where it is no stored tensor but one filled by a node.
    var fill: Double?
  }

  let model: ONNXModel
  /// The version of the standard operators.
  let opset: Int
  let initialization: Initialization
  /// Images that the file's shapes are worked out for.
  let batch: Int
  var builder: NetworkBuilder
  var items: [String: Item] = [:]
  /// Nodes that stand for a function that is carried out as one, and are not carried out themselves.
  var done: Set<Int> = []
  var siteCount = 0
  var normalizationCount = 0
  /// Parameters of the file that are no weights, so that each is counted once.
  var counted: Set<String> = []
  let graph: GraphIndex
  /// The node at hand.
  var node = ONNXNode()
  var position = 0

  init(
    _ model: ONNXModel, initialization: Initialization, input: TensorShape, batch: Int
  ) throws(NetworkFileError) {
    self.model = model
    opset = model.operatorSets[""] ?? 1
    self.initialization = initialization
    self.batch = batch
    try Self.checkExtents(of: model.graph.inputs)
    graph = try GraphIndex(model)
    builder = NetworkBuilder(input: input)
    builder.winogradTiles = 16
    for (name, tensor) in model.graph.initializers {
      items[name] = .parameter(
        FileParameter(
          name: name, shape: tensor.dimensions, tensor: tensor, order: Array(tensor.dimensions.indices)))
    }
    for value in model.graph.inputs where items[value.name] == nil {
      if value.name == graph.image {
        let extents = [1, input.channels, input.height, input.width]
        items[value.name] = .view(TensorLayout.image(rank: 4).view(of: builder.input, extents, images: .first))
        continue
      }
      // Weights without values.
      let shape = (value.dimensions ?? []).map { if case .fixed(let size) = $0 { size } else { 0 } }
      items[value.name] = .parameter(
        FileParameter(name: value.name, shape: shape, tensor: nil, order: Array(shape.indices)))
    }
  }

  /// What a file says of its inputs is not checked against data, as there is none.
  private static func checkExtents(of inputs: [ONNXValue]) throws(NetworkFileError) {
    for value in inputs {
      let extents = (value.dimensions ?? []).map { if case .fixed(let size) = $0 { size } else { 1 } }
      guard product(extents) != nil else {
        throw NetworkFileError(.unsupported, "the input \(quoted(value.name)) is too large")
      }
    }
  }

  /// Carries out all nodes.
  ///
  /// - Returns: what the first output of the graph stands for.
  mutating func run() throws(NetworkFileError) -> ValueID {
    for index in graph.nodes.indices where !done.contains(index) {
      position = index
      node = graph.nodes[index]
      try carryOut()
    }
    guard let name = model.graph.outputs.first?.name, let item = items[name] else {
      throw NetworkFileError(.malformed, "the graph has no output")
    }
    guard case .view(let view) = item else {
      throw NetworkFileError(.unsupported, "the output '\(name)' does not depend on the images")
    }
    return try placed(view, .tokens(rank: view.axes.count), isStrict: false)
  }

  consuming func network(output: ValueID) -> Network { builder.network(output: output) }

  /// Whether a weight or bias is one of a convolution or linear layer, which PyTorch draws. Others, such as a filter
  /// that blurs or an embedding, keep their values: PyTorch's layers call theirs weight and bias.
  func isDrawn(_ parameter: FileParameter) -> Bool {
    if let drawn = graph.drawn { return drawn.contains(parameter.name[...]) }
    guard model.producerName == "pytorch", !parameter.name.hasPrefix("onnx::") else { return true }
    let last = parameter.name.split(separator: ".").last ?? ""
    return last == "weight" || last == "bias"
  }

  /// Whether a parameter that has a rule takes the file's value instead.
  func isStored(_ parameter: FileParameter) -> Bool {
    switch initialization {
    case .default: false
    case .file: true
    case .available: parameter.fill != nil || parameter.tensor?.hasNumbers ?? false
    }
  }

  // MARK: Errors

  /// The node at hand, for people.
  var title: String { "\(node.operation) node\(node.name.isEmpty ? "" : " '\(node.name)'")" }

  func unsupported(_ reason: String) -> NetworkFileError { NetworkFileError(.unsupported, "the \(title): \(reason)") }

  func malformed(_ reason: String) -> NetworkFileError { NetworkFileError(.malformed, "the \(title): \(reason)") }

  /// What the builder refuses, with the node that asked for it.
  mutating func building<Value>(
    _ body: (inout NetworkBuilder) throws(NetworkError) -> Value
  ) throws(NetworkFileError) -> Value {
    let value: Value
    do throws(NetworkError) {
      value = try body(&builder)
    } catch {
      throw unsupported(error.reason)
    }
    let shape = builder.lastShape
    _ = try checked([shape.channels, shape.height, shape.width])
    return value
  }

  /// The product of extents; nil where it is more than any tensor has.
  static func product(_ extents: [Int]) -> Int? {
    var product = 1
    for extent in extents {
      guard extent >= 0, extent <= ONNXTensor.maximumCount else { return nil }
      let (next, isTooLarge) = product.multipliedReportingOverflow(by: extent)
      guard !isTooLarge, next <= ONNXTensor.maximumCount else { return nil }
      product = next
    }
    return product
  }

  /// Refuses extents that no tensor has, before they are multiplied.
  func checked(_ extents: [Int]) throws(NetworkFileError) -> [Int] {
    guard Self.product(extents) != nil else { throw unsupported("a tensor of \(extents)") }
    return extents
  }

  // MARK: Names

  func input(_ index: Int) -> String? {
    node.inputs.indices.contains(index) && !node.inputs[index].isEmpty ? node.inputs[index] : nil
  }

  func item(_ index: Int) throws(NetworkFileError) -> Item {
    guard let name = input(index) else { throw malformed("it has no input \(index + 1)") }
    guard let item = items[name] else { throw malformed("it reads '\(name)', which nothing makes") }
    return item
  }

  /// Numbers that are known; nil for what depends on the images.
  func host(_ index: Int) throws(NetworkFileError) -> HostTensor? {
    guard input(index) != nil else { return nil }
    return try host(item(index))
  }

  func host(_ item: Item) throws(NetworkFileError) -> HostTensor? {
    switch item {
    case .host(let numbers): return numbers
    case .parameter(let parameter): return try numbers(of: parameter)
    case .view: return nil
    }
  }

  /// The values of a parameter, in the order in which nodes read them.
  func numbers(of parameter: FileParameter) throws(NetworkFileError) -> HostTensor {
    if let fill = parameter.fill, let count = HostTensor.size(parameter.shape) {
      return HostTensor(shape: parameter.shape, kind: .float, numbers: Array(repeating: fill, count: count))
    }
    guard let tensor = parameter.tensor, tensor.hasNumbers || initialization == .file else {
      throw unsupported(
        "'\(parameter.name)' keeps the file's values and the file does not hold them: export them with it")
    }
    let numbers = try tensor.numbers(of: model)
    let turned = parameter.order == Array(parameter.order.indices) ? numbers : numbers.transposed(parameter.order)
    guard parameter.isReshaped else { return turned }
    guard let result = turned.reshaped(parameter.shape) else { throw malformed("it cannot be \(parameter.shape)") }
    return result
  }

  /// What depends on the images; numbers that are known become a constant of the network.
  mutating func view(_ index: Int) throws(NetworkFileError) -> TensorView {
    let item = try item(index)
    if case .view(let view) = item { return view }
    guard let numbers = try host(item) else { throw malformed("it has no input \(index + 1)") }
    count(item)
    return try constant(numbers, .tokens(rank: numbers.shape.count))
  }

  mutating func constant(
    _ numbers: HostTensor, _ layout: TensorLayout
  ) throws(NetworkFileError) -> TensorView {
    let shape = layout.shape(numbers.shape)
    // [channel][position] of the layout.
    let turned = numbers.transposed(layout.channels + layout.positions)
    let tensor = StoredTensor(turned.floats)
    let name = node.name
    let value = try building { (builder) throws(NetworkError) in try builder.constant(name, shape, tensor) }
    return layout.view(of: value, numbers.shape, images: .none)
  }

  /// Counts a trained parameter that no layer of the network takes.
  mutating func count(_ item: Item) {
    guard case .parameter(let parameter) = item, !(parameter.tensor?.elementType.isInteger ?? false),
      parameter.tensor?.elementType != .bool, !parameter.name.hasPrefix("onnx::"), !parameter.name.hasPrefix("/"),
      counted.insert(parameter.name).inserted
    else { return }
    builder.count(parameters: parameter.shape.reduce(1, *))
  }

  mutating func set(_ item: Item, output: Int = 0) {
    guard node.outputs.indices.contains(output), !node.outputs[output].isEmpty else { return }
    items[node.outputs[output]] = item
  }

  mutating func set(_ view: TensorView) { set(.view(view)) }

  // MARK: Attributes

  func integer(_ name: String) -> Int? {
    if case .int(let value) = node.attributes[name] { value } else { nil }
  }

  func float(_ name: String) -> Float? {
    switch node.attributes[name] {
    case .float(let value): value
    case .int(let value): Float(value)
    default: nil
    }
  }

  func text(_ name: String) -> String? {
    if case .string(let value) = node.attributes[name] { value } else { nil }
  }

  func integers(_ name: String) -> [Int]? {
    if case .ints(let values) = node.attributes[name] { values } else { nil }
  }

  /// An attribute of old versions, an input of newer ones.
  func integers(_ name: String, orInput index: Int) throws(NetworkFileError) -> [Int]? {
    if let values = integers(name) { return values }
    return try host(index)?.integers
  }

  /// An axis counted from the front.
  func axis(_ axis: Int, rank: Int) throws(NetworkFileError) -> Int {
    let result = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(result) else { throw malformed("there is no axis \(axis)") }
    return result
  }
}

/// What is known of a graph before it is carried out: its image, and who reads what.
struct GraphIndex {
  /// The graph's, with those of the file's own operators in their places.
  let nodes: [ONNXNode]
  /// The name of the images.
  let image: String
  /// Their shape, as far as the file tells it.
  let imageShape: [ONNXDimension]
  /// The nodes that read a name.
  let readers: [String: [Int]]
  /// The node that makes a name.
  let makers: [String: Int]
  /// The names of all weights and biases that PyTorch draws, where the file lists them, as `epads.export` does.
  let drawn: Set<Substring>?
  /// Whether names tell which nodes are calls of activation functions, as `epads.export` writes them.
  let namesSites: Bool

  init(_ model: ONNXModel) throws(NetworkFileError) {
    let known = Set(model.graph.initializerNames)
    guard let input = model.graph.inputs.first(where: { !known.contains($0.name) }) else {
      throw NetworkFileError(.unsupported, "the graph has no input that could be images")
    }
    image = input.name
    imageShape = input.dimensions ?? []
    var functions: [String: ONNXFunction] = [:]
    for function in model.functions { functions["\(function.domain).\(function.name)"] = function }
    nodes = try Self.inlined(model.graph.nodes, functions)
    var readers: [String: [Int]] = [:]
    var makers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in Set(node.inputs) { readers[name, default: []].append(index) }
      for name in node.outputs where !name.isEmpty { makers[name] = index }
    }
    for output in model.graph.outputs { readers[output.name, default: []].append(-1) }
    self.readers = readers
    self.makers = makers
    namesSites = model.producerName == "epads"
    drawn = model.metadataProperties["epads.drawn"].map { Set($0.split(separator: "\n")) }
  }

  /// Operators that the file defines, replaced by the nodes that they stand for.
  private static func inlined(
    _ nodes: [ONNXNode], _ functions: [String: ONNXFunction], depth: Int = 0
  ) throws(NetworkFileError) -> [ONNXNode] {
    guard !functions.isEmpty else { return nodes }
    guard depth < 8 else { throw NetworkFileError(.unsupported, "the file's own operators are nested too deep") }
    var result: [ONNXNode] = []
    for (number, node) in nodes.enumerated() {
      guard !node.domain.isEmpty, let function = functions["\(node.domain).\(node.operation)"] else {
        result.append(node)
        continue
      }
      // Names inside are its own, but for what it is given and gives.
      var names: [String: String] = [:]
      for (inside, outside) in zip(function.inputs, node.inputs) { names[inside] = outside }
      for (inside, outside) in zip(function.outputs, node.outputs) { names[inside] = outside }
      let prefix = "\(node.outputs.first ?? "")#\(depth).\(number)."
      let own = function.nodes.map { inner in
        var inner = inner
        inner.inputs = inner.inputs.map { $0.isEmpty ? "" : names[$0] ?? prefix + $0 }
        inner.outputs = inner.outputs.map { $0.isEmpty ? "" : names[$0] ?? prefix + $0 }
        for (key, attribute) in inner.attributes {
          guard case .reference(let name) = attribute else { continue }
          inner.attributes[key] = node.attributes[name] ?? function.attributeDefaults[name]
        }
        if inner.name.isEmpty { inner.name = node.name }
        return inner
      }
      result += try inlined(own, functions, depth: depth + 1)
      guard result.count <= 1 << 20 else { throw NetworkFileError(.unsupported, "the file has too many nodes") }
    }
    return result
  }

  /// The only node that reads a name; nil where there are several.
  func reader(of name: String) -> Int? {
    guard let all = readers[name], all.count == 1, all[0] >= 0 else { return nil }
    return all[0]
  }
}
