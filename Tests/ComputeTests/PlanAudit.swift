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
    checkPlacement(.fused)
    checkPlacement(.stepwise)
    checkPlacement(.shared)
    checkPlacement(.passes)
    checkPasses()
    checkStatistics()
    checkSites()
    checkConvolutions()
  }

  private mutating func require(_ condition: Bool, _ problem: @autoclosure () -> String) {
    if !condition { problems.append(problem()) }
  }

  /// Every buffer is written once, before it is read, with the shape that its step makes.
  private mutating func checkBuffers() {
    var written: Set<Int> = [plan.input]
    let read = Set(plan.steps.flatMap(\.readBuffers) + [plan.output].compactMap(\.self))
    require((plan.output != nil) == (plan.measurement == .logits), "an output")
    require(plan.output.map { plan.buffers[$0] == network[network.output].shape } ?? true, "an output of another shape")
    require(plan.buffers[plan.input] == network.inputShape, "the input has another shape")
    for (position, step) in plan.steps.enumerated() {
      for buffer in step.readBuffers {
        require(written.contains(buffer), "step \(position) reads buffer \(buffer) before it is written")
      }
      for output in [step.output].compactMap(\.self) + step.branches.map(\.output) {
        require(written.insert(output).inserted, "step \(position) writes buffer \(output) again")
      }
      require(step.isKept == step.output.map(read.contains) ?? false, "step \(position): isKept")
      checkShapes(of: step, at: position)
    }
    require(written == Set(plan.buffers.indices), "some buffers are never written")
    for step in plan.steps {
      for (number, branch) in step.branches.enumerated() {
        let isParent = step.branches.contains { $0.parent == number }
        require(!isParent || !read.contains(branch.output) && branch.statistics == nil, "a parent is read otherwise")
      }
    }
  }

  private mutating func checkShapes(of step: Plan.Step, at position: Int) {
    require(
      !step.terms.isEmpty || step.operation != nil || plan.measurement == .logits, "step \(position) adds nothing")
    require(!step.sites.isEmpty || step.output != nil || !step.branches.isEmpty, "step \(position) is of no use")
    if let output = step.output { require(plan.buffers[output] == step.shape, "step \(position): output") }
    for term in step.terms {
      var shape = plan.buffers[term.buffer]
      if let pooling = pooling(of: term) {
        let window = Convolution(
          outputChannels: shape.channels, kernel: pooling.kernel, stride: pooling.stride, padding: pooling.padding)
        shape = slid(window, over: shape)
      }
      require(
        shape.height == step.shape.height && shape.width == step.shape.width && term.firstChannel >= 0
          && term.firstChannel + shape.channels <= step.shape.channels,
        "step \(position) adds a term of another shape")
    }
    for site in step.sites { require(plan.sites[site].units == step.shape.count, "site \(site) has other units") }
    for (number, branch) in step.branches.enumerated() {
      require(branch.parent.map { (0..<number).contains($0) } ?? true, "step \(position): a branch before its parent")
      let input = branch.parent.map { plan.buffers[step.branches[$0].output] } ?? step.shape
      require(
        plan.buffers[branch.output] == slid(branch.convolution, over: input),
        "step \(position) has a branch with an output of another shape")
      let convolution = branch.convolution
      let dense = Convolution(
        outputChannels: convolution.outputChannels, kernel: Extent(3), padding: convolution.padding)
      let output = plan.buffers[branch.output]
      let tiles = plan.images * ((output.height + 3) / 4) * ((output.width + 3) / 4)
      let isWinograd =
        convolution == dense && input.channels >= 8
        && (plan.measurement != .logits || tiles >= 8 && branch.bias != .drawn("classifier.bias"))
      require(
        branch.algorithm == (isWinograd ? .winograd : .direct),
        "step \(position) has a branch with another algorithm")
    }
    guard !step.branches.isEmpty, step.output == nil else { return }
    guard step.terms.count == 1, case .identity(let source) = step.terms[0].kind, step.terms[0].firstChannel == 0,
      plan.buffers[source.buffer] == step.shape
    else {
      return problems.append("step \(position): branches read a value that is no buffer")
    }
    let isRectified = source.activation == .relu || step.activation == .relu
    require(
      step.source.buffer == source.buffer && step.source.activation == (isRectified ? .relu : .identity),
      "step \(position): branches' source")
  }

  private func pooling(of term: Plan.Term) -> Pooling? {
    switch term.kind {
    case .averagePool(_, let pooling), .maxPool(_, let pooling): pooling
    case .normalized, .identity: nil
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

  /// When a buffer is written and last read, in the order of the plan: a step's value at 2 * position, its branches at
  /// 2 * position + 1. At once, they are one moment for what the value is made of.
  private struct Lifetime {
    var written: Int
    var lastRead = -1
  }

  private func lifetimes(_ execution: Plan.Execution) -> [Lifetime] {
    var lifetimes = Array(repeating: Lifetime(written: 2 * plan.steps.count), count: plan.buffers.count)
    lifetimes[plan.input].written = -1
    for (position, step) in plan.steps.enumerated() {
      if let output = step.output { lifetimes[output].written = 2 * position }
      for branch in step.branches { lifetimes[branch.output].written = 2 * position + 1 }
      if let output = plan.output { lifetimes[output].lastRead = 2 * plan.steps.count }
      for buffer in step.readBuffers {
        // Image by image, the branches of one image are carried out before the value of the next.
        var end = execution != .stepwise && !step.branches.isEmpty ? 2 * position + 1 : 2 * position
        // Other images still want it until the pass is over.
        if execution == .passes, let pass = plan.passes.map(\.steps).first(where: { $0.contains(position) }) {
          end = 2 * pass.upperBound - 1
        }
        lifetimes[buffer].lastRead = max(lifetimes[buffer].lastRead, end)
      }
      if execution == .stepwise, !step.branches.isEmpty {
        for branch in step.branches { lifetimes[step.source(of: branch).buffer].lastRead = 2 * position + 1 }
      }
    }
    return lifetimes
  }

  /// Buffers that are alive at one time lie apart. What a step writes may only take the place of a term that is never
  /// read again: a value that of a term which is read unit by unit; the output of a branch, at once, that of any term
  /// of one size an image.
  private mutating func checkPlacement(_ execution: Plan.Execution) {
    let placement = plan.placement(execution)
    let lifetimes = lifetimes(execution)
    let sizes = plan.buffers.map { Plan.aligned($0.channels) * $0.height * $0.width }
    let local = execution == .passes ? localValues() : []
    let unplaced = execution == .stepwise ? [] : local.union(plan.steps.flatMap(outputsThatDieAtOnce))
    require(placement.offsets.count == plan.buffers.count, "\(execution): other buffers")
    for buffer in plan.buffers.indices {
      require(
        (placement.offsets[buffer] == nil) == unplaced.contains(buffer), "\(execution): place of buffer \(buffer)")
      guard let offset = placement.offsets[buffer] else { continue }
      require(offset >= 0 && offset + sizes[buffer] <= placement.count, "\(execution): buffer \(buffer) is outside")
    }
    for first in plan.buffers.indices {
      for second in plan.buffers.indices {
        let moment = lifetimes[second].written
        guard first != second, lifetimes[first].written <= moment, lifetimes[first].lastRead >= moment,
          let start = placement.offsets[first], let other = placement.offsets[second], start < other + sizes[second],
          other < start + sizes[first]
        else { continue }
        require(
          start == other && sizes[first] == sizes[second] && isOverwritable(first, by: second, execution),
          "\(execution): buffers \(first) and \(second) overlap in step \(moment / 2)")
      }
    }
  }

  /// Steps follow each other in passes, and none reads statistics that its own pass fills. A pass ends only where the
  /// next step would. What only its steps read has a place of its own while they do.
  private mutating func checkPasses() {
    let passes = plan.passes.map(\.steps)
    require(passes.flatMap { Array($0) } == Array(plan.steps.indices), "passes are not all steps")
    func filled(_ steps: Range<Int>) -> Set<Int> {
      Set(plan.steps[steps].flatMap { [$0.statistics].compactMap(\.self) + $0.branches.compactMap(\.statistics) })
    }
    func read(_ position: Int) -> [Int] {
      plan.steps[position].terms.compactMap { term in
        guard case .normalized(_, let slot) = term.kind else { return nil }
        return slot
      }
    }
    for pass in passes {
      for position in pass {
        require(filled(pass.lowerBound..<position).isDisjoint(with: read(position)), "step \(position) reads too early")
      }
      if pass.upperBound < plan.steps.count {
        require(!filled(pass).isDisjoint(with: read(pass.upperBound)), "a pass ends before step \(pass.upperBound)")
      }
    }
    plan.passes.forEach { checkLocalPlacement($0.local, in: $0.steps) }
  }

  private mutating func checkLocalPlacement(_ placement: Plan.Placement, in pass: Range<Int>) {
    let locals = localValues().intersection(
      plan.steps[pass].flatMap { [$0.output].compactMap(\.self) + $0.branches.map(\.output) })
    let lives = plan.buffers.indices.map { buffer in
      let positions = pass.filter { position in
        plan.steps[position].output == buffer || plan.steps[position].branches.contains { $0.output == buffer }
          || plan.steps[position].readBuffers.contains(buffer)
      }
      return (positions.first ?? 0)...(positions.last ?? positions.first ?? 0)
    }
    for buffer in plan.buffers.indices {
      require((placement.offsets[buffer] != nil) == locals.contains(buffer), "local place of buffer \(buffer)")
      guard let start = placement.offsets[buffer] else { continue }
      let end = start + Plan.alignedCount(plan.buffers[buffer])
      require(start >= 0 && end <= placement.count, "buffer \(buffer) is outside")
      for other in locals where other != buffer {
        guard let place = placement.offsets[other], lives[buffer].overlaps(lives[other]) else { continue }
        require(
          place + Plan.alignedCount(plan.buffers[other]) <= start || end <= place, "\(buffer) and \(other) overlap")
      }
    }
  }

  /// The values that are kept, but for no step beyond their pass.
  private func localValues() -> Set<Int> {
    var values: Set<Int> = []
    for pass in plan.passes.map(\.steps) {
      let made = plan.steps[pass].flatMap { [$0.output].compactMap(\.self) + $0.branches.map(\.output) }
      for output in made where output != plan.output {
        let readers = plan.steps.indices.filter { plan.steps[$0].readBuffers.contains(output) }
        if !readers.isEmpty, readers.allSatisfy(pass.contains) { values.insert(output) }
      }
    }
    return values
  }

  /// A value that no later step reads, and what branches make for others.
  private func outputsThatDieAtOnce(_ step: Plan.Step) -> [Int] {
    let parents = Set(step.branches.compactMap(\.parent)).map { step.branches[$0].output }
    return parents + (step.isKept ? [] : [step.output].compactMap(\.self))
  }

  private func isOverwritable(_ first: Int, by second: Int, _ execution: Plan.Execution) -> Bool {
    guard execution != .shared,
      let position = plan.steps.firstIndex(where: { step in
        step.output == second || step.branches.contains { $0.output == second }
      }), !plan.steps[(position + 1)...].contains(where: { $0.readBuffers.contains(first) })
    else { return false }
    let step = plan.steps[position]
    let terms = step.terms.filter { $0.buffer == first }
    if execution == .passes, terms.isEmpty {
      // Read by an earlier step of the pass: a thread that writes has read it.
      let pass = plan.passes.map(\.steps).first { $0.contains(position) } ?? position..<position
      return plan.steps[pass.lowerBound..<position].contains { $0.readBuffers.contains(first) }
    }
    guard !terms.isEmpty else { return false }
    if step.output != second { return execution == .fused || execution == .passes }
    return terms.allSatisfy { pooling(of: $0) == nil && plan.buffers[$0.buffer] == step.shape }
  }

  /// A slot is filled once, by the step that makes the buffer that it is read with.
  private mutating func checkStatistics() {
    guard plan.measurement != .logits else {
      for step in plan.steps {
        require(step.statistics == nil && step.branches.allSatisfy { $0.statistics == nil }, "statistics are filled")
        for case .normalized(let buffer, let slot) in step.terms.map(\.kind) {
          require(plan.statistics[slot].shape == plan.buffers[buffer], "slot \(slot) has another shape")
        }
      }
      return
    }
    var filled: [Int: Int] = [:]
    for (position, step) in plan.steps.enumerated() {
      for case .normalized(let buffer, let slot) in step.terms.map(\.kind) {
        require(filled[slot] == buffer, "step \(position) reads the statistics of another buffer")
      }
      let outputs = [(step.statistics, step.output)] + step.branches.map { ($0.statistics, $0.output) }
      for case (let slot?, let buffer) in outputs {
        require(filled[slot] == nil, "step \(position) fills slot \(slot) again")
        require(buffer.map { plan.buffers[$0] } == plan.statistics[slot].shape, "slot \(slot) has another shape")
        filled[slot] = buffer
      }
    }
    require(filled.count == plan.statistics.count, "some statistics are never filled")
  }

  /// Whether each operation's value is zero whatever the images are.
  private func zeros() -> [Bool] {
    network.operations.reduce(into: []) { zeros, operation in
      switch operation.kind {
      case .zero: zeros.append(true)
      case .input, .linear, .function, .binary, .constant, .arrangement, .matrixProduct, .normalization, .softmax,
        .reduction, .interpolation:
        zeros.append(false)
      // A trained normalisation makes a constant of a zero.
      case .convolution where plan.measurement == .logits, .batchNormalization where plan.measurement == .logits:
        zeros.append(false)
      case .convolution, .batchNormalization, .activation, .averagePool, .maxPool, .add, .concatenation,
        .globalAveragePool:
        zeros.append(!operation.inputs.contains { !zeros[$0.index] })
      }
    }
  }

  private var countedReLUs: [ValueID] {
    let reached = network.reachesOutput
    return network.sites.filter { relu in
      switch plan.measurement {
      case .distances: true
      case .agreement: reached[relu.index]
      case .logits: false
      }
    }
  }

  /// Every ReLU is a site, in execution order, counted once unless its input is zero.
  private mutating func checkSites() {
    let relus = countedReLUs
    require(plan.sites.map(\.name) == relus.map { network[$0].name }, "other sites than the network")
    require(plan.sites.map(\.units) == relus.map { network[$0].shape.count }, "sites of another size")
    var counts = Array(repeating: 0, count: plan.sites.count)
    for site in plan.steps.flatMap(\.sites) { counts[site] += 1 }
    let zeros = zeros()
    let expected = relus.map { zeros[network[$0].inputs[0].index] ? 0 : 1 }
    require(counts == expected, "sites are counted \(counts) times, not \(expected)")
  }

  /// Exactly the convolutions that a site, or the output, depends on are carried out, each once and with its own
  /// weights.
  private mutating func checkConvolutions() {
    let zeros = zeros()
    var needed = Array(repeating: false, count: network.operations.count)
    for relu in countedReLUs where !zeros[relu.index] {
      needed[network[relu].inputs[0].index] = true
    }
    if plan.measurement == .logits { needed[network.output.index] = true }
    var expected: [String: Convolution] = [:]
    for (index, operation) in network.operations.enumerated().reversed() where needed[index] && !zeros[index] {
      for input in operation.inputs { needed[input.index] = true }
      let name = operation.weights?.name ?? ""
      if case .convolution(let convolution) = operation.kind { expected[name] = convolution }
      if case .linear(let outputs) = operation.kind {
        let shape = network[operation.inputs[0]].shape
        expected[name] = Convolution(outputChannels: outputs, kernel: Extent(shape.height, shape.width))
      }
    }
    var found: [String: Convolution] = [:]
    for branch in plan.steps.flatMap(\.branches) {
      require(found[branch.weights.name] == nil, "\(branch.weights.name) twice")
      found[branch.weights.name] = branch.convolution
    }
    require(found == expected, "convolutions \(found.keys.sorted()), not \(expected.keys.sorted())")
  }
}
