/// A network as a value: its operations in execution order, each reading only what comes before it.
public struct Network: Hashable, Sendable {
  /// In execution order: the first is the input, and each reads only what comes before it.
  public let operations: [Operation]
  /// The logits.
  public let output: ValueID

  init(operations: [Operation], output: ValueID) {
    self.operations = operations
    self.output = output
  }

  /// The operation that makes a value.
  public subscript(value: ValueID) -> Operation { operations[value.index] }

  /// Shape of one input image.
  public var inputShape: TensorShape { operations[0].shape }

  /// The number of trainable parameters: convolutions, batch normalisation (gamma and beta) and linear layers with
  /// bias.
  public var parameterCount: Int {
    operations.reduce(0) { total, operation in
      switch operation.kind {
      case .convolution(let convolution):
        total + operation.shape.channels * chain(operation, convolution)
      case .batchNormalization: total + 2 * operation.shape.channels
      case .linear(let outputs): total + (self[operation.inputs[0]].shape.count + 1) * outputs
      case .input, .relu, .averagePool, .maxPool, .add, .concatenation, .zero, .globalAveragePool: total
      }
    }
  }

  /// Multiply-accumulates of convolutions and linear layers for one image. As in NAS-Bench-201's own figures, adding
  /// the bias of a linear layer counts too.
  public var multiplyAccumulates: Int {
    operations.reduce(0) { total, operation in
      switch operation.kind {
      case .convolution(let convolution):
        total + operation.shape.count * chain(operation, convolution)
      case .linear(let outputs): total + (self[operation.inputs[0]].shape.count + 1) * outputs
      case .input, .batchNormalization, .relu, .averagePool, .maxPool, .add, .concatenation, .zero, .globalAveragePool:
        total
      }
    }
  }

  /// Products that an output of a convolution sums.
  private func chain(_ operation: Operation, _ convolution: Convolution) -> Int {
    self[operation.inputs[0]].shape.channels / convolution.groups * convolution.kernel.area
  }

  /// The ReLU sites in execution order.
  public var relus: [ValueID] {
    operations.indices.filter { operations[$0].kind == .relu }.map(ValueID.init)
  }

  /// Units of all ReLU sites together, for one image.
  public var reluUnits: Int { relus.reduce(0) { $0 + self[$1].shape.count } }

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
