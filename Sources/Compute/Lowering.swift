public import NetworkGraph

extension Plan {
  /// Lowers a network to the steps that its counts or its logits need and nothing else.
  ///
  /// Constant zeros are folded away, sums are flattened (left to right, as they stand in the network), batch
  /// normalisation joins the sum that reads it, convolutions join the step that makes what they read, and a value that
  /// several ReLUs read gets one code.
  ///
  /// - Parameters:
  ///   - batch: images of the clean half, at least 1.
  ///   - seed: of weights and permutations.
  public init(_ network: Network, measurement: Measurement, batch: Int, seed: UInt64) throws(PlanError) {
    let images = measurement == .distances ? 2 * batch : batch
    guard batch >= 1 else { throw PlanError.batchTooSmall(batch) }
    var lowering = Lowering(network, measurement: measurement, images: images)
    try lowering.run()
    if measurement != .logits {
      for shape in lowering.statistics { try BatchStatistics.check(shape: shape, images: images) }
    }
    self.init(
      measurement: measurement, seed: seed, images: images, input: lowering.input, buffers: lowering.buffers,
      steps: lowering.steps, sites: lowering.sites, statistics: lowering.statistics, output: lowering.output)
  }
}

private struct Lowering {
  /// What an operation became.
  enum Lowered {
    case zero
    case source(Plan.Source)
    /// A sum that its only reader takes in.
    case terms([Plan.Term])
  }

  /// Who reads a value.
  struct Readers {
    /// The sites that count its signs.
    var sites: [Int] = []
    /// Those that read its data.
    var data = 0
    /// Those of `data` that are batch normalisations.
    var normalizations = 0
    /// Those of `data` that are sums or concatenations.
    var sums = 0
    /// Those of `data` that are convolutions.
    var convolutions = 0
  }

  let network: Network
  let images: Int
  /// Whether normalisations have running statistics, and the output is wanted.
  let isForLogits: Bool
  /// For every value, the value that it equals.
  let alias: [Int]
  let isZero: [Bool]
  let sites: [Plan.Site]
  var readers: [Readers]
  /// Whether a step has to make a value.
  var needed: [Bool]
  var lowered: [Lowered] = []
  /// The slot of statistics of a buffer.
  var slots: [Int: Int] = [:]
  /// The step that convolutions of a source may join.
  var makers: [Plan.Source: Int] = [:]
  /// Zeros that are read, by what they are the value of.
  var zeroSources: [Int: Plan.Source] = [:]
  /// Outputs of convolutions that a batch normalisation was folded into.
  var folded: Set<Int> = []
  /// The branch, by its step and position, that convolutions of its output follow.
  var parents: [Int: (step: Int, branch: Int)] = [:]

  var steps: [Plan.Step] = []
  var buffers: [TensorShape] = []
  var statistics: [TensorShape] = []
  var input = 0
  /// The buffer of the network's output, where it is wanted.
  var output: Int?

  init(_ network: Network, measurement: Measurement, images: Int) {
    self.network = network
    self.images = images
    isForLogits = measurement == .logits
    isZero = Self.zeros(network, isForLogits: isForLogits)
    alias = Self.aliases(network, isZero)
    readers = Array(repeating: Readers(), count: network.operations.count)
    needed = Array(repeating: false, count: network.operations.count)
    let reached = network.reachesOutput
    let counted = network.relus.filter { relu in
      switch measurement {
      case .distances: true
      case .agreement: reached[relu.index]
      case .logits: false
      }
    }
    sites = counted.map { Plan.Site(name: network[$0].name, units: network[$0].shape.count) }
    let site = Dictionary(uniqueKeysWithValues: zip(counted.map(\.index), sites.indices))
    if isForLogits {
      needed[alias[network.output.index]] = true
      readers[alias[network.output.index]].data += 1
    }
    for index in network.operations.indices.reversed() where alias[index] == index && !isZero[index] {
      findReaders(index, site: site[index])
    }
  }

  mutating func run() throws(PlanError) {
    for index in network.operations.indices { lowered.append(alias[index] == index ? try lower(index) : .zero) }
    if isForLogits { output = placedOutput() }
    let read = Set(steps.flatMap { $0.terms.map(\.buffer) } + [output].compactMap(\.self))
    for index in steps.indices { steps[index].isKept = steps[index].output.map(read.contains) ?? false }
  }

  /// The values that are zero whatever the images are. Batch normalisation of zeros gives zeros: (0 - 0) / sqrt(eps).
  /// Not so for logits, where the network stands for a trained one: its normalisation adds a constant, so that what
  /// leads there is carried out.
  private static func zeros(_ network: Network, isForLogits: Bool) -> [Bool] {
    var zeros: [Bool] = []
    for operation in network.operations {
      switch operation.kind {
      case .input, .linear: zeros.append(false)
      case .convolution where isForLogits, .batchNormalization where isForLogits: zeros.append(false)
      case .zero: zeros.append(true)
      case .convolution, .batchNormalization, .relu, .averagePool, .maxPool, .add, .concatenation, .globalAveragePool:
        zeros.append(operation.inputs.allSatisfy { zeros[$0.index] })
      }
    }
    return zeros
  }

  /// A sum with a zero equals its other summand; every other value equals itself.
  private static func aliases(_ network: Network, _ isZero: [Bool]) -> [Int] {
    var alias = Array(network.operations.indices)
    for (index, operation) in network.operations.enumerated() where operation.kind == .add {
      let present = operation.inputs.filter { !isZero[$0.index] }
      if present.count == 1 { alias[index] = alias[present[0].index] }
    }
    return alias
  }

  /// Tells the inputs of an operation who reads them; called from the last operation to the first.
  private mutating func findReaders(_ index: Int, site: Int?) {
    guard needed[index] || site != nil else { return }
    let operation = network.operations[index]
    for input in operation.inputs where !isZero[input.index] {
      let read = alias[input.index]
      needed[read] = true
      if let site { readers[read].sites.insert(site, at: 0) }
      guard needed[index] else { continue }
      readers[read].data += 1
      switch operation.kind {
      case .batchNormalization: readers[read].normalizations += 1
      case .add, .concatenation: readers[read].sums += 1
      case .convolution: readers[read].convolutions += 1
      case .input, .relu, .averagePool, .maxPool, .zero, .globalAveragePool, .linear: break
      }
    }
  }

  private mutating func lower(_ index: Int) throws(PlanError) -> Lowered {
    let operation = network.operations[index]
    if operation.kind == .input {
      input = buffer(operation.shape)
      return settled(index, .source(Plan.Source(buffer: input)))
    }
    guard needed[index], !isZero[index] else { return .zero }
    switch operation.kind {
    case .add: return settled(index, .terms(operation.inputs.flatMap { terms($0) }))
    case .concatenation: return settled(index, .terms(concatenated(operation.inputs)))
    case .globalAveragePool, .linear:
      // What a score needs ends at the last ReLU, before any classifier.
      guard isForLogits else { throw PlanError.unsupportedOperation(operation.name) }
    case .input, .convolution, .batchNormalization, .relu, .averagePool, .maxPool, .zero: break
    }
    if case .linear(let outputs) = operation.kind { return linear(index, outputs: outputs) }
    guard let input = operation.inputs.first.flatMap({ source($0) }) else { return .zero }
    switch operation.kind {
    case .input, .zero, .add, .concatenation, .linear: return .zero
    case .convolution(let convolution):
      var branch = Plan.Branch(
        weights: operation.weightName, convolution: convolution,
        algorithm: algorithm(convolution, of: input, output: operation.shape), output: buffer(operation.shape))
      if isForLogits, readers[index].normalizations > 0, readers[index].normalizations == readers[index].data {
        branch.scale = BatchStatistics.initial.scale
        branch.bias = .normalization
        folded.insert(branch.output)
      } else if readers[index].normalizations > 0 {
        branch.statistics = measuredSlot(of: branch.output)
      }
      return convolved(index, branch, reading: input)
    case .batchNormalization:
      if input.activation == .identity, folded.contains(input.buffer) { return settled(index, .source(input)) }
      return settled(index, .terms([normalized(input)]))
    case .globalAveragePool:
      let shape = buffers[input.buffer]
      let pooling = Pooling(kernel: Extent(shape.height, shape.width), stride: Extent(1))
      return settled(index, .terms([Plan.Term(kind: .averagePool(input, pooling))]))
    case .relu:
      let activation = input.activation.followed(by: .relu)
      return settled(index, .source(Plan.Source(buffer: input.buffer, activation: activation)))
    case .averagePool(let pooling):
      return settled(index, .terms([Plan.Term(kind: .averagePool(input, pooling))]))
    case .maxPool(let pooling):
      return settled(index, .terms([Plan.Term(kind: .maxPool(input, pooling))]))
    }
  }

  /// How a convolution is carried out: where it counts, as the contract has it.
  private func algorithm(
    _ convolution: Convolution, of source: Plan.Source, output: TensorShape
  ) -> Plan.Branch.Algorithm {
    let canonical = Plan.Branch.Algorithm.canonical(
      for: convolution, inputChannels: buffers[source.buffer].channels)
    // Winograd's filters are four times as many numbers as the kernel, which have to come from memory for few tiles:
    // where a processor multiplies about 8 numbers in the time that it takes to read one, it is as many tiles that are
    // worth it.
    let isWorthIt = !isForLogits || BatchStatistics.tiles(shape: output, images: images) >= 8
    return isWorthIt ? canonical : .direct
  }

  /// A convolution, in the step that makes what it reads.
  private mutating func convolved(_ index: Int, _ branch: Plan.Branch, reading input: Plan.Source) -> Lowered {
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
  private mutating func linear(_ index: Int, outputs: Int) -> Lowered {
    let operation = network.operations[index]
    guard let input = source(operation.inputs[0]) else { return .zero }
    let shape = buffers[input.buffer]
    let convolution = Convolution(outputChannels: outputs, kernel: Extent(shape.height, shape.width))
    let branch = Plan.Branch(
      weights: operation.weightName, bias: .stream(operation.biasName), convolution: convolution,
      algorithm: .direct, output: buffer(operation.shape))
    return convolved(index, branch, reading: input)
  }

  /// What is zero, for those that read it all the same: a step without terms.
  private mutating func zeros(_ value: ValueID) -> Plan.Source {
    var root = alias[value.index]
    while case .relu = network.operations[root].kind { root = alias[network.operations[root].inputs[0].index] }
    if let source = zeroSources[root] { return source }
    let shape = network.operations[root].shape
    let source = Plan.Source(buffer: buffer(shape))
    makers[source] = appendStep([], shape, sites: [], output: source.buffer)
    zeroSources[root] = source
    return source
  }

  /// The buffer of the network's output.
  private mutating func placedOutput() -> Int {
    let shape = network[network.output].shape
    let source = source(network.output) ?? zeros(network.output)
    guard source.activation != .identity else { return source.buffer }
    let output = buffer(shape)
    appendStep([Plan.Term(kind: .identity(source))], shape, sites: [], output: output)
    return output
  }

  /// Gives a value the form that its readers need: signs where a site reads it, a buffer unless one sum takes it in.
  private mutating func settled(_ index: Int, _ value: Lowered) -> Lowered {
    let shape = network.operations[index].shape
    let reader = readers[index]
    switch value {
    case .zero: return .zero
    case .source(let source):
      if !reader.sites.isEmpty {
        makers[source] = appendStep([Plan.Term(kind: .identity(source))], shape, sites: reader.sites)
      }
      return value
    case .terms(let terms):
      if reader.sites.isEmpty, reader.data == 1, reader.sums == 1 { return value }
      guard reader.data > 0 else {
        appendStep(terms, shape, sites: reader.sites)
        return .zero
      }
      let output = buffer(shape)
      let statistics = reader.normalizations > 0 ? measuredSlot(of: output) : nil
      let step = appendStep(terms, shape, sites: reader.sites, output: output, statistics: statistics)
      makers[Plan.Source(buffer: output)] = step
      return .source(Plan.Source(buffer: output))
    }
  }

  /// Adds a convolution to the step that makes what it reads, or to a new one where that step's branches read
  /// otherwise.
  ///
  /// - Returns: the step, and the position among its branches.
  private mutating func append(_ branch: Plan.Branch, reading source: Plan.Source) -> (step: Int, branch: Int) {
    let plain = Plan.Source(buffer: source.buffer)
    let maker = [makers[source], makers[plain]].compactMap(\.self).first { maker in
      steps[maker].branches.isEmpty || steps[maker].activation == source.activation
    }
    let step = maker ?? appendStep([Plan.Term(kind: .identity(source))], buffers[source.buffer], sites: [])
    if maker == nil { makers[source] = step }
    steps[step].activation = source.activation
    steps[step].branches.append(branch)
    return (step, steps[step].branches.count - 1)
  }

  /// The source, batch normalised. One without statistics of its own (the images, the output of a ReLU) is copied
  /// first.
  private mutating func normalized(_ source: Plan.Source) -> Plan.Term {
    if source.activation == .identity, let statistics = slots[source.buffer] {
      return Plan.Term(kind: .normalized(buffer: source.buffer, statistics: statistics))
    }
    let shape = buffers[source.buffer]
    if isForLogits, source.activation == .identity {
      return Plan.Term(kind: .normalized(buffer: source.buffer, statistics: slot(of: source.buffer)))
    }
    let copy = buffer(shape)
    let statistics = slot(of: copy)
    appendStep(
      [Plan.Term(kind: .identity(source))], shape, sites: [], output: copy, statistics: isForLogits ? nil : statistics)
    return Plan.Term(kind: .normalized(buffer: copy, statistics: statistics))
  }

  /// The buffer that `settled` has put a value into; nil for a zero that makes zeros.
  private mutating func source(_ value: ValueID) -> Plan.Source? {
    if case .source(let source) = lowered[alias[value.index]] { return source }
    return isForLogits ? zeros(value) : nil
  }

  private func terms(_ value: ValueID) -> [Plan.Term] {
    switch lowered[alias[value.index]] {
    case .zero: []
    case .source(let source): [Plan.Term(kind: .identity(source))]
    case .terms(let terms): terms
    }
  }

  /// The terms of every value, moved to where its channels begin.
  private func concatenated(_ values: [ValueID]) -> [Plan.Term] {
    var first = 0
    var result: [Plan.Term] = []
    for value in values {
      for var term in terms(value) {
        term.firstChannel += first
        result.append(term)
      }
      first += network[value].shape.channels
    }
    return result
  }

  @discardableResult
  private mutating func appendStep(
    _ terms: [Plan.Term], _ shape: TensorShape, sites: [Int], output: Int? = nil, statistics: Int? = nil
  ) -> Int {
    steps.append(
      Plan.Step(
        terms: terms, shape: shape, sites: sites, output: output, isKept: false, statistics: statistics,
        activation: .identity, branches: []))
    return steps.count - 1
  }

  private mutating func buffer(_ shape: TensorShape) -> Int {
    buffers.append(shape)
    return buffers.count - 1
  }

  /// The slot of statistics of a buffer that the step which makes it fills; nil where slots hold running statistics.
  private mutating func measuredSlot(of buffer: Int) -> Int? {
    isForLogits ? nil : slot(of: buffer)
  }

  private mutating func slot(of buffer: Int) -> Int {
    statistics.append(buffers[buffer])
    slots[buffer] = statistics.count - 1
    return statistics.count - 1
  }
}
