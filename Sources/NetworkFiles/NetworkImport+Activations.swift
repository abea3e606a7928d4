import Foundation
import NetworkGraph

// Functions of each value: activations, which are sites, and others, which are none.
extension NetworkImport {
  /// Carries out a function of each value.
  ///
  /// - Returns: whether the node at hand is one.
  mutating func activation() throws(NetworkFileError) -> Bool {
    switch node.operation {
    case "Relu": try activate(.relu)
    case "LeakyRelu": try activate(.leakyReLU(slope: float("alpha") ?? 0.01))
    case "PRelu": try rectifyWithSlopes()
    case "Elu": try activate(.elu(alpha: float("alpha") ?? 1))
    case "Celu": try activate(.celu(alpha: float("alpha") ?? 1))
    case "Selu":
      try activate(.selu(alpha: float("alpha") ?? 1.673_263_2, gamma: float("gamma") ?? 1.050_701))
    case "Mish": try activate(.mish)
    case "HardSwish": try activate(.hardSwish)
    case "Gelu":
      try activate(text("approximate") == "tanh" ? Activation(.gelu, .geluTanh) : .gelu)
    case "Swish":
      guard float("alpha") ?? 1 == 1 else { throw unsupported("an alpha other than 1") }
      try activate(.silu)
    case "Clip":
      let (lower, upper) = (try clipBound("min", 1), try clipBound("max", 2))
      if graph.namesSites, lower == 0, node.name.hasPrefix("activation."), upper != 6 {
        // Whatever the upper bound, the reference calls it so.
        try activate(Activation(.relu6, .clip(lower: 0, upper: Float(upper ?? .infinity))))
      } else if lower == 0, upper == 6 {
        if try hardSwish() { return true }
        try activate(.relu6)
      } else {
        try apply(.clip(lower: Float(lower ?? -.infinity), upper: Float(upper ?? .infinity)))
      }
    case "Sigmoid":
      if try gated(.silu) { return true }
      try apply(.sigmoid)
    case "HardSigmoid":
      let (slope, offset) = (float("alpha") ?? 0.2, float("beta") ?? 0.5)
      if abs(slope - 1 / 6) < 1e-3, offset == 0.5, try gated(.hardSwish) { return true }
      try apply(.hardSigmoid(slope: slope, offset: offset))
    case "Softplus": return try mish()
    case "Erf":
      if try gaussian() { return true }
      try apply(.errorFunction)
    case "Tanh":
      if try gaussianWithTanh() { return true }
      try apply(.tanh)
    case "Exp": try apply(.exponential)
    case "Sqrt": try apply(.squareRoot)
    case "Reciprocal": try apply(.reciprocal)
    case "Abs": try apply(.absolute)
    case "Neg": try apply(.negative)
    default: return false
    }
    return true
  }

  /// A call of an activation function, or in a file of `epads.export` the same function where it is none.
  private mutating func activate(_ activation: Activation) throws(NetworkFileError) {
    set(try activated(try view(0), activation))
  }

  private mutating func activated(
    _ view: TensorView, _ activation: Activation, isSite: Bool? = nil
  ) throws(NetworkFileError) -> TensorView {
    guard isSite ?? (!graph.namesSites || node.name.hasPrefix("activation.")) else {
      let name = node.name
      return try unitwise(view) { $0.function(name, of: $1, activation.function) }
    }
    let name = "activation.\(siteCount)"
    siteCount += 1
    // rrelu and the like are written as what they are in evaluation mode.
    var activation = activation
    if graph.namesSites, let own = node.name.split(separator: ".").dropFirst(2).first,
      let called = Activation.Name(rawValue: String(own))
    {
      activation.name = called
    }
    let called = activation
    return try unitwise(view) { $0.activation(name, of: $1, called) }
  }

  private mutating func apply(_ function: Function) throws(NetworkFileError) {
    let name = node.name
    set(try unitwise(try view(0)) { $0.function(name, of: $1, function) })
  }

  /// One slope, or one a channel.
  private mutating func rectifyWithSlopes() throws(NetworkFileError) {
    let item = try item(1)
    count(item)
    let view = try view(0)
    if case .parameter(let parameter) = item, !isStored(parameter) {
      set(try activated(view, .prelu()))
      return
    }
    guard let slopes = try host(item) else { throw unsupported("slopes that depend on the images") }
    if let slope = slopes.scalar { return set(try activated(view, .prelu(slope: Float(slope)))) }
    // max(x, 0) + slope min(x, 0), a slope each.
    let name = node.name
    let positive = try activated(view, Activation(.prelu, .relu))
    let below = try unitwise(view) { $0.function(name, of: $1, .clip(lower: -.infinity, upper: 0)) }
    set(try combined(positive, try combined(below, slopes, .multiply, isLeft: true), .add))
  }

  // MARK: Functions that are written as several nodes

  /// The factor that stays of a two-input node when one input is known by name.
  private func other(_ node: ONNXNode, than name: String) -> String? {
    guard node.inputs.count == 2, node.inputs.contains(name), node.inputs[0] != node.inputs[1] else { return nil }
    return node.inputs[0] == name ? node.inputs[1] : node.inputs[0]
  }

  /// The node that alone reads a name, where it is such an operator.
  private func next(_ name: String?, _ operation: String) -> (index: Int, node: ONNXNode)? {
    guard let name, let index = graph.reader(of: name), graph.nodes[index].operation == operation else { return nil }
    return (index, graph.nodes[index])
  }

  private func scalar(_ name: String?) -> Double? {
    guard let name, let item = items[name], !item.isView else { return nil }
    return (try? host(item))?.scalar
  }

  private func isClose(_ value: Double?, _ expected: Double) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= 1e-3 * abs(expected)
  }

  /// Stands for several nodes: their last output is the activation of a value.
  private mutating func stand(
    for nodes: [Int], output: String?, _ source: String, _ activation: Activation
  ) throws(NetworkFileError) {
    guard let output, case .view(let view)? = items[source] else { throw malformed("it reads '\(source)'") }
    items[output] = .view(try activated(view, activation, isSite: true))
    done.formUnion(nodes)
  }

  /// In files of other exporters a pattern is a call; `epads.export` names calls.
  private var isNamedCall: Bool { !graph.namesSites || node.name.hasPrefix("activation.") }

  /// x sigmoid(x), or x hard-sigmoid(x): the gate at hand and a product with what it reads.
  private mutating func gated(_ activation: Activation) throws(NetworkFileError) -> Bool {
    guard isNamedCall, let gate = node.outputs.first, let source = input(0),
      let product = graph.readers[gate]?.first(where: { index in
        index >= 0 && graph.nodes[index].operation == "Mul" && other(graph.nodes[index], than: gate) == source
      })
    else { return false }
    let output = graph.nodes[product].outputs.first
    // Others may read the gate itself.
    if graph.readers[gate]?.count != 1 {
      try apply(activation == .silu ? .sigmoid : .hardSigmoid(slope: 1 / 6, offset: 0.5))
    }
    try stand(for: [product], output: output, source, activation)
    return true
  }

  /// x min(max(x + 3, 0), 6) / 6 as PaddlePaddle and old exporters write it: the clip at hand, an addition before it, a
  /// product with x and a division by 6 behind it.
  private mutating func hardSwish() throws(NetworkFileError) -> Bool {
    guard isNamedCall, let shifted = input(0), let maker = graph.makers[shifted],
      graph.nodes[maker].operation == "Add",
      let source = graph.nodes[maker].inputs.first(where: { items[$0]?.isView ?? false }),
      scalar(other(graph.nodes[maker], than: source)) == 3, let clipped = node.outputs.first
    else { return false }
    func isSixth(_ node: ONNXNode, _ name: String) -> Bool {
      let factor = scalar(other(node, than: name))
      return node.operation == "Div" && node.inputs.first == name ? factor == 6 : isClose(factor, 1 / 6)
    }
    // Either product first.
    if let product = next(clipped, "Mul"), other(product.node, than: clipped) == source,
      let result = product.node.outputs.first,
      let last = next(result, "Div") ?? next(result, "Mul"), isSixth(last.node, result)
    {
      try stand(for: [product.index, last.index], output: last.node.outputs.first, source, .hardSwish)
      return true
    }
    if let share = next(clipped, "Div") ?? next(clipped, "Mul"), isSixth(share.node, clipped),
      let gate = share.node.outputs.first, let product = next(gate, "Mul"),
      other(product.node, than: gate) == source
    {
      try stand(for: [share.index, product.index], output: product.node.outputs.first, source, .hardSwish)
      return true
    }
    return false
  }

  /// x tanh(softplus(x)).
  private mutating func mish() throws(NetworkFileError) -> Bool {
    guard let source = input(0), let tanh = next(node.outputs.first, "Tanh"), let gate = tanh.node.outputs.first,
      let product = next(gate, "Mul"), other(product.node, than: gate) == source
    else { return false }
    try stand(for: [tanh.index, product.index], output: product.node.outputs.first, source, .mish)
    return true
  }

  /// 0.5 x (1 + erf(x / sqrt(2))) in any order: the error function at hand.
  private mutating func gaussian() throws(NetworkFileError) -> Bool {
    guard let scaled = input(0), let maker = graph.makers[scaled] else { return false }
    let before = graph.nodes[maker]
    guard let source = before.inputs.first(where: { items[$0]?.isView ?? false }) else { return false }
    let factor = scalar(other(before, than: source))
    guard
      before.operation == "Div" && isClose(factor, 2.0.squareRoot())
        || before.operation == "Mul" && isClose(factor, 0.5.squareRoot())
    else { return false }
    return try halfProduct(source, behind: node.outputs.first, .gelu)
  }

  /// The same with tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
  private mutating func gaussianWithTanh() throws(NetworkFileError) -> Bool {
    guard let scaled = input(0), let maker = graph.makers[scaled], graph.nodes[maker].operation == "Mul",
      let sum = graph.nodes[maker].inputs.first(where: { items[$0]?.isView ?? false }),
      isClose(scalar(other(graph.nodes[maker], than: sum)), (2 / Double.pi).squareRoot()),
      let adder = graph.makers[sum], graph.nodes[adder].operation == "Add"
    else { return false }
    for source in graph.nodes[adder].inputs {
      if try halfProduct(source, behind: node.outputs.first, Activation(.gelu, .geluTanh)) { return true }
    }
    return false
  }

  /// What follows a gate: 1 is added, and x and 0.5 are multiplied in any order.
  private mutating func halfProduct(
    _ source: String, behind gate: String?, _ activation: Activation
  ) throws(NetworkFileError) -> Bool {
    guard isNamedCall, let gate, let adder = next(gate, "Add"), scalar(other(adder.node, than: gate)) == 1,
      let sum = adder.node.outputs.first, let product = next(sum, "Mul"),
      let factor = other(product.node, than: sum), let result = product.node.outputs.first
    else { return false }
    // (1 + erf) x, then a half.
    if factor == source, let last = next(result, "Mul") ?? next(result, "Div"),
      scalar(other(last.node, than: result)) == (last.node.operation == "Mul" ? 0.5 : 2)
    {
      try stand(
        for: [adder.index, product.index, last.index], output: last.node.outputs.first, source, activation)
      return true
    }
    // (1 + erf) 0.5, then x.
    if scalar(factor) == 0.5, let last = next(result, "Mul"), other(last.node, than: result) == source {
      try stand(
        for: [adder.index, product.index, last.index], output: last.node.outputs.first, source, activation)
      return true
    }
    // (1 + erf) times x / 2, which was made before.
    if let maker = graph.makers[factor], graph.nodes[maker].inputs.contains(source),
      scalar(other(graph.nodes[maker], than: source)) == (graph.nodes[maker].operation == "Mul" ? 0.5 : 2)
    {
      try stand(for: [adder.index, product.index], output: product.node.outputs.first, source, activation)
      return true
    }
    return false
  }
}

extension NetworkImport.Item {
  var isView: Bool { if case .view = self { true } else { false } }
}
