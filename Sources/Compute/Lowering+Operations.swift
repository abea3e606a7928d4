import NetworkGraph

// What single operations become.
extension Lowering {
  // MARK: Functions

  /// A function that keeps zero, applied as its readers read; or once and for all where several would apply one that
  /// takes longer than reading a value.
  mutating func applied(_ index: Int, _ function: Function, to input: Plan.Source) -> Lowered {
    if input.activation == function, function == .relu { return settled(index, .source(input)) }
    let read = Plan.Source(buffer: plain(input).buffer, activation: function)
    let readers = readers[index]
    let isReadOnce = readers.data == 0 || readers.data == 1 && readers.convolutions == 1
    if function.isCheap || isReadOnce { return settled(index, .source(read)) }
    return settled(index, .terms([Plan.Term(kind: .identity(read))]))
  }

  /// An operand with one more function.
  mutating func applied(_ function: Function, to operand: Plan.Operand) -> Plan.Operand {
    var operand = operand
    if operand.activation != .identity, case .buffer(let buffer) = operand.place {
      operand.place = .buffer(plain(Plan.Source(buffer: buffer, activation: operand.activation)).buffer)
    }
    operand.activation = function
    return operand
  }

  /// A source as windows read it, several of which read a value: as it stands or rectified.
  mutating func pooled(_ source: Plan.Source) -> Plan.Source {
    source.activation == .relu ? source : plain(source)
  }

  /// A source that is read as it stands: a copy of one that is not.
  mutating func plain(_ source: Plan.Source) -> Plan.Source {
    guard source.activation != .identity else { return source }
    let shape = buffers[source.buffer]
    let output = buffer(shape)
    let step = appendStep([Plan.Term(kind: .identity(source))], shape, sites: [], output: output)
    makers[Plan.Source(buffer: output)] = step
    return Plan.Source(buffer: output)
  }

  // MARK: Operations

  /// A value that an operation on the network's own inputs makes.
  mutating func made(_ index: Int, by kind: Plan.Operation.Kind) -> Lowered {
    let inputs = network.operations[index].inputs
    var operands: [Plan.Operand] = []
    for input in inputs {
      var operand = operand(input)
      if !kind.appliesFunctions, operand.activation != .identity, case .buffer(let buffer) = operand.place {
        operand = Plan.Operand(
          place: .buffer(plain(Plan.Source(buffer: buffer, activation: operand.activation)).buffer))
      }
      operands.append(operand)
    }
    return made(index, by: kind, reading: operands)
  }

  mutating func made(
    _ index: Int, by kind: Plan.Operation.Kind, reading operands: [Plan.Operand]
  ) -> Lowered {
    let output = append(Plan.Operation(kind: kind, operands: operands), network.operations[index].shape)
    return settled(index, .source(Plan.Source(buffer: output)))
  }

  /// A step that carries out an operation.
  ///
  /// - Returns: its output.
  mutating func append(_ operation: Plan.Operation, _ shape: TensorShape) -> Int {
    let output = buffer(shape)
    let step = appendStep([], shape, sites: [], output: output)
    steps[step].operation = operation
    return output
  }

  mutating func operand(_ value: ValueID) -> Plan.Operand {
    if case .constant(let constant) = lowered[alias[value.index]] { return Plan.Operand(place: .constant(constant)) }
    let source = source(value) ?? zeros(value)
    return Plan.Operand(place: .buffer(source.buffer), activation: source.activation)
  }

  func isConstant(_ value: ValueID) -> Bool {
    if case .constant = lowered[alias[value.index]] { true } else { false }
  }

  /// Values one after the other along the channels.
  func concatenation(_ values: [ValueID]) -> Arrangement {
    var first = 0
    var parts: [Arrangement.Part] = []
    for (number, value) in values.enumerated() {
      let shape = network[value].shape
      let axes = [
        Arrangement.Axis(
          count: shape.positions, source: Arrangement.Step(positions: 1), target: Arrangement.Step(positions: 1)),
        Arrangement.Axis(
          count: shape.channels, source: Arrangement.Step(channels: 1), target: Arrangement.Step(channels: 1)),
      ]
      parts.append(Arrangement.Part(input: number, target: Arrangement.Step(channels: first), axes: axes))
      first += shape.channels
    }
    return Arrangement(parts: parts)
  }

  // MARK: Convolutions

  /// A convolution, with the batch normalisation that reads it: statistics, or for logits folded in.
  mutating func convolution(
    _ index: Int, _ convolution: Convolution, reading input: Plan.Source
  ) -> Lowered {
    let operation = network.operations[index]
    guard let weights = operation.weights else { return .zero }
    var branch = Plan.Branch(
      weights: weights, bias: operation.bias, convolution: convolution,
      algorithm: algorithm(convolution, of: input, output: operation.shape), output: buffer(operation.shape))
    let reader = readers[index]
    if let normalization = reader.normalization {
      if isForLogits, reader.normalizations == reader.data, reader.normalizations == 1 {
        branch.folded = normalization
        folded.insert(branch.output)
      } else {
        branch.statistics = measuredSlot(of: branch.output, normalization)
      }
    }
    return convolved(index, branch, reading: input)
  }

  /// How a convolution is carried out: where it counts, as the contract has it.
  func algorithm(
    _ convolution: Convolution, of source: Plan.Source, output: TensorShape
  ) -> Plan.Branch.Algorithm {
    let canonical = Plan.Branch.Algorithm.canonical(
      for: convolution, inputChannels: buffers[source.buffer].channels)
    // Winograd's filters are four times as many numbers as the kernel, which have to come from memory for few tiles:
    // where a processor multiplies about 8 numbers in the time that it takes to read one, it is as many tiles that are
    // worth it.
    let isWorthIt =
      isForLogits
      ? BatchStatistics.tiles(shape: output, images: images) >= 8
      : BatchStatistics.tiles(shape: output, images: 1) >= network.winogradTiles
    return isWorthIt ? canonical : .direct
  }

  /// A convolution, in the step that makes what it reads.
  mutating func convolved(_ index: Int, _ branch: Plan.Branch, reading input: Plan.Source) -> Lowered {
    var branch = branch
    let position: (step: Int, branch: Int)
    if input.activation == .identity, let parent = parents[input.buffer] {
      branch.parent = parent.branch
      steps[parent.step].branches.append(branch)
      position = (parent.step, steps[parent.step].branches.count - 1)
    } else {
      position = append(branch, reading: input)
    }
    if readers[index].sites.isEmpty, readers[index].convolutions == readers[index].data {
      parents[branch.output] = position
    }
    return settled(index, .source(Plan.Source(buffer: branch.output)))
  }

  /// A linear layer: a convolution with a kernel of the size of what it reads.
  mutating func linear(_ index: Int, outputs: Int) -> Lowered {
    let operation = network.operations[index]
    let input = source(operation.inputs[0]) ?? zeros(operation.inputs[0])
    let shape = buffers[input.buffer]
    let convolution = Convolution(outputChannels: outputs, kernel: Extent(shape.height, shape.width))
    guard let weights = operation.weights else { return .zero }
    var branch = Plan.Branch(
      weights: weights, bias: operation.bias, convolution: convolution, algorithm: .direct,
      output: buffer(operation.shape))
    if let normalization = readers[index].normalization {
      branch.statistics = measuredSlot(of: branch.output, normalization)
    }
    return convolved(index, branch, reading: input)
  }
}

extension Plan.Operation.Kind {
  /// Whether operands are read through their functions: others read a unit more than once, or as it lies in memory.
  fileprivate var appliesFunctions: Bool {
    switch self {
    case .copy, .binary: true
    case .arrangement, .matrixProduct, .normalization, .softmax, .reduction, .interpolation: false
    }
  }
}
