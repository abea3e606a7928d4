internal import Compute
internal import NetworkGraph
internal import Randomness

/// One run of a plan: every step enqueued, then one wait for the counts.
struct OpenCLRun {
  let plan: Plan
  let layout: OpenCLLayout
  let lane: OpenCLLane
  private let launches: PlanLaunches
  private let affine: DeviceBuffer
  private let totals: DeviceBuffer
  private let codes: DeviceBuffer
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
    launches = try PlanLaunches(plan, layout: layout, isTiled: lane.isTiled, buffer: lane.buffer)
    affine = try lane.buffer(.affine)
    totals = try lane.buffer(.totals)
    codes = try lane.buffer(.codes)
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
    try lane.queue.fill(totals, offset: 0, bytes: layout.totals)
    try lane.enqueue(launches.placing(lane.programs.resident(images, queue: lane.queue)))
    for launch in launches.makingWeights { try lane.enqueue(launch) }
    for (number, (step, places)) in zip(plan.steps, layout.steps).enumerated() {
      if let value = launches.value(of: step, places) { try lane.enqueue(value) }
      try addTiles(step, places)
      for convolution in places.convolutions {
        for launch in launches.convolving(convolution) { try lane.enqueue(launch) }
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

// MARK: - Statistics

extension OpenCLRun {
  /// The statistics of a step's value.
  private func addTiles(_ step: Plan.Step, _ places: OpenCLLayout.Step) throws(OpenCLError) {
    guard let totalsPlace = places.totalsPlace, let output = step.output else { return }
    let aligned = Plan.aligned(step.shape.channels)
    let tiles = BatchStatistics.tiles(shape: step.shape, images: plan.images)
    // Enough of them to keep a device busy, few enough that adding to the totals is not what it does.
    let parts = min(tiles, 512)
    try lane.enqueue(
      Launch(
        .addTiles,
        [
          .buffer(launches.arena), .long(layout.place(of: output)), .buffer(totals), .long(totalsPlace), .buffer(flag),
          .int(plan.images), .int(step.shape.height), .int(step.shape.width), .int(aligned), .int(parts),
          .float(BatchStatistics.limit(tiles: tiles)),
        ], items: [lane.isTiled ? aligned : aligned / 8, parts], groups: lane.isTiled ? [8, 8] : [1, 1]))
  }

  private func finishStatistics(_ places: OpenCLLayout.Step) throws(OpenCLError) {
    guard places.finishes.count > 0 else { return }
    try lane.enqueue(
      Launch(
        .finishStatistics, [.buffer(totals), .buffer(tables), .long(places.finishes.place), .buffer(affine)],
        items: [places.finishes.items, places.finishes.count], groups: [8, 1]))
  }
}

// MARK: - Counts

extension OpenCLRun {
  private func count() throws(OpenCLError) {
    guard layout.counted.count > 0 else { return }
    switch plan.measurement {
    case .distances:
      try lane.enqueue(
        Launch(
          .countDistances,
          [
            .buffer(codes), .buffer(tables), .long(layout.counted.place), .int(plan.batch), .buffer(integers),
            .long(layout.sites.count), .buffer(counts),
          ], items: [plan.batch * (lane.isTiled ? 64 : 1), layout.counted.count],
          groups: lane.isTiled ? [64, 1] : [1, 1]))
    case .agreement:
      try lane.enqueue(
        Launch(
          .countAgreement,
          [
            .buffer(codes), .buffer(tables), .long(layout.counted.place), .int(layout.counted.count), .int(plan.batch),
            .buffer(counts),
          ], items: [plan.batch, plan.batch], groups: lane.isTiled ? [16, 16] : [1, 1]))
    case .logits: break
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
    case .logits: return Counts()
    }
  }
}
