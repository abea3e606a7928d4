internal import Compute
import NetworkGraph
import Randomness

/// One run of a plan: every step enqueued, then one wait for the counts.
struct OpenCLRun {
  let plan: Plan
  let layout: OpenCLLayout
  let workspace: OpenCLWorkspace
  private let queue: CommandQueue

  init(_ plan: Plan, layout: OpenCLLayout, workspace: OpenCLWorkspace) {
    self.plan = plan
    self.layout = layout
    self.workspace = workspace
    queue = workspace.queue
  }

  /// - Returns: nil where a value was beyond the range of exact statistics.
  func counts(images: ImageBatch) throws(OpenCLError) -> Counts? {
    let arena = try workspace.buffer(.arena, bytes: layout.arena)
    let flag = try workspace.buffer(.flag, bytes: 4)
    let counts = try workspace.buffer(.counts, bytes: layout.counts)
    try queue.fill(flag, offset: 0, bytes: 4)
    try queue.fill(counts, offset: 0, bytes: layout.counts)
    try place(images, in: arena)
    try makeWeights()
    try writeTables()
    var firstTerm = 0
    var counted = Set<Int>()
    for (position, step) in plan.steps.enumerated() {
      switch step {
      case .convolution(let step):
        try convolve(step, weights: layout.weightPlaces[position], arena: arena)
        if let slot = step.statistics { try addStatistics(slot, of: step.output, arena: arena, flag: flag) }
      case .node(let step):
        try sum(step, firstTerm: firstTerm, arena: arena)
        firstTerm += step.terms.count
        if let slot = step.statistics, let output = step.output {
          try addStatistics(slot, of: output, arena: arena, flag: flag)
        }
        if !step.sites.isEmpty {
          try count(step, firstSite: counted.count, counts: counts)
          counted.formUnion(step.sites)
        }
      }
    }
    guard try queue.read(flag, count: 1, as: Int32.self) == [0] else { return nil }
    return try read(counts, counted: counted)
  }
}

// MARK: - Before the first step

extension OpenCLRun {
  private func place(_ images: ImageBatch, in arena: DeviceBuffer) throws(OpenCLError) {
    let shape = images.shape
    let aligned = Plan.aligned(shape.channels)
    let positions = shape.height * shape.width
    try workspace.launch(
      .placeImages,
      [
        .buffer(try workspace.resident(images)), .buffer(arena), .long(place(of: plan.input)), .int(shape.channels),
        .int(aligned), .int(positions),
      ], global: [aligned * positions, images.count])
  }

  private func makeWeights() throws(OpenCLError) {
    let weights = try workspace.buffer(.weights, bytes: layout.weights)
    for (position, step) in plan.steps.enumerated() {
      guard case .convolution(let step) = step else { continue }
      let inputs = plan.buffers[step.input.buffer].shape.channels
      let outputs = step.convolution.outputChannels
      let area = step.convolution.kernel.area
      try workspace.launch(
        .makeWeights,
        [
          .buffer(weights), .long(layout.weightPlaces[position]), .word(fnv1a64(step.weights)), .word(plan.seed),
          .int(outputs), .int(Plan.aligned(outputs)), .int(inputs), .int(area),
          .float(Float(1 / Double(inputs * area).squareRoot())),
        ], global: [Plan.aligned(outputs) * inputs * area])
    }
  }

  /// Terms of every node, the sites in the order in which nodes count them, and the permutation of every site.
  private func writeTables() throws(OpenCLError) {
    var terms: [Int64] = []
    var sites: [Int32] = []
    for case .node(let step) in plan.steps {
      for term in step.terms { terms += description(of: term) }
      sites += step.sites.map(Int32.init)
    }
    try workspace.write(terms, to: .terms)
    guard !sites.isEmpty else { return }
    try workspace.write(sites, to: .sites)
    guard plan.measurement == .distances else { return }
    let permutations = plan.sites.flatMap { site in
      permutation(seed: plan.seed, site: site.name, count: plan.batch).map(Int32.init)
    }
    try workspace.write(permutations, to: .permutations)
  }

  /// The fields that Kernels/node.cl names.
  private func description(of term: Plan.Term) -> [Int64] {
    let shape = plan.buffers[term.buffer].shape
    var kind = 0
    var rectified = false
    var affine = 0
    var pooling = Pooling(kernel: Extent(0), stride: Extent(1))
    switch term {
    case .normalized(_, let slot):
      affine = layout.affinePlaces[slot]
    case .identity(let source):
      (kind, rectified) = (1, source.rectified)
    case .averagePool(let source, let windows):
      (kind, rectified, pooling) = (2, source.rectified, windows)
    }
    let fields = [
      kind, place(of: term.buffer), rectified ? 1 : 0, affine, pooling.kernel.height, pooling.kernel.width,
      pooling.stride.height, pooling.stride.width, pooling.padding.height, pooling.padding.width, shape.height,
      shape.width,
    ]
    return (fields + Array(repeating: 0, count: OpenCLLayout.termLength - fields.count)).map(Int64.init)
  }

  /// Where a buffer begins in the arena, in floats.
  private func place(of buffer: Int) -> Int { plan.buffers[buffer].offset * plan.images }
}

// MARK: - Steps

extension OpenCLRun {
  private func convolve(
    _ step: Plan.ConvolutionStep, weights: Int, arena: DeviceBuffer
  ) throws(OpenCLError) {
    let input = plan.buffers[step.input.buffer].shape
    let output = plan.buffers[step.output].shape
    let convolution = step.convolution
    let aligned = Plan.aligned(output.channels)
    let shape = [
      plan.images, input.height, input.width, input.channels, Plan.aligned(input.channels), output.height,
      output.width, aligned, convolution.kernel.height, convolution.kernel.width, convolution.stride.height,
      convolution.stride.width, convolution.padding.height, convolution.padding.width, convolution.dilation.height,
      convolution.dilation.width, step.input.rectified ? 1 : 0,
    ].map(Int32.init)
    let launch = workspace.convolutionLaunch(images: plan.images, output: output)
    try workspace.launch(
      .convolve(launch.tile),
      [
        .buffer(arena), .long(place(of: step.input.buffer)),
        .buffer(try workspace.buffer(.weights, bytes: layout.weights)),
        .long(weights), .buffer(arena), .long(place(of: step.output)), .integers(shape),
      ], global: launch.global, local: launch.local)
  }

  private func addStatistics(
    _ slot: Int, of buffer: Int, arena: DeviceBuffer, flag: DeviceBuffer
  ) throws(OpenCLError) {
    let shape = plan.statistics[slot]
    let aligned = Plan.aligned(shape.channels)
    let tiles = BatchStatistics.tiles(shape: shape, images: plan.images)
    let parts = min(layout.parts, tiles)
    let partial = try workspace.buffer(.partial, bytes: layout.partial)
    try workspace.launch(
      .addTiles,
      [
        .buffer(arena), .long(place(of: buffer)), .buffer(partial), .buffer(flag), .int(plan.images),
        .int(shape.height), .int(shape.width), .int(aligned), .int(parts), .float(BatchStatistics.limit(tiles: tiles)),
      ], global: [aligned, parts])
    try workspace.launch(
      .finishStatistics,
      [
        .buffer(partial), .buffer(try workspace.buffer(.affine, bytes: layout.affine)),
        .long(layout.affinePlaces[slot]), .int(aligned), .int(parts),
        .double(Double(plan.images * shape.height * shape.width)),
      ], groups: [aligned])
  }

  private func sum(_ step: Plan.NodeStep, firstTerm: Int, arena: DeviceBuffer) throws(OpenCLError) {
    let aligned = Plan.aligned(step.shape.channels)
    let units = aligned * step.shape.height * step.shape.width
    let words = (units + 31) / 32
    let tiled = workspace.isTiled
    try workspace.launch(
      .sumNode,
      [
        .buffer(arena), .buffer(try workspace.buffer(.affine, bytes: max(4, layout.affine))),
        .buffer(try workspace.buffer(.terms, bytes: layout.terms)), .int(firstTerm), .int(step.terms.count),
        .int(step.shape.width), .int(aligned), .int(units), .int(step.output == nil ? 0 : 1),
        .long(step.output.map(place) ?? 0), .int(step.sites.isEmpty ? 0 : 1),
        .buffer(try workspace.buffer(.codes, bytes: max(4, layout.codes))), .int(words),
      ], global: [tiled ? (units + 255) / 256 * 256 : words, plan.images], local: tiled ? [256, 1] : nil)
  }

  private func count(_ step: Plan.NodeStep, firstSite: Int, counts: DeviceBuffer) throws(OpenCLError) {
    let units = Plan.aligned(step.shape.channels) * step.shape.height * step.shape.width
    let words = (units + 31) / 32
    let codes = try workspace.buffer(.codes, bytes: max(4, layout.codes))
    switch plan.measurement {
    case .distances:
      try workspace.launch(
        .countDistances,
        [
          .buffer(codes), .int(words), .int(plan.batch),
          .buffer(try workspace.buffer(.permutations, bytes: layout.permutations)),
          .buffer(try workspace.buffer(.sites, bytes: plan.sites.count * 4)), .int(firstSite), .int(step.sites.count),
          .buffer(counts),
        ], groups: [plan.batch, step.sites.count + 1])
    case .agreement:
      try workspace.launch(
        .countAgreement,
        [
          .buffer(codes), .int(words), .int(plan.batch), .int(step.shape.count), .int(step.sites.count),
          .buffer(counts),
        ], global: [plan.batch, plan.batch])
    }
  }

  private func read(_ counts: DeviceBuffer, counted: Set<Int>) throws(OpenCLError) -> Counts {
    switch plan.measurement {
    case .distances:
      let values = try queue.read(counts, count: plan.sites.count * 2 * plan.batch, as: UInt32.self)
      return Counts(
        sites: plan.sites.enumerated().map { index, site in
          func total(_ row: Int) -> Int {
            values[row * plan.batch..<(row + 1) * plan.batch].reduce(0) { $0 + Int($1) }
          }
          return SiteCounts(name: site.name, units: site.units, d1: total(2 * index), d2: total(2 * index + 1))
        })
    case .agreement:
      let values = try queue.read(counts, count: plan.batch * plan.batch, as: Int64.self)
      // A site whose input is zero by construction is never counted; all images agree on it.
      let constant = plan.sites.indices.reduce(0) { counted.contains($1) ? $0 : $0 + plan.sites[$1].units }
      return Counts(agreement: values.map { $0 + Int64(constant) })
    }
  }
}
