internal import CPUKernels
internal import Compute
import NetworkGraph
import Synchronization

/// A step of a run: the value of every image, and from it, while it is in the cache, the outputs of the branches.
struct StepRun: @unchecked Sendable {
  private let run: Run
  private let step: Plan.Step
  private let layout: StepLayout
  /// As image 0 has them.
  private let terms: [epads_term]
  /// Floats from a term's image to the next.
  private let termSteps: [Int]
  /// The buffers that the step reads and writes, each once: image 0 and the floats to the next.
  private let touched: [(start: UnsafePointer<Float>, step: Int)]
  /// The sum of the shifts of the normalised terms.
  private let shift: [Float]
  private let kernels: epads_kernels
  /// By thread and joined convolutions: their vectors of output channels.
  private let outputs: [[[epads_output]]]
  private let limit: Float
  /// Every other step begins with the images that the one before it ended with: they are still in the cache.
  private let isReversed: Bool

  init(_ run: Run, position: Int, weights: [UnsafePointer<Float>]) {
    let step = run.plan.steps[position]
    let layout = run.layout.steps[position]
    self.run = run
    self.step = step
    self.layout = layout
    isReversed = !position.isMultiple(of: 2)
    run.writePartScales(of: step, layout, to: run.partScales)
    let order = layout.summands.flatMap(\.terms)
    terms = run.terms(of: step, layout, partScales: run.partScales)
    termSteps = order.map { run.count(step.terms[$0].buffer) }
    let written =
      step.branches.indices.filter { layout.parents[$0] == nil }.map { step.branches[$0].output }
      + (step.isKept ? [step.output].compactMap(\.self) : [])
    var touched: [(start: UnsafePointer<Float>, step: Int)] = []
    for buffer in step.terms.map(\.buffer) + written {
      let start = UnsafePointer(run.activations(buffer))
      if !touched.contains(where: { $0.start == start }) { touched.append((start, run.count(buffer))) }
    }
    self.touched = touched
    shift = run.summedShifts(step)
    kernels = layout.kernels
    limit = run.limit(step.shape)
    run.writeLanes(of: step, to: run.lanes)
    outputs = (0..<run.pool.width).map { worker in
      layout.joined.map { joined in
        joined.branches.flatMap { branch in
          run.outputs(
            step, branch, layout, weights: weights[branch], lanes: joined.kernels.lanes, worker: worker)
        }
      }
    }
  }

  func carryOut() throws(BackendError) {
    for worker in 0..<run.pool.width { run.sums(worker: worker).update(repeating: 0, count: layout.sumCount) }
    // What lies around the padded images stays as it is from item to item, so each thread clears it once.
    let isCleared = UnsafeMutableBufferPointer<Bool>.allocate(capacity: run.pool.width)
    isCleared.initialize(repeating: false)
    defer { isCleared.deallocate() }
    nonisolated(unsafe) let cleared = isCleared
    let outOfRange = Atomic<Bool>(false)
    let images = run.plan.images
    let items = (images + layout.group - 1) / layout.group
    run.pool.run(items, isReversed: isReversed) { worker, item in
      if !cleared[worker] {
        run.padded(worker: worker).update(repeating: 0, count: layout.paddedCount)
        cleared[worker] = true
      }
      let group = item * layout.group..<min(images, (item + 1) * layout.group)
      var ahead = ahead(of: group)
      let valuesFit = makeValues(group, worker: worker, ahead: &ahead)
      let outputsFit = convolve(group, worker: worker, ahead: &ahead)
      if valuesFit & outputsFit == 0 { outOfRange.store(true, ordering: .relaxed) }
    }
    guard !outOfRange.load(ordering: .relaxed) else {
      throw BackendError(.valueOutOfRange, "activations too large, or not a number, around a layer of \(step.shape)")
    }
    finishStatistics()
  }

  /// - Returns: 0 where statistics are out of range.
  private func makeValues(_ group: Range<Int>, worker: Int, ahead: inout epads_ahead) -> Int32 {
    let shape = step.shape
    let channels = Plan.aligned(shape.channels)
    let count = Plan.alignedCount(shape)
    let codeBytes = count / 8
    var fits: Int32 = 1
    withUnsafeTemporaryAllocation(of: epads_term.self, capacity: terms.count) { imageTerms in
      shift.withUnsafeBufferPointer { shift in
        guard let firstTerm = imageTerms.baseAddress, let shift = shift.baseAddress else { return }
        var value = epads_value(
          terms: firstTerm, count: terms.count, height: shape.height, width: shape.width, channels: channels,
          first_row: 0, last_row: shape.height, shift: shift, ones: run.ones, rows: run.rows(worker: worker),
          output: nil, code: nil, padded: nil,
          padded_row: layout.value.row, padded_channels: layout.value.channels, rectified: step.rectified ? 1 : 0,
          ahead: nil)
        for image in group {
          for (index, term) in terms.enumerated() {
            imageTerms[index] = term
            imageTerms[index].data += image * termSteps[index]
          }
          if step.isKept { value.output = step.output.map { run.activations($0) + image * count } }
          if !step.sites.isEmpty { value.code = run.code(image: image) }
          if !step.branches.isEmpty {
            let padded = run.padded(worker: worker) + (image - group.lowerBound) * layout.value.image
            value.padded = padded + layout.value.origin
          }
          withUnsafeMutablePointer(to: &ahead) { ahead in
            if step.branches.isEmpty { value.ahead = ahead }
            kernels.make_value(&value)
          }
          // Whole 64-byte pieces are compared.
          if let code = value.code { (code + codeBytes).update(repeating: 0, count: run.layout.codeStride - codeBytes) }
          if step.statistics != nil, let output = value.output {
            fits &= kernels.add_statistics(
              output, shape.height, shape.width, channels, limit, run.sums(worker: worker))
          }
        }
      }
    }
    return fits
  }

  private func convolve(_ group: Range<Int>, worker: Int, ahead: inout epads_ahead) -> Int32 {
    var fits: Int32 = 1
    for (joined, outputs) in zip(layout.joined, outputs[worker]) {
      let shape = joined.outputShape
      let input = joined.input
      let padded = run.padded(worker: worker) + input.place + joined.origin
      // Images that other branches read are those of the group.
      let firstOutput = joined.isParent ? 0 : group.lowerBound
      switch joined.algorithm {
      case .direct:
        joined.runOffsets.withUnsafeBufferPointer { offsets in
          guard let first = offsets.baseAddress else { return }
          let stride = joined.convolution.stride
          var geometry = epads_convolution(
            runs: offsets.count, run_offsets: first, run_length: joined.runLength,
            row_step: input.row * stride.height, column_step: input.channels * stride.width,
            output_height: shape.height, output_width: shape.width, inputs: joined.inputs)
          for image in 0..<group.count {
            fits &= joined.kernels.convolve(
              &geometry, padded + image * input.image, outputs, outputs.count, firstOutput + image, &ahead)
          }
        }
      case .winograd:
        var geometry = epads_winograd(
          images: group.count, padded_image: input.image, padded_row: input.row, channels: input.channels,
          input_channels: joined.inputChannels, output_height: shape.height, output_width: shape.width,
          tiles: StepLayout.tiles, vectors: StepLayout.productChannels / joined.kernels.lanes,
          scratch: run.winograd(worker: worker))
        fits &= joined.kernels.convolve_winograd(&geometry, padded, outputs, outputs.count, firstOutput, &ahead)
      }
    }
    return fits
  }

  /// What the images read and write that this thread will most likely take next.
  private func ahead(of group: Range<Int>) -> epads_ahead {
    var ahead = epads_ahead()
    let first = isReversed ? group.lowerBound - group.count : group.upperBound
    guard first >= 0, first + group.count <= run.plan.images else { return ahead }
    withUnsafeMutableBytes(of: &ahead.parts) { parts in
      let parts = parts.bindMemory(to: UnsafePointer<CChar>?.self)
      for (start, step) in touched.prefix(parts.count) {
        parts[ahead.count] = UnsafeRawPointer(start + first * step).assumingMemoryBound(to: CChar.self)
        ahead.count += 1
      }
    }
    ahead.bytes = group.count * (touched.map(\.step).min() ?? 0) * MemoryLayout<Float>.stride
    return ahead
  }

  private func finishStatistics() {
    let total = run.sums(worker: 0)
    for worker in 1..<max(1, run.pool.width) {
      let part = run.sums(worker: worker)
      for index in 0..<layout.sumCount { total[index] &+= part[index] }
    }
    if let slot = step.statistics { run.finish(slot, sums: total) }
    for (branch, offset) in zip(step.branches, layout.sumOffsets) {
      if let slot = branch.statistics { run.finish(slot, sums: total + offset) }
    }
  }
}

extension Run {
  /// The vectors of a branch's output channels.
  fileprivate func outputs(
    _ step: Plan.Step, _ position: Int, _ stepLayout: StepLayout, weights: UnsafePointer<Float>, lanes: Int, worker: Int
  ) -> [epads_output] {
    let branch = step.branches[position]
    let shape = plan.buffers[branch.output]
    // Read by other branches, or by later steps.
    let target =
      stepLayout.parents[position].map { padded in
        OutputTarget(
          data: self.padded(worker: worker) + padded.place + padded.origin, row: padded.row, image: padded.image)
      }
      ?? OutputTarget(
        data: activations(branch.output), row: shape.width * Plan.aligned(shape.channels), image: count(branch.output))
    let sums = sums(worker: worker) + stepLayout.sumOffsets[position]
    return outputs(
      step, position, to: target, weights: weights, bias: nil, lanes: lanes, inputLanes: UnsafePointer(self.lanes)
    ) { channel, output in
      if branch.statistics != nil { output.sums = sums + channel }
      output.limit = limit(shape)
    }
  }

  /// The magnitude that the sums of a tile may have.
  fileprivate func limit(_ shape: TensorShape) -> Float {
    BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: shape, images: plan.images))
  }

  /// Scale and shift of a slot from its sums: [fine s, coarse s, fine q, coarse q][channel].
  fileprivate func finish(_ slot: Int, sums: UnsafeMutablePointer<Int64>) {
    let shape = plan.statistics[slot]
    let channels = Plan.aligned(shape.channels)
    for channel in 0..<channels {
      let affine = BatchStatistics.affine(
        sum: BatchStatistics.Sum(fine: sums[channel], coarse: sums[channels + channel]),
        squares: BatchStatistics.Sum(fine: sums[2 * channels + channel], coarse: sums[3 * channels + channel]),
        count: plan.images * shape.height * shape.width)
      scales(slot)[channel] = affine.scale
      shifts(slot)[channel] = affine.shift
    }
  }
}
