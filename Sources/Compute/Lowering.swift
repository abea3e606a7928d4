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
      for slot in lowering.statistics { try BatchStatistics.check(shape: slot.shape, images: images) }
    }
    self.init(
      measurement: measurement, seed: seed, images: images, input: lowering.input, buffers: lowering.buffers,
      steps: lowering.steps, sites: lowering.sites, statistics: lowering.statistics, constants: lowering.constants,
      output: lowering.output)
  }
}

struct Lowering {
  /// What an operation became.
  enum Lowered {
    case zero
    case source(Plan.Source)
    /// A sum that its only reader takes in.
    case terms([Plan.Term])
    /// A position in `constants`.
    case constant(Int)
  }

  /// Who reads a value.
  struct Readers {
    /// The sites that count its signs.
    var sites: [Int] = []
    /// Those that read its data.
    var data = 0
    /// Those of `data` that are batch normalisations, and the first of them.
    var normalizations = 0
    var normalization: BatchNormalization?
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
  var statistics: [Plan.Statistics] = []
  var constants: [Plan.Constant] = []
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
    let counted = network.sites.filter { site in
      switch measurement {
      case .distances: true
      case .agreement: reached[site.index]
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
    let read = Set(steps.flatMap(\.readBuffers) + [output].compactMap(\.self))
    for index in steps.indices { steps[index].isKept = steps[index].output.map(read.contains) ?? false }
  }

  /// The values that are zero whatever the images are. Batch normalisation of zeros gives zeros: (0 - 0) / sqrt(eps).
  /// Not so for logits, where the network stands for a trained one: its normalisation adds a constant, so that what
  /// leads there is carried out.
  private static func zeros(_ network: Network, isForLogits: Bool) -> [Bool] {
    var zeros: [Bool] = []
    for operation in network.operations {
      switch operation.kind {
      case .zero: zeros.append(true)
      case .convolution where isForLogits, .batchNormalization where isForLogits: zeros.append(false)
      case .convolution where operation.bias != nil: zeros.append(false)
      case .batchNormalization(let normalization) where normalization.shift != nil: zeros.append(false)
      case .activation(let activation) where !activation.function.keepsZero: zeros.append(false)
      case .convolution, .batchNormalization, .activation, .averagePool, .maxPool, .add, .concatenation,
        .globalAveragePool:
        zeros.append(operation.inputs.allSatisfy { zeros[$0.index] })
      // What reads such a zero reads zeros.
      case .input, .linear, .function, .binary, .constant, .arrangement, .matrixProduct, .normalization, .softmax,
        .reduction, .interpolation:
        zeros.append(false)
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
  mutating func findReaders(_ index: Int, site: Int?) {
    guard needed[index] || site != nil else { return }
    let operation = network.operations[index]
    for input in operation.inputs where !isZero[input.index] {
      let read = alias[input.index]
      needed[read] = true
      if let site { readers[read].sites.insert(site, at: 0) }
      guard needed[index] else { continue }
      readers[read].data += 1
      switch operation.kind {
      case .batchNormalization(let normalization):
        readers[read].normalizations += 1
        // Told from the last operation to the first.
        readers[read].normalization = normalization
      case .add, .concatenation: readers[read].sums += 1
      case .convolution: readers[read].convolutions += 1
      default: break
      }
    }
  }

  mutating func lower(_ index: Int) throws(PlanError) -> Lowered {
    let operation = network.operations[index]
    if operation.kind == .input {
      input = buffer(operation.shape)
      return settled(index, .source(Plan.Source(buffer: input)))
    }
    guard needed[index] || !readers[index].sites.isEmpty, !isZero[index] else { return .zero }
    switch operation.kind {
    case .input, .zero: return .zero
    case .constant(let values):
      constants.append(Plan.Constant(shape: operation.shape, values: values))
      return settled(index, .constant(constants.count - 1))
    case .add where operation.inputs.contains(where: { isConstant($0) }):
      return made(index, by: .binary(.add))
    case .concatenation where operation.inputs.contains(where: { isConstant($0) }):
      return made(index, by: .arrangement(concatenation(operation.inputs)))
    case .add: return settled(index, .terms(operation.inputs.flatMap { terms($0) }))
    case .concatenation: return settled(index, .terms(concatenated(operation.inputs)))
    case .linear(let outputs): return linear(index, outputs: outputs)
    case .binary(let function): return made(index, by: .binary(function))
    case .arrangement(let arrangement): return made(index, by: .arrangement(arrangement))
    case .matrixProduct(let product): return made(index, by: .matrixProduct(product))
    case .normalization(let normalization): return made(index, by: .normalization(normalization))
    case .softmax: return made(index, by: .softmax)
    case .reduction(let reduction): return made(index, by: .reduction(reduction))
    case .interpolation(let interpolation): return made(index, by: .interpolation(interpolation))
    case .function(let function) where !function.keepsZero:
      return made(index, by: .copy, reading: [applied(function, to: operand(operation.inputs[0]))])
    case .convolution, .batchNormalization, .activation, .function, .averagePool, .maxPool, .globalAveragePool: break
    }
    guard let input = operation.inputs.first.flatMap({ source($0) }) else { return .zero }
    switch operation.kind {
    case .convolution(let convolution): return self.convolution(index, convolution, reading: input)
    case .batchNormalization(let normalization):
      if input.activation == .identity, folded.contains(input.buffer) { return settled(index, .source(input)) }
      return settled(index, .terms([normalized(input, normalization)]))
    case .globalAveragePool:
      let shape = buffers[input.buffer]
      let pooling = Pooling(kernel: Extent(shape.height, shape.width), stride: Extent(1))
      return settled(index, .terms([Plan.Term(kind: .averagePool(pooled(input), pooling))]))
    case .activation(let activation): return applied(index, activation.function, to: input)
    case .function(let function): return applied(index, function, to: input)
    case .averagePool(let pooling):
      return settled(index, .terms([Plan.Term(kind: .averagePool(pooled(input), pooling))]))
    case .maxPool(let pooling):
      return settled(index, .terms([Plan.Term(kind: .maxPool(pooled(input), pooling))]))
    default: return .zero
    }
  }

  /// What is zero, for those that read it all the same: a step without terms.
  mutating func zeros(_ value: ValueID) -> Plan.Source {
    var root = alias[value.index]
    while case .activation = network.operations[root].kind {
      root = alias[network.operations[root].inputs[0].index]
    }
    if let source = zeroSources[root] { return source }
    let shape = network.operations[root].shape
    let source = Plan.Source(buffer: buffer(shape))
    makers[source] = appendStep([], shape, sites: [], output: source.buffer)
    zeroSources[root] = source
    return source
  }

  /// The buffer of the network's output.
  mutating func placedOutput() -> Int {
    let shape = network[network.output].shape
    let source = source(network.output) ?? zeros(network.output)
    guard source.activation != .identity else { return source.buffer }
    let output = buffer(shape)
    appendStep([Plan.Term(kind: .identity(source))], shape, sites: [], output: output)
    return output
  }

  /// Gives a value the form that its readers need: signs where a site reads it, a buffer unless one sum takes it in.
  mutating func settled(_ index: Int, _ value: Lowered) -> Lowered {
    let shape = network.operations[index].shape
    let reader = readers[index]
    switch value {
    case .zero: return .zero
    case .constant:
      if !reader.sites.isEmpty {
        appendStep([Plan.Term(kind: .identity(copied(value, shape)))], shape, sites: reader.sites)
      }
      return value
    case .source(let source):
      if !reader.sites.isEmpty {
        let step = appendStep([Plan.Term(kind: .identity(source))], shape, sites: reader.sites)
        // Its value has been through the function already, which is the same as twice for these alone.
        if source.activation == .identity || source.activation == .relu { makers[source] = step }
      }
      return value
    case .terms(let terms):
      if reader.sites.isEmpty, reader.data == 1, reader.sums == 1 { return value }
      guard reader.data > 0 else {
        appendStep(terms, shape, sites: reader.sites)
        return .zero
      }
      let output = buffer(shape)
      let statistics = reader.normalization.flatMap { measuredSlot(of: output, $0) }
      let step = appendStep(terms, shape, sites: reader.sites, output: output, statistics: statistics)
      makers[Plan.Source(buffer: output)] = step
      return .source(Plan.Source(buffer: output))
    }
  }

  /// Adds a convolution to the step that makes what it reads, or to a new one where that step's branches read
  /// otherwise.
  ///
  /// - Returns: the step, and the position among its branches.
  mutating func append(_ branch: Plan.Branch, reading source: Plan.Source) -> (step: Int, branch: Int) {
    let plain = Plan.Source(buffer: source.buffer)
    let maker = [makers[source], makers[plain]].compactMap(\.self).first { maker in
      steps[maker].branches.isEmpty || steps[maker].activation == source.activation
    }
    let step = maker ?? appendStep([Plan.Term(kind: .identity(plain))], buffers[source.buffer], sites: [])
    if maker == nil { makers[source] = step }
    steps[step].activation = source.activation
    steps[step].branches.append(branch)
    return (step, steps[step].branches.count - 1)
  }

  /// The source, batch normalised. One without statistics of its own (the images, the output of a ReLU), or with
  /// those of another normalisation, is copied first.
  mutating func normalized(_ source: Plan.Source, _ normalization: BatchNormalization) -> Plan.Term {
    if source.activation == .identity, let slot = slots[source.buffer], statistics[slot].normalization == normalization
    {
      return Plan.Term(kind: .normalized(buffer: source.buffer, statistics: slot))
    }
    let shape = buffers[source.buffer]
    if isForLogits, source.activation == .identity {
      return Plan.Term(kind: .normalized(buffer: source.buffer, statistics: slot(of: source.buffer, normalization)))
    }
    let copy = buffer(shape)
    let statistics = slot(of: copy, normalization)
    appendStep(
      [Plan.Term(kind: .identity(source))], shape, sites: [], output: copy, statistics: isForLogits ? nil : statistics)
    return Plan.Term(kind: .normalized(buffer: copy, statistics: statistics))
  }

  /// The buffer that `settled` has put a value into; nil for a zero that makes zeros.
  mutating func source(_ value: ValueID) -> Plan.Source? {
    let found = lowered[alias[value.index]]
    switch found {
    case .source(let source): return source
    case .constant:
      let source = copied(found, network[value].shape)
      lowered[alias[value.index]] = .source(source)
      return source
    case .zero, .terms: return isForLogits ? zeros(value) : nil
    }
  }

  /// A constant in a buffer.
  mutating func copied(_ value: Lowered, _ shape: TensorShape) -> Plan.Source {
    guard case .constant(let constant) = value else { return Plan.Source(buffer: input) }
    let operand = Plan.Operand(place: .constant(constant))
    return Plan.Source(buffer: append(Plan.Operation(kind: .copy, operands: [operand]), shape))
  }

  func terms(_ value: ValueID) -> [Plan.Term] {
    switch lowered[alias[value.index]] {
    case .zero, .constant: []
    case .source(let source): [Plan.Term(kind: .identity(source))]
    case .terms(let terms): terms
    }
  }

  /// The terms of every value, moved to where its channels begin.
  func concatenated(_ values: [ValueID]) -> [Plan.Term] {
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
  mutating func appendStep(
    _ terms: [Plan.Term], _ shape: TensorShape, sites: [Int], output: Int? = nil, statistics: Int? = nil
  ) -> Int {
    steps.append(
      Plan.Step(
        terms: terms, operation: nil, shape: shape, sites: sites, output: output, isKept: false,
        statistics: statistics, activation: .identity, branches: []))
    return steps.count - 1
  }

  mutating func buffer(_ shape: TensorShape) -> Int {
    buffers.append(shape)
    return buffers.count - 1
  }

  /// The slot of statistics of a buffer that the step which makes it fills; nil where slots hold running statistics.
  mutating func measuredSlot(of buffer: Int, _ normalization: BatchNormalization) -> Int? {
    isForLogits ? nil : slot(of: buffer, normalization)
  }

  mutating func slot(of buffer: Int, _ normalization: BatchNormalization) -> Int {
    statistics.append(Plan.Statistics(shape: buffers[buffer], normalization: normalization))
    slots[buffer] = statistics.count - 1
    return statistics.count - 1
  }
}
