internal import CPUKernels
internal import Compute
import NetworkGraph

/// One run of a plan: where its parts lie, and its passes carried out one after the other.
struct Run: StepMemory, @unchecked Sendable {
  let plan: Plan
  let layout: Layout
  let pool: ThreadPool
  let instructionSet: InstructionSet
  let constants: PlanConstants
  /// `layout.bytes` bytes.
  private let memory: UnsafeMutableRawPointer

  init(_ plan: Plan, layout: Layout, workspace: Workspace, instructionSet: InstructionSet) throws(BackendError) {
    self.plan = plan
    self.layout = layout
    self.instructionSet = instructionSet
    pool = workspace.pool
    memory = try workspace.reserve(layout)
    constants = try PlanConstants(
      plan, weights: try workspace.weights.weights(of: plan, layout.steps, pool: workspace.pool))
  }

  func counts(images: ImageBatch) throws(BackendError) -> Counts {
    var counts = Counts()
    switch plan.measurement {
    case .distances: counts.sites = plan.sites.map { SiteCounts(name: $0.name, units: $0.units) }
    case .agreement: counts.agreement = Array(repeating: Int64(plan.uncountedUnits), count: plan.batch * plan.batch)
    case .logits: break
    }
    ones.update(repeating: 1, count: layout.onesCount)
    try images.values.withUnsafeBufferPointer { (values) throws(BackendError) in
      if layout.copiesInput { copyInput(values) }
      try carryOut(values, into: &counts)
    }
    return counts
  }

  private func carryOut(_ images: UnsafeBufferPointer<Float>, into counts: inout Counts) throws(BackendError) {
    for (number, pass) in layout.passes.enumerated() {
      try PassRun(self, pass, images, isReversed: !number.isMultiple(of: 2)).carryOut()
      for (position, code) in zip(pass.steps, pass.codes) {
        let step = plan.steps[position]
        switch plan.measurement {
        case .distances: countDistances(step, code: code, into: &counts)
        case .agreement: countAgreement(step, code: code, into: &counts)
        case .logits: break
        }
      }
    }
  }

  /// All images into the layout of the activations.
  private func copyInput(_ values: UnsafeBufferPointer<Float>) {
    let shape = plan.buffers[plan.input]
    let aligned = Plan.aligned(shape.channels)
    nonisolated(unsafe) let (values, target) = (values, activations(plan.input))
    pool.run(plan.images) { _, image in
      place(
        values, image: image, rows: 0..<shape.height, to: target + image * count(plan.input),
        row: shape.width * aligned,
        channels: aligned)
    }
  }
}

// MARK: - Where things lie

extension Run {
  private func part<T>(_ offset: Int, of _: T.Type) -> UnsafeMutablePointer<T> {
    (memory + offset).assumingMemoryBound(to: T.self)
  }

  /// Image 0 of a buffer that has a place there; the others follow.
  func activations(_ buffer: Int) -> UnsafeMutablePointer<Float> {
    part(0, of: Float.self) + (layout.placement.offsets[buffer] ?? 0) * plan.images
  }

  /// - Parameter number: which of the codes of a pass.
  func code(_ number: Int, image: Int) -> UnsafeMutablePointer<UInt8> {
    part(layout.codes + (number * plan.images + image) * layout.codeStride, of: UInt8.self)
  }

  private func scratch(worker: Int) -> UnsafeMutableRawPointer {
    memory + layout.scratch + worker * layout.scratchStride
  }

  func padded(worker: Int) -> UnsafeMutablePointer<Float> {
    scratch(worker: worker).assumingMemoryBound(to: Float.self)
  }

  /// The values that only a pass reads.
  func local(worker: Int) -> UnsafeMutablePointer<Float> {
    (scratch(worker: worker) + layout.local).assumingMemoryBound(to: Float.self)
  }

  func rows(worker: Int) -> UnsafeMutablePointer<Float> {
    (scratch(worker: worker) + layout.rows).assumingMemoryBound(to: Float.self)
  }

  func winograd(worker: Int) -> UnsafeMutablePointer<Float> {
    (scratch(worker: worker) + layout.winograd).assumingMemoryBound(to: Float.self)
  }

  func sums(worker: Int) -> UnsafeMutablePointer<Int64> {
    (scratch(worker: worker) + layout.sums).assumingMemoryBound(to: Int64.self)
  }

  var ones: UnsafeMutablePointer<Float> { part(layout.ones, of: Float.self) }

  var laneInputs: UnsafeMutablePointer<Int> { part(layout.laneInputs, of: Int.self) }

  var partScales: UnsafeMutablePointer<Float> { part(layout.partScales, of: Float.self) }

  func scales(_ slot: Int) -> UnsafeMutablePointer<Float> {
    part(layout.affine + layout.affineOffsets[slot], of: Float.self)
  }

  func shifts(_ slot: Int) -> UnsafeMutablePointer<Float> {
    scales(slot) + Plan.aligned(plan.statistics[slot].shape.channels)
  }
}
