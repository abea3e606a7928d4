internal import Compute
internal import NetworkGraph
import OpenCL
internal import Randomness

/// One run of a plan: every step enqueued, then one wait for the counts.
struct OpenCLRun {
  let plan: Plan
  let layout: OpenCLLayout
  let executor: OpenCLExecutor
  private let launches: PlanLaunches
  private let affine: DeviceBuffer
  private let totals: DeviceBuffer
  private let codes: DeviceBuffer
  private let stored: DeviceBuffer
  private let tables: DeviceBuffer
  private let integers: DeviceBuffer
  private let counts: DeviceBuffer
  private let flag: DeviceBuffer

  /// Reserves memory, and writes what the host knows.
  ///
  /// - Parameter stored: `layout.stored.values`.
  init(_ plan: Plan, layout: OpenCLLayout, stored: [Float], executor: OpenCLExecutor) throws(OpenCLError) {
    self.plan = plan
    self.layout = layout
    self.executor = executor
    // Sites, then their permutations.
    var integers = layout.sites
    if plan.measurement == .distances {
      for site in plan.sites {
        integers += permutation(seed: plan.seed, site: site.name, count: plan.batch).map(Int32.init)
      }
    }
    try executor.reserve(layout)
    launches = try PlanLaunches(plan, layout: layout, isTiled: executor.isTiled, buffer: executor.buffer)
    affine = try executor.buffer(.affine)
    totals = try executor.buffer(.totals)
    codes = try executor.buffer(.codes)
    tables = try executor.buffer(.tables)
    self.integers = try executor.buffer(.integers)
    counts = try executor.buffer(.counts)
    flag = try executor.buffer(.flag)
    let storedBuffer = try executor.buffer(.stored)
    self.stored = storedBuffer
    try executor.queue.write(layout.tables.values, to: tables)
    if !stored.isEmpty { try executor.queue.write(stored, to: storedBuffer) }
    try executor.queue.write(integers, to: self.integers)
  }

  /// - Returns: nil where a value was beyond the range of exact statistics.
  func counts(images: ImageBatch) throws(OpenCLError) -> Counts? {
    try executor.queue.fill(flag, offset: 0, bytes: 4)
    try executor.queue.fill(counts, offset: 0, bytes: layout.counts)
    try executor.queue.fill(totals, offset: 0, bytes: layout.totals)
    try executor.enqueue(launches.placing(executor.programs.resident(images, queue: executor.queue)))
    for launch in launches.makingWeights { try executor.enqueue(launch) }
    for (number, (step, places)) in zip(plan.steps, layout.steps).enumerated() {
      for launch in launches.beginning(step, places) { try executor.enqueue(launch) }
      try addTiles(step, places)
      for launch in launches.activating(step, places) { try executor.enqueue(launch) }
      for convolution in places.convolutions {
        for launch in launches.convolving(convolution) { try executor.enqueue(launch) }
      }
      try finishStatistics(places)
      // The device begins while the rest is enqueued.
      if number % 8 == 0 { try executor.queue.flush() }
    }
    try count()
    guard try executor.queue.read(flag, count: 1, as: Int32.self) == [0] else { return nil }
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
    try executor.enqueue(
      Launch(
        .addTiles,
        [
          .buffer(launches.arena), .long(layout.place(of: output)), .buffer(totals), .long(totalsPlace), .buffer(flag),
          .int(plan.images), .int(step.shape.height), .int(step.shape.width), .int(aligned), .int(parts),
          .float(BatchStatistics.limit(tiles: tiles)),
        ], items: [executor.isTiled ? aligned : aligned / 8, parts], groups: executor.isTiled ? [8, 8] : [1, 1]))
  }

  private func finishStatistics(_ places: OpenCLLayout.Step) throws(OpenCLError) {
    guard places.finishes.count > 0 else { return }
    try executor.enqueue(
      Launch(
        .finishStatistics,
        [
          .buffer(totals), .buffer(stored), .buffer(tables), .long(places.finishes.place), .buffer(affine),
        ],
        items: [places.finishes.items, places.finishes.count], groups: [8, 1]))
  }
}

// MARK: - Counts

extension OpenCLRun {
  private func count() throws(OpenCLError) {
    guard layout.counted.count > 0 else { return }
    switch plan.measurement {
    case .distances:
      try executor.enqueue(
        Launch(
          .countDistances,
          [
            .buffer(codes), .buffer(tables), .long(layout.counted.place), .int(plan.batch), .buffer(integers),
            .long(layout.sites.count), .buffer(counts),
          ], items: [plan.batch * (executor.isTiled ? 64 : 1), layout.counted.count],
          groups: executor.isTiled ? [64, 1] : [1, 1]))
    case .agreement:
      try executor.enqueue(
        Launch(
          .countAgreement,
          [
            .buffer(codes), .buffer(tables), .long(layout.counted.place), .int(layout.counted.count), .int(plan.batch),
            .buffer(counts),
          ], items: [plan.batch, plan.batch], groups: executor.isTiled ? [16, 16] : [1, 1]))
    case .logits: break
    }
  }

  private func readCounts() throws(OpenCLError) -> Counts {
    switch plan.measurement {
    case .distances:
      let values = try executor.queue.read(counts, count: plan.sites.count * 2 * plan.batch, as: UInt32.self)
      return Counts(
        sites: plan.sites.enumerated().map { index, site in
          func total(_ row: Int) -> Int {
            values[row * plan.batch..<(row + 1) * plan.batch].reduce(0) { $0 + Int($1) }
          }
          return SiteCounts(name: site.name, units: site.units, d1: total(2 * index), d2: total(2 * index + 1))
        })
    case .agreement:
      let values = try executor.queue.read(counts, count: plan.batch * plan.batch, as: Int64.self)
      let uncounted = Int64(plan.uncountedUnits)
      return Counts(agreement: values.map { $0 + uncounted })
    case .logits: return Counts()
    }
  }
}
