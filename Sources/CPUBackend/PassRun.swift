internal import CPUKernels
internal import Compute
import Synchronization

/// A pass of a run: a few images after the other through all of its steps, while they are in the cache.
struct PassRun: @unchecked Sendable {
  private let run: Run
  private let layout: PassLayout
  private let steps: [StepRun]
  /// What each step is the first to read or to write, of the buffers that are not the pass's own.
  private let touched: [Touched]
  /// Every other pass begins with the images that the one before it ended with: they are still in the cache.
  private let isReversed: Bool

  init(
    _ run: Run, _ layout: PassLayout, _ images: UnsafeBufferPointer<Float>, isReversed: Bool
  ) {
    self.run = run
    self.layout = layout
    self.isReversed = isReversed
    steps = layout.steps.map { position in
      StepRun(run, layout, images, position: position)
    }
    var seen: Set<UnsafePointer<Float>> = []
    touched = layout.steps.map { position in
      let step = run.plan.steps[position]
      let written =
        step.branches.indices.filter { !step.isParent($0) }.map { step.branches[$0].output }
        + (step.isKept ? [step.output].compactMap(\.self) : [])
      let read = run.layout.steps[position].isInput ? [] : step.readBuffers
      let buffers = (read + written).filter { buffer in
        layout.local.offsets[buffer] == nil && seen.insert(UnsafePointer(run.activations(buffer))).inserted
      }
      return Touched(buffers.map { (UnsafePointer(run.activations($0)), run.count($0)) })
    }
  }

  func carryOut() throws(BackendError) {
    for worker in 0..<run.pool.width { run.sums(worker: worker).update(repeating: 0, count: layout.sumCount) }
    // What lies around the padded images stays as it is from item to item, so each thread clears it once.
    let isCleared = UnsafeMutableBufferPointer<Bool>.allocate(capacity: run.pool.width)
    isCleared.initialize(repeating: false)
    defer { isCleared.deallocate() }
    nonisolated(unsafe) let cleared = isCleared
    // One behind the step whose statistics are out of range.
    let outOfRange = Atomic<Int>(0)
    let images = run.plan.images
    let items = (images + layout.group - 1) / layout.group
    run.pool.run(items, isReversed: isReversed) { worker, item in
      if !cleared[worker] {
        run.padded(worker: worker).update(repeating: 0, count: layout.padded.count)
        cleared[worker] = true
      }
      let group = item * layout.group..<min(images, (item + 1) * layout.group)
      for (number, step) in steps.enumerated() {
        var prefetch = prefetch(of: number, group)
        let fits = step.carryOut(group, worker: worker, prefetch: &prefetch)
        if !fits { outOfRange.store(number + 1, ordering: .relaxed) }
      }
    }
    let step = outOfRange.load(ordering: .relaxed)
    guard step == 0 else {
      let shape = run.plan.steps[layout.steps.lowerBound + step - 1].shape
      throw BackendError(.valueOutOfRange, "activations too large, or not a number, around a layer of \(shape)")
    }
    for step in steps { step.finishStatistics() }
  }

  /// What the next step will read and write of the same images, or the first step of those that this thread will most
  /// likely take next.
  private func prefetch(of step: Int, _ group: Range<Int>) -> epads_prefetch {
    let isLast = step == steps.count - 1
    let next = isReversed ? group.lowerBound - group.count : group.upperBound
    let first = isLast ? next : group.lowerBound
    guard first >= 0, first + group.count <= run.plan.images else { return epads_prefetch() }
    return touched[isLast ? 0 : step + 1].prefetch(first..<first + group.count)
  }
}

/// Buffers that a step reads and writes.
private struct Touched: @unchecked Sendable {
  /// Of image 0, and the bytes of every part.
  private let image: epads_prefetch
  /// Bytes from a part's image to the next.
  private let strides: [Int]

  init(_ buffers: [(start: UnsafePointer<Float>, count: Int)]) {
    var image = epads_prefetch()
    let parts = withUnsafeBytes(of: image.parts) { $0.count / MemoryLayout<UnsafePointer<CChar>?>.stride }
    let buffers = buffers.prefix(parts)
    withUnsafeMutableBytes(of: &image.parts) { bytes in
      let parts = bytes.bindMemory(to: UnsafePointer<CChar>?.self)
      for (part, buffer) in buffers.enumerated() {
        parts[part] = UnsafeRawPointer(buffer.start).assumingMemoryBound(to: CChar.self)
      }
    }
    strides = buffers.map { $0.count * MemoryLayout<Float>.stride }
    image.count = buffers.count
    image.bytes = strides.min() ?? 0
    self.image = image
  }

  func prefetch(_ images: Range<Int>) -> epads_prefetch {
    var prefetch = image
    prefetch.bytes *= images.count
    withUnsafeMutableBytes(of: &prefetch.parts) { bytes in
      let parts = bytes.bindMemory(to: UnsafePointer<CChar>?.self)
      for part in strides.indices { parts[part]? += images.lowerBound * strides[part] }
    }
    return prefetch
  }
}

/// The memory of a run as a thread sees it in a pass.
struct PassMemory: StepMemory {
  let run: Run
  let layout: PassLayout
  let worker: Int

  var plan: Plan { run.plan }

  /// Image 0 of a buffer, or the first image of a group where only the pass reads it.
  func activations(_ buffer: Int) -> UnsafeMutablePointer<Float> {
    layout.local.offsets[buffer].map { run.local(worker: worker) + $0 * layout.group } ?? run.activations(buffer)
  }

  func scales(_ slot: Int) -> UnsafeMutablePointer<Float> { run.scales(slot) }

  func shifts(_ slot: Int) -> UnsafeMutablePointer<Float> { run.shifts(slot) }
}
