internal import Compute
internal import NetworkGraph
internal import Randomness

/// One run of a plan: every step enqueued, then one wait for the counts.
struct OpenCLRun {
  let plan: Plan
  let layout: OpenCLLayout
  let lane: OpenCLLane
  private let arena: DeviceBuffer
  private let weights: DeviceBuffer
  private let affine: DeviceBuffer
  private let partial: DeviceBuffer
  private let codes: DeviceBuffer
  private let transformed: DeviceBuffer
  private let tables: DeviceBuffer
  private let integers: DeviceBuffer
  private let counts: DeviceBuffer
  private let flag: DeviceBuffer

  /// Reserves memory, and writes what the host knows.
  init(_ plan: Plan, layout: OpenCLLayout, lane: OpenCLLane) throws(OpenCLError) {
    self.plan = plan
    self.layout = layout
    self.lane = lane
    // Sites, then their permutations.
    var integers = layout.sites
    if plan.measurement == .distances {
      for site in plan.sites {
        integers += permutation(seed: plan.seed, site: site.name, count: plan.batch).map(Int32.init)
      }
    }
    try lane.reserve(layout)
    arena = try lane.buffer(.arena)
    weights = try lane.buffer(.weights)
    affine = try lane.buffer(.affine)
    partial = try lane.buffer(.partial)
    codes = try lane.buffer(.codes)
    transformed = try lane.buffer(.transformed)
    tables = try lane.buffer(.tables)
    self.integers = try lane.buffer(.integers)
    counts = try lane.buffer(.counts)
    flag = try lane.buffer(.flag)
    try lane.queue.write(layout.tables.values, to: tables)
    try lane.queue.write(integers, to: self.integers)
  }

  /// - Returns: nil where a value was beyond the range of exact statistics.
  func counts(images: ImageBatch) throws(OpenCLError) -> Counts? {
    try lane.queue.fill(flag, offset: 0, bytes: 4)
    try lane.queue.fill(counts, offset: 0, bytes: layout.counts)
    try place(images)
    try makeWeights()
    for (number, (step, places)) in zip(plan.steps, layout.steps).enumerated() {
      try sumTerms(step, places)
      for convolution in places.convolutions {
        switch convolution.joined.algorithm {
        case .direct: try convolveDirectly(convolution)
        case .winograd: try convolveByWinograd(convolution)
        }
      }
      try finishStatistics(places)
      // The device begins while the rest is enqueued.
      if number % 8 == 0 { try lane.queue.flush() }
    }
    try count()
    guard try lane.queue.read(flag, count: 1, as: Int32.self) == [0] else { return nil }
    return try readCounts()
  }
}

// MARK: - Before the first step

extension OpenCLRun {
  private func place(_ images: ImageBatch) throws(OpenCLError) {
    let shape = images.shape
    let aligned = Plan.aligned(shape.channels)
    let positions = shape.height * shape.width
    try lane.launch(
      .placeImages,
      [
        .buffer(try lane.programs.resident(images, queue: lane.queue)), .buffer(arena),
        .long(layout.place(of: plan.input)), .int(shape.channels), .int(aligned), .int(positions),
      ], items: [aligned * positions, images.count], groups: [64, 1])
  }

  private func makeWeights() throws(OpenCLError) {
    for (name, records) in [
      (KernelName.makeWeights, layout.directBranches), (.makeFilters, layout.winogradBranches),
    ] where records.items > 0 {
      try lane.launch(
        name,
        [
          .buffer(weights), .buffer(tables), .long(records.place), .int(records.count), .int(records.items),
          .word(plan.seed),
        ], items: [records.items], groups: [64])
    }
  }
}

// MARK: - Steps

extension OpenCLRun {
  /// The value of a step; none where convolutions read a buffer as it stands.
  private func sumTerms(_ step: Plan.Step, _ places: OpenCLLayout.Step) throws(OpenCLError) {
    guard step.output != nil || places.code != nil else { return }
    let aligned = Plan.aligned(step.shape.channels)
    let units = aligned * step.shape.height * step.shape.width
    let words = (units + 31) / 32
    try lane.launch(
      .sumTerms,
      [
        .buffer(arena), .buffer(affine), .buffer(tables), .long(places.termsPlace), .int(step.terms.count),
        .int(step.shape.width), .int(aligned), .int(units), .int(step.output == nil ? 0 : 1),
        .long(step.output.map(layout.place) ?? 0), .int(places.code == nil ? 0 : 1), .buffer(codes),
        .long(places.code?.place ?? 0), .int(words),
      ], items: [lane.isTiled ? units / 4 : words, plan.images], groups: lane.isTiled ? [256, 1] : [8, 1])
    guard places.valueParts > 0, let output = step.output else { return }
    try lane.launch(
      .addTiles,
      [
        .buffer(arena), .long(layout.place(of: output)), .buffer(partial), .long(0), .buffer(flag), .int(plan.images),
        .int(step.shape.height), .int(step.shape.width), .int(aligned), .int(places.valueParts),
        .float(BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: step.shape, images: plan.images))),
      ], items: [lane.isTiled ? aligned : aligned / 8, places.valueParts], groups: lane.isTiled ? [8, 8] : [1, 1])
  }

  private func convolveDirectly(_ convolution: OpenCLLayout.Convolution) throws(OpenCLError) {
    let joined = convolution.joined
    let arguments: [OpenCLLane.Argument] =
      [.buffer(arena), .long(layout.place(of: joined.source.buffer))] + outputArguments(of: convolution)
    switch convolution.tile {
    case .directVector:
      try lane.launch(
        .convolve(convolution.tile), arguments,
        items: [joined.channels / 8, (joined.height + 3) / 4, plan.images], groups: [1, 1, 1])
    case .grouped(let tiles, _):
      try lane.launch(
        .convolve(convolution.tile), arguments,
        items: [joined.channels / convolution.tile.groupChannels, (convolution.tiles + tiles - 1) / tiles],
        groups: lane.isTiled ? [8, 8] : [1, 1])
    default: try launchTiled(convolution, arguments)
    }
  }

  private func convolveByWinograd(_ convolution: OpenCLLayout.Convolution) throws(OpenCLError) {
    let joined = convolution.joined
    let inputPlace = layout.place(of: joined.source.buffer)
    guard case .winogradVector = convolution.tile else {
      return try launchTiled(convolution, [.buffer(arena), .long(inputPlace)] + outputArguments(of: convolution))
    }
    for first in stride(from: 0, to: convolution.tiles, by: convolution.slice) {
      let last = min(first + convolution.slice, convolution.tiles)
      try lane.launch(
        .transformInputs,
        [
          .buffer(arena), .long(inputPlace), .buffer(transformed), .int(first), .integers(shape(of: convolution)),
        ], items: [Plan.aligned(joined.input.channels) / 8, last - first], groups: [1, 1])
      try lane.launch(
        .convolve(convolution.tile),
        [.buffer(arena), .buffer(transformed), .int(first), .int(last)] + outputArguments(of: convolution),
        items: [joined.channels / 8, (last - first + 7) / 8], groups: [1, 1])
    }
  }

  private func launchTiled(
    _ convolution: OpenCLLayout.Convolution, _ arguments: [OpenCLLane.Argument]
  ) throws(OpenCLError) {
    let tile = convolution.tile
    let tileGroups = (convolution.tiles + tile.tiles - 1) / tile.tiles
    let channelGroups = (convolution.joined.channels + tile.groupChannels - 1) / tile.groupChannels
    try lane.launch(
      .convolve(tile), arguments, items: [tileGroups * tile.groupSize, channelGroups], groups: [tile.groupSize, 1])
  }

  /// What kernels for convolutions take after their input.
  private func outputArguments(of convolution: OpenCLLayout.Convolution) -> [OpenCLLane.Argument] {
    [
      .buffer(weights), .long(convolution.weightPlace), .buffer(tables), .long(convolution.blocksPlace),
      .buffer(partial), .long(convolution.partialPlace), .buffer(flag),
      .float(BatchStatistics.limit(tiles: convolution.tiles)), .integers(shape(of: convolution)),
    ]
  }

  /// `convolution_shape` in Kernels/branches.cl.
  private func shape(of convolution: OpenCLLayout.Convolution) -> [Int32] {
    let joined = convolution.joined
    let geometry = joined.geometry
    let origin = Extent(
      geometry.padding.height - geometry.offset.height, geometry.padding.width - geometry.offset.width)
    return [
      plan.images, joined.input.height, joined.input.width, Plan.aligned(joined.input.channels), joined.height,
      joined.width, joined.channels, geometry.kernel.height, geometry.kernel.width, geometry.stride.height,
      geometry.stride.width, origin.height, origin.width, geometry.dilation.height,
      geometry.dilation.width, joined.source.rectified ? 1 : 0,
      joined.isGrouped ? joined.chainChannels : 0, (joined.height + 3) / 4, (joined.width + 3) / 4,
      convolution.tiles,
    ].map(Int32.init)
  }

  private func finishStatistics(_ places: OpenCLLayout.Step) throws(OpenCLError) {
    guard places.finishes > 0 else { return }
    try lane.launch(
      .finishStatistics,
      [.buffer(partial), .buffer(tables), .long(places.finishesPlace), .buffer(affine)],
      items: [places.finishes * (lane.isTiled ? 256 : 8)], groups: lane.isTiled ? [256] : [8])
  }
}

// MARK: - Counts

extension OpenCLRun {
  private func count() throws(OpenCLError) {
    guard layout.counted.count > 0 else { return }
    switch plan.measurement {
    case .distances:
      try lane.launch(
        .countDistances,
        [
          .buffer(codes), .buffer(tables), .long(layout.counted.place), .int(plan.batch), .buffer(integers),
          .long(layout.sites.count), .buffer(counts),
        ], items: [plan.batch * (lane.isTiled ? 64 : 1), layout.counted.count],
        groups: lane.isTiled ? [64, 1] : [1, 1])
    case .agreement:
      try lane.launch(
        .countAgreement,
        [
          .buffer(codes), .buffer(tables), .long(layout.counted.place), .int(layout.counted.count), .int(plan.batch),
          .buffer(counts),
        ], items: [plan.batch, plan.batch], groups: lane.isTiled ? [16, 16] : [1, 1])
    }
  }

  private func readCounts() throws(OpenCLError) -> Counts {
    switch plan.measurement {
    case .distances:
      let values = try lane.queue.read(counts, count: plan.sites.count * 2 * plan.batch, as: UInt32.self)
      return Counts(
        sites: plan.sites.enumerated().map { index, site in
          func total(_ row: Int) -> Int {
            values[row * plan.batch..<(row + 1) * plan.batch].reduce(0) { $0 + Int($1) }
          }
          return SiteCounts(name: site.name, units: site.units, d1: total(2 * index), d2: total(2 * index + 1))
        })
    case .agreement:
      let values = try lane.queue.read(counts, count: plan.batch * plan.batch, as: Int64.self)
      // A site whose input is zero by construction is never counted; all images agree on it.
      let counted = Set(plan.steps.flatMap(\.sites))
      let constant = plan.sites.indices.reduce(0) { counted.contains($1) ? $0 : $0 + plan.sites[$1].units }
      return Counts(agreement: values.map { $0 + Int64(constant) })
    }
  }
}
