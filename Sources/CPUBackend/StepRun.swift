internal import CPUKernels
internal import Compute
import NetworkGraph

/// A step of a pass: the value of every image, and from it, while it is in the cache, the outputs of the branches.
///
/// A class: threads that copied the many parts of a structure for every group would get into each other's way.
final class StepRun: @unchecked Sendable {
  private let run: Run
  private let step: Plan.Step
  private let layout: StepLayout
  private let places: PaddedPlaces
  /// Which of the codes of the pass is that of the value.
  private let code: Int
  /// By thread: the terms as the first image has them.
  private let terms: [[epads_term]]
  /// Floats from a term's image to the next, and whether the first one is that of a group.
  private let termImages: [(step: Int, isLocal: Bool)]
  /// By thread, where the value is kept; and whether its first image is that of a group.
  private let kept: [UnsafeMutablePointer<Float>]?
  private let isLocal: Bool
  /// The sum of the shifts of the normalised terms.
  private let shift: [Float]
  private let kernels: epads_kernels
  /// By thread and joined convolutions: their vectors of output channels.
  private let outputs: [[[epads_output]]]
  private let limit: Float
  /// Integers from the first statistics of a thread.
  private let sumOffset: Int

  init(_ run: Run, _ pass: PassLayout, position: Int, weights: [UnsafePointer<Float>]) {
    let step = run.plan.steps[position]
    let layout = run.layout.steps[position]
    let number = position - pass.steps.lowerBound
    self.run = run
    self.step = step
    self.layout = layout
    places = pass.padded.places[number]
    code = pass.codes[number]
    sumOffset = pass.sums[number]
    let partScales = run.partScales + pass.partScales[number]
    run.writePartScales(of: step, layout, to: partScales)
    let memory = (0..<run.pool.width).map { PassMemory(run: run, layout: pass, worker: $0) }
    terms = memory.map { $0.terms(of: step, layout, partScales: partScales) }
    termImages = layout.summands.flatMap(\.terms).map { term in
      let buffer = step.terms[term].buffer
      return (run.count(buffer), pass.local.offsets[buffer] != nil)
    }
    let output = step.isKept ? step.output : nil
    kept = output.map { output in memory.map { $0.activations(output) } }
    isLocal = output.map { pass.local.offsets[$0] != nil } ?? false
    shift = run.summedShifts(step)
    kernels = layout.kernels
    limit = run.limit(step.shape)
    let lanes = run.lanes + pass.lanes[number]
    run.writeLanes(of: step, to: lanes)
    let (places, sumOffset) = (places, sumOffset)
    outputs = (0..<run.pool.width).map { worker in
      layout.joined.map { joined in
        joined.branches.flatMap { branch in
          run.outputs(
            step, branch, layout, places, weights: weights[branch], lanes: joined.kernels.lanes,
            inputLanes: UnsafePointer(lanes), sums: run.sums(worker: worker) + sumOffset, worker: worker)
        }
      }
    }
  }

  /// Takes a group of images through the step.
  ///
  /// - Returns: whether its statistics are in range.
  func carryOut(_ group: Range<Int>, worker: Int, ahead: inout epads_ahead) -> Bool {
    let valuesFit = makeValues(group, worker: worker, ahead: &ahead)
    let outputsFit = convolve(group, worker: worker, ahead: &ahead)
    return valuesFit & outputsFit != 0
  }

  private func makeValues(_ group: Range<Int>, worker: Int, ahead: inout epads_ahead) -> Int32 {
    let shape = step.shape
    let channels = Plan.aligned(shape.channels)
    let count = Plan.alignedCount(shape)
    let codeBytes = count / 8
    let terms = terms[worker]
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
          let number = image - group.lowerBound
          for (index, term) in terms.enumerated() {
            imageTerms[index] = term
            imageTerms[index].data += (termImages[index].isLocal ? number : image) * termImages[index].step
          }
          value.output = kept.map { $0[worker] + (isLocal ? number : image) * count }
          if !step.sites.isEmpty { value.code = run.code(code, image: image) }
          if !step.branches.isEmpty {
            let padded = run.padded(worker: worker) + places.value + number * layout.value.image
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
              output, shape.height, shape.width, channels, limit, run.sums(worker: worker) + sumOffset)
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
      let padded = run.padded(worker: worker) + places.input(of: joined) + joined.origin
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
            output_height: shape.height, output_width: shape.width, inputs: joined.inputs,
            kernel_width: joined.convolution.kernel.width, kernel_step: joined.kernelStep)
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

  /// Adds up what the threads have, and makes scales and shifts of it.
  func finishStatistics() {
    let total = run.sums(worker: 0) + sumOffset
    for worker in 1..<max(1, run.pool.width) {
      let part = run.sums(worker: worker) + sumOffset
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
  ///
  /// - Parameter sums: the statistics of the step.
  fileprivate func outputs(
    _ step: Plan.Step, _ position: Int, _ stepLayout: StepLayout, _ places: PaddedPlaces,
    weights: UnsafePointer<Float>, lanes: Int, inputLanes: UnsafePointer<Int>, sums: UnsafeMutablePointer<Int64>,
    worker: Int
  ) -> [epads_output] {
    let branch = step.branches[position]
    let shape = plan.buffers[branch.output]
    // Read by other branches, or by later steps.
    let target =
      if let padded = stepLayout.parents[position], let place = places.parents[position] {
        OutputTarget(
          data: self.padded(worker: worker) + place + padded.origin, row: padded.row, image: padded.image)
      } else {
        OutputTarget(
          data: activations(branch.output), row: shape.width * Plan.aligned(shape.channels), image: count(branch.output)
        )
      }
    let sums = sums + stepLayout.sumOffsets[position]
    return outputs(
      step, position, to: target, weights: weights, bias: nil, lanes: lanes, inputLanes: inputLanes
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
