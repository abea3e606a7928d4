/// A network as a value: its operations in execution order, each reading only what comes before it.
public struct Network: Hashable, Sendable {
  /// In execution order: the first is the input, and each reads only what comes before it.
  public let operations: [Operation]
  /// The logits.
  public let output: ValueID

  /// Trainable parameters that no convolution, batch normalisation or linear layer takes: of layer normalisation,
  /// embeddings, scales.
  public let otherParameters: Int
  /// See `NetworkBuilder.winogradTiles`.
  public let winogradTiles: Int
  /// Which activations are sites.
  public private(set) var rule: SiteRule

  init(
    operations: [Operation], output: ValueID, otherParameters: Int = 0, winogradTiles: Int = 1, rule: SiteRule = .all
  ) {
    self.operations = operations
    self.output = output
    self.otherParameters = otherParameters
    self.winogradTiles = winogradTiles
    self.rule = rule
  }

  /// The same network with other sites.
  public func counting(_ rule: SiteRule) -> Network {
    var network = self
    network.rule = rule
    return network
  }

  /// The operation that makes a value.
  public subscript(value: ValueID) -> Operation { operations[value.index] }

  /// Shape of one input image.
  public var inputShape: TensorShape { operations[0].shape }

  /// The number of trainable parameters: weights and biases of convolutions and linear layers, each counted once
  /// however many layers share it, gamma and beta of batch normalisation, and `otherParameters`.
  public var parameterCount: Int {
    var counted: [String: Int] = [:]
    var total = otherParameters
    for operation in operations {
      if case .batchNormalization = operation.kind { total += 2 * operation.shape.channels }
      if let weights = operation.weights { counted[weights.name] = operation.shape.channels * chain(operation) }
      if let bias = operation.bias { counted[bias.name] = operation.shape.channels }
    }
    return counted.values.reduce(total, +)
  }

  /// Multiply-accumulates of convolutions and linear layers for one image. As in NAS-Bench-201's own figures, adding
  /// the bias of a fully connected layer counts too. Products of two values, as in attention, do not count.
  public var multiplyAccumulates: Int {
    operations.reduce(0) { total, operation in
      switch operation.kind {
      case .convolution: total + operation.shape.count * chain(operation)
      case .linear(let outputs): total + (chain(operation) + 1) * outputs
      default: total
      }
    }
  }

  /// Products that an output of a convolution or a linear layer sums.
  private func chain(_ operation: Operation) -> Int {
    switch operation.kind {
    case .convolution(let convolution):
      self[operation.inputs[0]].shape.channels / convolution.groups * convolution.kernel.area
    case .linear: self[operation.inputs[0]].shape.count
    default: 0
    }
  }

  /// The sites in execution order.
  public var sites: [ValueID] {
    operations.indices.filter { index in
      guard case .activation(let activation) = operations[index].kind else { return false }
      return rule == .all || activation.name.isRectifier
    }.map(ValueID.init)
  }

  /// The names of the sites' functions.
  public var siteFunctions: [String] {
    sites.compactMap { site in
      if case .activation(let activation) = self[site].kind { activation.name.rawValue } else { nil }
    }
  }

  /// Units of all sites together, for one image.
  public var siteUnits: Int { sites.reduce(0) { $0 + self[$1].shape.count } }

  /// For every operation, whether the output depends on it.
  public var reachesOutput: [Bool] {
    var reached = [Bool](repeating: false, count: operations.count)
    reached[output.index] = true
    for index in operations.indices.reversed() where reached[index] {
      for input in operations[index].inputs { reached[input.index] = true }
    }
    return reached
  }
}

/// Which calls of activation functions are sites.
public enum SiteRule: String, Hashable, Sendable, CaseIterable, Codable {
  /// All of them, whatever the function.
  case all
  /// Those with ReLU in their names, as in the papers.
  case relu
}

extension Network {
  /// A hash of the operations, their shapes and names, and the numbers of constants: 16 hexadecimal digits. Networks
  /// with the same one are the same.
  public var digest: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ text: String) {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0x1F) &* 0x100_0000_01B3
    }
    for operation in operations {
      add("\(operation.kind) \(operation.shape) \(operation.inputs.map(\.index))")
      // Names are streams of weights and permutations.
      add(operation.weights?.name ?? "")
      add(operation.bias?.name ?? "")
      if case .activation = operation.kind { add(operation.name) }
    }
    add("\(output.index) \(otherParameters)")
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
