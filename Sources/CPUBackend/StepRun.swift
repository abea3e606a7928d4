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
    run.writePartScales(of: step, layout)
    let order = layout.summands.flatMap(\.terms)
    terms = run.terms(of: step, layout)
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
    run.writeLanes(of: step)
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
          shift: shift, ones: run.ones, rows: run.rows(worker: worker), output: nil, code: nil, padded: nil,
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
  /// The terms over image 0, summand by summand.
  fileprivate func terms(of step: Plan.Step, _ layout: StepLayout) -> [epads_term] {
    var partScales = partScales
    return layout.summands.flatMap { summand in
      var parts = summand.terms.map { term(step.terms[$0]) }
      guard !summand.isWhole else { return parts }
      for index in parts.indices {
        parts[index].is_part = 1
        parts[index].parts = parts.count
        parts[index].has_gaps = summand.hasGaps ? 1 : 0
        parts[index].scale = UnsafePointer(partScales)
      }
      partScales += Plan.aligned(step.shape.channels)
      return parts
    }
  }

  /// A term over image 0.
  private func term(_ term: Plan.Term) -> epads_term {
    let shape = plan.buffers[term.buffer]
    var result = epads_term(
      data: activations(term.buffer), scale: nil, rectified: 0, is_part: 0, parts: 1,
      channels: Plan.aligned(shape.channels), first_channel: term.firstChannel, has_gaps: 0, is_maximum: 0,
      kernel_height: 0, kernel_width: 0, stride_height: 1, stride_width: 1, padding_height: 0, padding_width: 0,
      height: shape.height, width: shape.width)
    func pool(_ source: Plan.Source, _ pooling: Pooling) {
      result.rectified = source.rectified ? 1 : 0
      (result.kernel_height, result.kernel_width) = (pooling.kernel.height, pooling.kernel.width)
      (result.stride_height, result.stride_width) = (pooling.stride.height, pooling.stride.width)
      (result.padding_height, result.padding_width) = (pooling.padding.height, pooling.padding.width)
    }
    switch term.kind {
    case .normalized(_, let slot): result.scale = UnsafePointer(scales(slot))
    case .identity(let source): result.rectified = source.rectified ? 1 : 0
    case .averagePool(let source, let pooling): pool(source, pooling)
    case .maximumPool(let source, let pooling):
      pool(source, pooling)
      result.is_maximum = 1
    }
    return result
  }

  /// The scales of the summands in parts, side by side; 1 where a part is not normalised.
  fileprivate func writePartScales(of step: Plan.Step, _ layout: StepLayout) {
    var target = partScales
    let channels = Plan.aligned(step.shape.channels)
    for summand in layout.summands where !summand.isWhole {
      target.update(repeating: 1, count: channels)
      for term in summand.terms.map({ step.terms[$0] }) {
        guard case .normalized(let buffer, let slot) = term.kind else { continue }
        (target + term.firstChannel).update(from: scales(slot), count: plan.buffers[buffer].channels)
      }
      target += channels
    }
  }

  /// The sum of the shifts of a step's normalised terms, left to right.
  fileprivate func summedShifts(_ step: Plan.Step) -> [Float] {
    var total = [Float?](repeating: nil, count: Plan.aligned(step.shape.channels))
    for term in step.terms {
      guard case .normalized(let buffer, let slot) = term.kind else { continue }
      for channel in 0..<plan.buffers[buffer].channels {
        let shift = shifts(slot)[channel]
        total[term.firstChannel + channel] = total[term.firstChannel + channel].map { $0 + shift } ?? shift
      }
    }
    return total.map { $0 ?? 0 }
  }

  /// The vectors of a branch's output channels.
  fileprivate func outputs(
    _ step: Plan.Step, _ position: Int, _ stepLayout: StepLayout, weights: UnsafePointer<Float>, lanes: Int, worker: Int
  ) -> [epads_output] {
    let branch = step.branches[position]
    let shape = plan.buffers[branch.output]
    let channels = Plan.aligned(shape.channels)
    let sums = sums(worker: worker) + stepLayout.sumOffsets[position]
    let inputs = plan.inputShape(of: branch, in: step).channels / branch.convolution.groups
    let lanesBefore = step.branches[..<position].reduce(0) { total, branch in
      branch.convolution.groups > 1 ? total + Plan.aligned(branch.convolution.outputChannels) : total
    }
    // Read by other branches, or by later steps.
    let padded = stepLayout.parents[position]
    let data = padded.map { self.padded(worker: worker) + $0.place + $0.origin } ?? activations(branch.output)
    return stride(from: 0, to: channels, by: lanes).map { channel in
      epads_output(
        weights: weights + channel * inputs * branch.packedArea, data: data + channel, channels: channels,
        row: padded?.row ?? shape.width * channels, image: padded?.image ?? count(branch.output),
        sums: branch.statistics == nil ? nil : sums + channel, limit: limit(shape),
        lanes: branch.convolution.groups > 1 ? UnsafePointer(self.lanes + lanesBefore + channel) : nil)
    }
  }

  /// The first input channel of every output channel, for the grouped branches of a step; padded channels take the last
  /// one's.
  fileprivate func writeLanes(of step: Plan.Step) {
    var next = lanes
    for branch in step.branches where branch.convolution.groups > 1 {
      let convolution = branch.convolution
      let (inputs, outputs) = (
        plan.inputShape(of: branch, in: step).channels / convolution.groups,
        convolution.outputChannels / convolution.groups
      )
      for channel in 0..<Plan.aligned(convolution.outputChannels) {
        next.pointee = min(channel, convolution.outputChannels - 1) / outputs * inputs
        next += 1
      }
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
