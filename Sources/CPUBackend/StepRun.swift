internal import CPUKernels
internal import Compute
import NetworkGraph

/// A step of a pass: the value of every image, and from it, while it is in the cache, the outputs of the branches.
///
/// What threads do is described once, in plain memory: arrays that they share would be counted for every group.
final class StepRun: @unchecked Sendable {
  /// What a thread needs.
  private struct Worker {
    /// But for what it reads and writes of an image; the terms are the thread's own.
    var value: epads_value
    let terms: UnsafeMutablePointer<epads_term>
    let places: UnsafePointer<TermPlace>
    let kept: UnsafeMutablePointer<Float>?
    /// Where the group's first image is padded; nil where no branch reads it.
    let padded: UnsafeMutablePointer<Float>?
    let sums: UnsafeMutablePointer<Int64>
    let convolutions: UnsafePointer<ConvolutionTask>
    let winograd: UnsafeMutablePointer<Float>
  }

  /// Where image 0 of a term lies, or the first of a group; floats to the next.
  private struct TermPlace {
    let data: UnsafePointer<Float>
    let step: Int
    let isLocal: Bool
  }

  private let run: Run
  private let pass: PassLayout
  /// One a thread.
  private let memories: [PassMemory]
  private let step: Plan.Step
  private let layout: StepLayout
  /// Planar.
  private let images: UnsafeBufferPointer<Float>
  private let descriptions = Descriptions()
  private let workers: UnsafePointer<Worker>
  private let kernels: epads_kernels
  private let operation: OperationTask?
  private let termCount: Int
  private let convolutionCount: Int
  /// Image 0's code, and bytes of it and of all that are compared; nil where nobody counts it.
  private let code: UnsafeMutablePointer<UInt8>?
  private let codeBytes: Int
  private let codeStride: Int
  /// Floats of an image of the value, and whether it is kept by group.
  private let count: Int
  private let isLocal: Bool
  /// Whether the value itself has statistics.
  private let hasStatistics: Bool
  private let limit: Float
  /// Integers from the first statistics of a thread.
  private let sumOffset: Int

  init(
    _ run: Run, _ pass: PassLayout, _ images: UnsafeBufferPointer<Float>, position: Int
  ) {
    let step = run.plan.steps[position]
    let layout = run.layout.steps[position]
    let number = position - pass.steps.lowerBound
    self.run = run
    self.pass = pass
    memories = (0..<run.pool.width).map { PassMemory(run: run, layout: pass, worker: $0) }
    self.images = images
    self.step = step
    self.layout = layout
    kernels = layout.kernels
    limit = run.limit(step.shape)
    sumOffset = pass.sums[number]
    count = Plan.alignedCount(step.shape)
    codeBytes = count / 8
    codeStride = run.layout.codeStride
    code = step.sites.isEmpty ? nil : run.code(pass.codes[number], image: 0)
    hasStatistics = step.statistics != nil
    let output = step.isKept ? step.output : nil
    isLocal = output.map { pass.local.offsets[$0] != nil } ?? false
    let partScales = run.partScales + pass.partScales[number]
    run.writePartScales(of: step, layout, to: partScales)
    let laneInputs = run.laneInputs + pass.laneInputs[number]
    run.writeLaneInputs(of: step, to: laneInputs)
    let shift = descriptions.keep(run.summedShifts(step))
    let buffers = layout.summands.flatMap(\.terms).map { step.terms[$0].buffer }
    termCount = buffers.count
    convolutionCount = layout.joined.count
    let (places, sumOffset, descriptions) = (pass.padded.places[number], sumOffset, descriptions)
    operation = step.operation.map {
      OperationTask($0, step, layout, run.plan, constants: run.constants, descriptions)
    }
    let workers = (0..<run.pool.width).map { worker in
      let memory = PassMemory(run: run, layout: pass, worker: worker)
      let terms = descriptions.keep(memory.terms(of: step, layout, partScales: partScales))
      let termPlaces = buffers.enumerated().map { index, buffer in
        TermPlace(data: terms[index].data, step: run.count(buffer), isLocal: pass.local.offsets[buffer] != nil)
      }
      let sums = run.sums(worker: worker) + sumOffset
      let convolutions = layout.joined.map { joined in
        run.convolution(
          joined, of: position, layout, places, pass, laneInputs: UnsafePointer(laneInputs), sums: sums, worker: worker,
          descriptions)
      }
      return Worker(
        value: run.value(of: step, layout, terms: terms, shift: shift, ones: run.ones, rows: run.rows(worker: worker)),
        terms: terms, places: descriptions.keep(termPlaces), kept: output.map { memory.activations($0) },
        padded: step.branches.isEmpty ? nil : run.padded(worker: worker) + places.value + layout.value.origin,
        sums: sums, convolutions: descriptions.keep(convolutions), winograd: run.winograd(worker: worker))
    }
    self.workers = UnsafePointer(descriptions.keep(workers))
  }

  /// Takes a group of images through the step.
  ///
  /// - Returns: whether its statistics are in range.
  func carryOut(_ group: Range<Int>, worker number: Int, prefetch: inout epads_prefetch) -> Bool {
    let worker = workers[number]
    var fits: Int32 = 1
    if let operation {
      operate(operation, group, worker: number, kept: worker.kept)
    } else if layout.isInput {
      padInput(group, worker)
    } else {
      fits = makeValues(group, worker, prefetch: &prefetch)
    }
    for index in 0..<convolutionCount {
      fits &= worker.convolutions[index].carryOut(group, winograd: worker.winograd, prefetch: &prefetch)
    }
    return fits != 0
  }

  private func padInput(_ group: Range<Int>, _ worker: Worker) {
    guard let padded = worker.padded else { return }
    for image in group {
      run.place(
        images, image: image, rows: 0..<step.shape.height,
        to: padded + (image - group.lowerBound) * layout.value.image, row: layout.value.row,
        channels: layout.value.channels)
    }
  }

  private func operate(
    _ operation: OperationTask, _ group: Range<Int>, worker: Int, kept: UnsafeMutablePointer<Float>?
  ) {
    guard let kept else { return }
    for image in group {
      let number = image - group.lowerBound
      operation.carryOut(to: kept + (isLocal ? number : image) * count, scratch: run.rows(worker: worker)) { buffer in
        let isLocal = pass.local.offsets[buffer] != nil
        return memories[worker].activations(buffer) + (isLocal ? number : image) * run.count(buffer)
      }
    }
  }

  private func makeValues(_ group: Range<Int>, _ worker: Worker, prefetch: inout epads_prefetch) -> Int32 {
    var value = worker.value
    var fits: Int32 = 1
    for image in group {
      let number = image - group.lowerBound
      for index in 0..<termCount {
        let place = worker.places[index]
        worker.terms[index].data = place.data + (place.isLocal ? number : image) * place.step
      }
      value.output = worker.kept.map { $0 + (isLocal ? number : image) * count }
      value.code = code.map { $0 + image * codeStride }
      value.padded = worker.padded.map { $0 + number * layout.value.image }
      withUnsafeMutablePointer(to: &prefetch) { prefetch in
        if value.padded == nil { value.prefetch = prefetch }
        kernels.make_value(&value)
      }
      // Whole 64-byte pieces are compared.
      if let code = value.code { (code + codeBytes).update(repeating: 0, count: codeStride - codeBytes) }
      if hasStatistics, let output = value.output {
        fits &= kernels.add_statistics(output, value.height, value.width, value.channels, limit, worker.sums)
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
  /// Joined convolutions of a step.
  ///
  /// - Parameter sums: the statistics of the step.
  fileprivate func convolution(
    _ joined: StepLayout.Joined, of step: Int, _ stepLayout: StepLayout, _ places: PaddedPlaces, _ pass: PassLayout,
    laneInputs: UnsafePointer<Int>, sums: UnsafeMutablePointer<Int64>, worker: Int, _ descriptions: Descriptions
  ) -> ConvolutionTask {
    let outputs = joined.branches.flatMap { branch in
      self.outputs(
        step, branch, stepLayout, places, pass, lanes: joined.kernels.lanes, laneInputs: laneInputs, sums: sums,
        worker: worker)
    }
    return ConvolutionTask(
      joined, padded: padded(worker: worker) + places.input(of: joined) + joined.origin, outputs: outputs, descriptions)
  }

  /// The vectors of a branch's output channels.
  ///
  /// - Parameter sums: the statistics of the step.
  fileprivate func outputs(
    _ number: Int, _ position: Int, _ stepLayout: StepLayout, _ places: PaddedPlaces, _ pass: PassLayout, lanes: Int,
    laneInputs: UnsafePointer<Int>, sums: UnsafeMutablePointer<Int64>, worker: Int
  ) -> [epads_output] {
    let step = plan.steps[number]
    let memory = PassMemory(run: self, layout: pass, worker: worker)
    let branch = step.branches[position]
    let shape = plan.buffers[branch.output]
    // Read by other branches, or by later steps.
    let target =
      if let padded = stepLayout.parents[position], let place = places.parents[position] {
        OutputTarget(
          data: self.padded(worker: worker) + place + padded.origin, row: padded.row, image: padded.image)
      } else {
        OutputTarget(
          data: memory.activations(branch.output), row: shape.width * Plan.aligned(shape.channels),
          image: count(branch.output))
      }
    let sums = sums + stepLayout.sumOffsets[position]
    return outputs(
      step, position, to: target, weights: UnsafePointer(constants.weights[number][position].start),
      bias: constants.biases[number][position], lanes: lanes, laneInputs: laneInputs
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
    let (shape, normalization) = (plan.statistics[slot].shape, plan.statistics[slot].normalization)
    let own = constants.affines[slot]
    let channels = Plan.aligned(shape.channels)
    for channel in 0..<channels {
      let affine = BatchStatistics.affine(
        sum: BatchStatistics.Sum(fine: sums[channel], coarse: sums[channels + channel]),
        squares: BatchStatistics.Sum(fine: sums[2 * channels + channel], coarse: sums[3 * channels + channel]),
        count: plan.images * shape.height * shape.width, epsilon: normalization.epsilon,
        gamma: own.scale.flatMap { channel < $0.count ? $0[channel] : nil } ?? 1,
        beta: own.shift.flatMap { channel < $0.count ? $0[channel] : nil } ?? 0)
      scales(slot)[channel] = affine.scale
      shifts(slot)[channel] = affine.shift
    }
  }
}
