internal import CPUKernels
internal import Compute
import Foundation
import NetworkGraph
import Randomness
import Synchronization

/// One run of a plan: where its parts lie, and its steps carried out one after the other.
struct Run: @unchecked Sendable {
  let plan: Plan
  let layout: Layout
  let pool: ThreadPool
  let instructionSet: InstructionSet
  /// `layout.bytes` bytes.
  private let memory: UnsafeMutableRawPointer

  init(
    _ plan: Plan, layout: Layout, memory: UnsafeMutableRawPointer, pool: ThreadPool, instructionSet: InstructionSet
  ) {
    self.plan = plan
    self.layout = layout
    self.memory = memory
    self.pool = pool
    self.instructionSet = instructionSet
  }

  func counts(images: ImageBatch) throws(BackendError) -> Counts {
    var counts = Counts()
    if plan.measurement == .distances {
      counts.sites = plan.sites.map { SiteCounts(name: $0.name, units: $0.units) }
    } else {
      counts.agreement = Array(repeating: 0, count: plan.batch * plan.batch)
    }
    packWeights()
    copyImages(images)
    var counted = Set<Int>()
    for (position, step) in plan.steps.enumerated() {
      switch step {
      case .convolution(let step):
        try convolve(step, weights: weights(position))
      case .node(let step):
        try sum(step)
        counted.formUnion(step.sites)
        switch plan.measurement {
        case .distances: countDistances(step, into: &counts)
        case .agreement: countAgreement(step, into: &counts)
        }
      }
    }
    if plan.measurement == .agreement {
      let constant = plan.sites.indices.reduce(0) { counted.contains($1) ? $0 : $0 + plan.sites[$1].units }
      if constant > 0 { for pair in counts.agreement.indices { counts.agreement[pair] += Int64(constant) } }
    }
    return counts
  }
}

// MARK: - Where things lie

extension Run {
  private func part<T>(_ offset: Int, of _: T.Type) -> UnsafeMutablePointer<T> {
    (memory + offset).assumingMemoryBound(to: T.self)
  }

  /// Image `image` of a buffer.
  func activations(_ buffer: Int, image: Int) -> UnsafeMutablePointer<Float> {
    let buffer = plan.buffers[buffer]
    return part(0, of: Float.self) + buffer.offset * plan.images + image * buffer.count
  }

  func weights(_ step: Int) -> UnsafeMutablePointer<Float> {
    part(layout.arena + layout.weightOffsets[step], of: Float.self)
  }

  func code(image: Int) -> UnsafeMutablePointer<UInt8> {
    part(layout.arena + layout.weights + image * layout.codeStride, of: UInt8.self)
  }

  /// Scratch for a padded image or a row.
  func scratch(worker: Int) -> UnsafeMutablePointer<Float> {
    part(layout.arena + layout.weights + layout.codes + worker * layout.scratch, of: Float.self)
  }

  /// [fine s, coarse s, fine q, coarse q][channel].
  func sums(worker: Int) -> UnsafeMutablePointer<Int64> {
    part(layout.arena + layout.weights + layout.codes + worker * layout.scratch + layout.padded, of: Int64.self)
  }

  func scales(_ slot: Int) -> UnsafeMutablePointer<Float> {
    part(
      layout.arena + layout.weights + layout.codes + layout.scratch * pool.width + layout.affineOffsets[slot],
      of: Float.self)
  }

  func shifts(_ slot: Int) -> UnsafeMutablePointer<Float> {
    scales(slot) + Plan.aligned(plan.statistics[slot].channels)
  }
}

// MARK: - Before the first step

extension Run {
  /// Makes and packs the weights of every convolution, the largest first so that no thread ends with one.
  private func packWeights() {
    let steps = plan.steps.indices.compactMap { position -> (position: Int, step: Plan.ConvolutionStep, count: Int)? in
      guard case .convolution(let step) = plan.steps[position] else { return nil }
      let inputs = plan.buffers[step.input.buffer].shape.channels
      return (position, step, step.convolution.outputChannels * inputs * step.convolution.kernel.area)
    }.sorted { $0.count > $1.count }
    pool.run(steps.count) { _, item in
      let (position, step, count) = steps[item]
      let inputs = plan.buffers[step.input.buffer].shape.channels
      let area = step.convolution.kernel.area
      let values = convolutionWeights(seed: plan.seed, name: step.weights, count: count, fanIn: inputs * area)
      var kernels = instructionSet.kernels(alignedChannels: Plan.aligned(step.convolution.outputChannels))
      epads_pack_weights(&kernels, values, step.convolution.outputChannels, inputs, area, weights(position))
    }
  }

  /// Planar images into the layout of the activations.
  private func copyImages(_ images: ImageBatch) {
    let shape = images.shape
    let aligned = Plan.aligned(shape.channels)
    let positions = shape.height * shape.width
    images.values.withUnsafeBufferPointer { values in
      nonisolated(unsafe) let values = values
      pool.run(images.count) { _, image in
        let target = activations(plan.input, image: image)
        for position in 0..<positions {
          for channel in 0..<aligned {
            target[position * aligned + channel] =
              channel < shape.channels ? values[(image * shape.channels + channel) * positions + position] : 0
          }
        }
      }
    }
  }
}

// MARK: - Steps

extension Run {
  private func convolve(_ step: Plan.ConvolutionStep, weights: UnsafeMutablePointer<Float>) throws(BackendError) {
    let input = plan.buffers[step.input.buffer].shape
    let output = plan.buffers[step.output].shape
    let convolution = step.convolution
    let paddedWidth = input.width + 2 * convolution.padding.width
    let channels = input.channels
    let row = paddedWidth * channels * convolution.dilation.height
    // Positions of a kernel row lie side by side unless it is dilated.
    let joined = convolution.dilation.width == 1
    var offsets: [Int] = []
    for y in 0..<convolution.kernel.height {
      for x in 0..<(joined ? 1 : convolution.kernel.width) {
        offsets.append(y * row + x * convolution.dilation.width * channels)
      }
    }
    let kernels = instructionSet.kernels(alignedChannels: Plan.aligned(output.channels))
    // A copy of whole vectors needs whole vectors in the input as well.
    let padding = instructionSet.kernels(alignedChannels: Plan.aligned(channels))
    try offsets.withUnsafeBufferPointer { offsets throws(BackendError) in
      guard let first = offsets.baseAddress else { return }
      let geometry = epads_convolution(
        runs: offsets.count, run_offsets: first, run_length: channels * (joined ? convolution.kernel.width : 1),
        row_step: paddedWidth * channels * convolution.stride.height, column_step: channels * convolution.stride.width,
        output_height: output.height, output_width: output.width, output_channels: Plan.aligned(output.channels))
      nonisolated(unsafe) let weights = weights
      try withStatistics(step.statistics, shape: output) { worker, image in
        let padded = scratch(worker: worker)
        var geometry = geometry
        padding.pad_image(
          activations(step.input.buffer, image: image), input.height, input.width, Plan.aligned(channels), channels,
          convolution.padding.height, convolution.padding.width, step.input.rectified ? 1 : 0, padded)
        let result = activations(step.output, image: image)
        kernels.convolve_image(&geometry, padded, weights, result)
        return result
      }
    }
  }

  private func sum(_ step: Plan.NodeStep) throws(BackendError) {
    let channels = Plan.aligned(step.shape.channels)
    let kernels = instructionSet.kernels(alignedChannels: channels)
    let shift = summedShifts(step, channels: channels)
    let codeBytes = channels * step.shape.height * step.shape.width / 8
    try withStatistics(step.statistics, shape: step.shape) { worker, image in
      let terms = step.terms.map { term(of: $0, image: image) }
      let result = step.output.map { activations($0, image: image) }
      let code = step.sites.isEmpty ? nil : code(image: image)
      kernels.sum_node(
        terms, terms.count, step.shape.height, step.shape.width, channels, shift, scratch(worker: worker), result, code)
      if let code { memset(code + codeBytes, 0, layout.codeStride - codeBytes) }
      return result
    }
  }

  /// The sum of the shifts of a node's normalised terms, left to right.
  private func summedShifts(_ step: Plan.NodeStep, channels: Int) -> [Float] {
    var total: [Float]?
    for case .normalized(_, let slot) in step.terms {
      let shift = Array(UnsafeBufferPointer(start: shifts(slot), count: channels))
      total = total.map { zip($0, shift).map { $0 + $1 } } ?? shift
    }
    return total ?? Array(repeating: 0, count: channels)
  }

  private func term(of term: Plan.Term, image: Int) -> epads_term {
    let shape = plan.buffers[term.buffer].shape
    var result = epads_term(
      data: activations(term.buffer, image: image), scale: nil, rectified: 0, kernel_height: 0, kernel_width: 0,
      stride_height: 1, stride_width: 1, padding_height: 0, padding_width: 0, height: shape.height, width: shape.width)
    switch term {
    case .normalized(_, let slot):
      result.scale = UnsafePointer(scales(slot))
    case .identity(let source):
      result.rectified = source.rectified ? 1 : 0
    case .averagePool(let source, let pooling):
      result.rectified = source.rectified ? 1 : 0
      (result.kernel_height, result.kernel_width) = (pooling.kernel.height, pooling.kernel.width)
      (result.stride_height, result.stride_width) = (pooling.stride.height, pooling.stride.width)
      (result.padding_height, result.padding_width) = (pooling.padding.height, pooling.padding.width)
    }
    return result
  }

  /// Runs `body` for every image and, where a slot is named, adds up the statistics of what it returns.
  private func withStatistics(
    _ slot: Int?, shape: TensorShape,
    _ body: @Sendable (_ worker: Int, _ image: Int) -> UnsafeMutablePointer<Float>?
  ) throws(BackendError) {
    guard let slot else {
      pool.run(plan.images) { worker, image in _ = body(worker, image) }
      return
    }
    let channels = Plan.aligned(shape.channels)
    let kernels = instructionSet.kernels(alignedChannels: channels)
    let limit = BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: shape, images: plan.images))
    let outOfRange = Atomic<Bool>(false)
    for worker in 0..<pool.width { sums(worker: worker).update(repeating: 0, count: 4 * channels) }
    pool.run(plan.images) { worker, image in
      guard let result = body(worker, image) else { return }
      if kernels.add_statistics(result, shape.height, shape.width, channels, limit, sums(worker: worker)) == 0 {
        outOfRange.store(true, ordering: .relaxed)
      }
    }
    guard !outOfRange.load(ordering: .relaxed) else {
      throw BackendError(
        .valueOutOfRange, "activations beyond \(limit), or not a number, in a layer of \(shape)")
    }
    finish(slot, channels: channels, shape: shape)
  }

  private func finish(_ slot: Int, channels: Int, shape: TensorShape) {
    let total = sums(worker: 0)
    for worker in 1..<max(1, pool.width) {
      let part = sums(worker: worker)
      for index in 0..<4 * channels { total[index] &+= part[index] }
    }
    for channel in 0..<channels {
      let affine = BatchStatistics.affine(
        sum: BatchStatistics.Sum(fine: total[channel], coarse: total[channels + channel]),
        squares: BatchStatistics.Sum(fine: total[2 * channels + channel], coarse: total[3 * channels + channel]),
        count: plan.images * shape.height * shape.width)
      scales(slot)[channel] = affine.scale
      shifts(slot)[channel] = affine.shift
    }
  }
}
