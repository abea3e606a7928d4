import Compute
import NetworkGraph

/// What is wrong with a plan, worked out from its steps and its network without any help of the lowering.
struct PlanAudit {
  let plan: Plan
  let network: Network
  private(set) var problems: [String] = []

  init(_ plan: Plan, of network: Network) {
    self.plan = plan
    self.network = network
    checkBuffers()
    checkArena()
    checkStatistics()
    checkSites()
    checkConvolutions()
  }

  private mutating func require(_ condition: Bool, _ problem: @autoclosure () -> String) {
    if !condition { problems.append(problem()) }
  }

  private func output(of step: Plan.Step) -> Int? {
    switch step {
    case .convolution(let step): step.output
    case .node(let step): step.output
    }
  }

  private func buffers(readBy step: Plan.Step) -> [Int] {
    switch step {
    case .convolution(let step): [step.input.buffer]
    case .node(let step): step.terms.map(\.buffer)
    }
  }

  /// Every buffer is written once, before it is read, with the shape that its step makes.
  private mutating func checkBuffers() {
    var written: Set<Int> = [plan.input]
    require(plan.buffers[plan.input].shape == network.inputShape, "the input has another shape")
    for (position, step) in plan.steps.enumerated() {
      for buffer in buffers(readBy: step) {
        require(written.contains(buffer), "step \(position) reads buffer \(buffer) before it is written")
      }
      if let output = output(of: step) {
        require(written.insert(output).inserted, "step \(position) writes buffer \(output) again")
      }
      checkShapes(of: step, at: position)
    }
    require(written == Set(plan.buffers.indices), "some buffers are never written")
  }

  private mutating func checkShapes(of step: Plan.Step, at position: Int) {
    switch step {
    case .convolution(let step):
      require(
        plan.buffers[step.output].shape == slid(step.convolution, over: plan.buffers[step.input.buffer].shape),
        "step \(position) has an output of another shape")
    case .node(let node):
      require(!node.terms.isEmpty, "step \(position) adds nothing")
      require(node.output != nil || !node.sites.isEmpty, "step \(position) is of no use")
      if let output = node.output { require(plan.buffers[output].shape == node.shape, "step \(position): output") }
      for term in node.terms {
        var shape = plan.buffers[term.buffer].shape
        if case .averagePool(_, let pooling) = term {
          let window = Convolution(
            outputChannels: shape.channels, kernel: pooling.kernel, stride: pooling.stride, padding: pooling.padding)
          shape = slid(window, over: shape)
        }
        require(shape == node.shape, "step \(position) adds a term of another shape")
      }
      for site in node.sites { require(plan.sites[site].units == node.shape.count, "site \(site) has other units") }
    }
  }

  private func slid(_ window: Convolution, over shape: TensorShape) -> TensorShape {
    func positions(_ size: Int, _ keyPath: KeyPath<Extent, Int>) -> Int {
      let extent = (window.kernel[keyPath: keyPath] - 1) * window.dilation[keyPath: keyPath] + 1
      return (size + 2 * window.padding[keyPath: keyPath] - extent) / window.stride[keyPath: keyPath] + 1
    }
    return TensorShape(
      channels: window.outputChannels, height: positions(shape.height, \.height),
      width: positions(shape.width, \.width))
  }

  /// Buffers that are alive at one time lie apart. An output may only take the place of a term that is read unit by
  /// unit and never again.
  private mutating func checkArena() {
    var written = Array(repeating: plan.steps.count, count: plan.buffers.count)
    var lastRead = Array(repeating: -1, count: plan.buffers.count)
    written[plan.input] = -1
    for (position, step) in plan.steps.enumerated() {
      if let output = output(of: step) { written[output] = position }
      for buffer in buffers(readBy: step) { lastRead[buffer] = position }
    }
    for first in plan.buffers.indices {
      require(plan.buffers[first].offset >= 0, "buffer \(first) lies before the arena")
      require(
        plan.buffers[first].offset + plan.buffers[first].count <= plan.arenaCount,
        "buffer \(first) reaches beyond the arena")
      for second in plan.buffers.indices where written[first] < written[second] && overlap(first, second) {
        // The second is written while the first is still to be read, in that step or later.
        guard lastRead[first] >= written[second] else { continue }
        require(
          lastRead[first] == written[second] && isOverwritable(first, by: second, at: written[second]),
          "buffers \(first) and \(second) overlap in step \(written[second])")
      }
    }
  }

  private func overlap(_ first: Int, _ second: Int) -> Bool {
    let (first, second) = (plan.buffers[first], plan.buffers[second])
    return first.offset < second.offset + second.count && second.offset < first.offset + first.count
  }

  private func isOverwritable(_ first: Int, by second: Int, at position: Int) -> Bool {
    guard case .node(let node) = plan.steps[position] else { return false }
    let isPooled = node.terms.contains { term in
      if case .averagePool(let source, _) = term { source.buffer == first } else { false }
    }
    return !isPooled && plan.buffers[first].offset == plan.buffers[second].offset
      && plan.buffers[first].shape == plan.buffers[second].shape
  }

  /// A slot is filled once, by the step that makes the buffer that it is read with.
  private mutating func checkStatistics() {
    var filled: [Int: Int] = [:]
    for (position, step) in plan.steps.enumerated() {
      if case .node(let node) = step {
        for case .normalized(let buffer, let slot) in node.terms {
          require(filled[slot] == buffer, "step \(position) reads the statistics of another buffer")
        }
      }
      let (slot, buffer) =
        switch step {
        case .convolution(let step): (step.statistics, step.output as Int?)
        case .node(let step): (step.statistics, step.output)
        }
      guard let slot else { continue }
      require(filled[slot] == nil, "step \(position) fills slot \(slot) again")
      require(buffer.map { plan.buffers[$0].shape } == plan.statistics[slot], "slot \(slot) has another shape")
      filled[slot] = buffer
    }
    require(filled.count == plan.statistics.count, "some statistics are never filled")
  }

  /// Whether each operation's value is zero whatever the images are.
  private func zeros() -> [Bool] {
    network.operations.reduce(into: []) { zeros, operation in
      switch operation.kind {
      case .zero: zeros.append(true)
      case .input, .linear: zeros.append(false)
      default: zeros.append(!operation.inputs.contains { !zeros[$0.index] })
      }
    }
  }

  private var countedRectifiers: [ValueID] {
    let reached = network.reachesOutput
    return network.rectifiers.filter { plan.measurement == .distances || reached[$0.index] }
  }

  /// Every ReLU is a site, in execution order, counted once unless its input is zero.
  private mutating func checkSites() {
    let rectifiers = countedRectifiers
    require(plan.sites.map(\.name) == rectifiers.map { network[$0].name }, "other sites than the network")
    require(plan.sites.map(\.units) == rectifiers.map { network[$0].shape.count }, "sites of another size")
    var counts = Array(repeating: 0, count: plan.sites.count)
    for case .node(let node) in plan.steps {
      for site in node.sites { counts[site] += 1 }
    }
    let zeros = zeros()
    let expected = rectifiers.map { zeros[network[$0].inputs[0].index] ? 0 : 1 }
    require(counts == expected, "sites are counted \(counts) times, not \(expected)")
  }

  /// Exactly the convolutions that a site depends on are carried out, each once and with its own weights.
  private mutating func checkConvolutions() {
    let zeros = zeros()
    var needed = Array(repeating: false, count: network.operations.count)
    for rectifier in countedRectifiers where !zeros[rectifier.index] {
      needed[network[rectifier].inputs[0].index] = true
    }
    var expected: [String: Convolution] = [:]
    for (index, operation) in network.operations.enumerated().reversed() where needed[index] && !zeros[index] {
      for input in operation.inputs { needed[input.index] = true }
      if case .convolution(let convolution) = operation.kind { expected[operation.weightName] = convolution }
    }
    var found: [String: Convolution] = [:]
    for case .convolution(let step) in plan.steps {
      require(found[step.weights] == nil, "\(step.weights) twice")
      found[step.weights] = step.convolution
    }
    require(found == expected, "convolutions \(found.keys.sorted()), not \(expected.keys.sorted())")
  }
}
