internal import CPUKernels
internal import Compute
import NetworkGraph

/// Where the steps of a plan find what they read and write, and the descriptions of it that the loops take.
protocol StepMemory {
  var plan: Plan { get }

  /// Image 0 of a buffer; the others follow.
  func activations(_ buffer: Int) -> UnsafeMutablePointer<Float>

  /// Of a slot of statistics: aligned channels each.
  func scales(_ slot: Int) -> UnsafeMutablePointer<Float>
  func shifts(_ slot: Int) -> UnsafeMutablePointer<Float>
}

/// Where a convolution writes image 0.
struct OutputTarget {
  var data: UnsafeMutablePointer<Float>
  /// Floats between rows and between images.
  var row: Int
  var image: Int
}

extension StepMemory {
  /// Floats of one image.
  func count(_ buffer: Int) -> Int { Plan.alignedCount(plan.buffers[buffer]) }

  /// Rows of a planar image of the input into one whose positions are `channels` and whose rows `row` floats apart;
  /// channels beyond the image's are zeros.
  func place(
    _ values: UnsafeBufferPointer<Float>, image: Int, rows: Range<Int>, to target: UnsafeMutablePointer<Float>,
    row: Int,
    channels: Int
  ) {
    let shape = plan.buffers[plan.input]
    for y in rows {
      let target = target + y * row
      if channels > shape.channels { target.update(repeating: 0, count: shape.width * channels) }
      for channel in 0..<shape.channels {
        let first = ((image * shape.channels + channel) * shape.height + y) * shape.width
        for x in 0..<shape.width { target[x * channels + channel] = values[first + x] }
      }
    }
  }

  /// The terms over image 0, summand by summand.
  ///
  /// - Parameter partScales: as `writePartScales` has written them.
  func terms(of step: Plan.Step, _ layout: StepLayout, partScales: UnsafePointer<Float>) -> [epads_term] {
    var partScales = partScales
    return layout.summands.flatMap { summand in
      var parts = summand.terms.map { term(step.terms[$0]) }
      guard !summand.isWhole else { return parts }
      for index in parts.indices {
        parts[index].is_part = 1
        parts[index].parts = parts.count
        parts[index].has_gaps = summand.hasGaps ? 1 : 0
        parts[index].scale = partScales
      }
      partScales += Plan.aligned(step.shape.channels)
      return parts
    }
  }

  /// The value of a step over all rows of an image, but for what it writes.
  ///
  /// - Parameters:
  ///   - shift: as `summedShifts` gives it.
  ///   - ones: as many as the value has aligned channels.
  func value(
    of step: Plan.Step, _ layout: StepLayout, terms: UnsafePointer<epads_term>, shift: UnsafePointer<Float>,
    ones: UnsafePointer<Float>, rows: UnsafeMutablePointer<Float>
  ) -> epads_value {
    epads_value(
      terms: terms, count: layout.summands.reduce(0) { $0 + $1.terms.count }, height: step.shape.height,
      width: step.shape.width, channels: Plan.aligned(step.shape.channels), first_row: 0, last_row: step.shape.height,
      shift: shift, ones: ones, rows: rows, output: nil, code: nil, padded: nil, padded_row: layout.value.row,
      padded_channels: layout.value.channels, activation: step.activation.loopFunction, prefetch: nil)
  }

  /// A term over image 0.
  private func term(_ term: Plan.Term) -> epads_term {
    let shape = plan.buffers[term.buffer]
    var result = epads_term(
      data: activations(term.buffer), scale: nil, activation: Function.identity.loopFunction, is_part: 0, parts: 1,
      channels: Plan.aligned(shape.channels), first_channel: term.firstChannel, has_gaps: 0, is_maximum: 0,
      kernel_height: 0, kernel_width: 0, stride_height: 1, stride_width: 1, padding_height: 0, padding_width: 0,
      height: shape.height, width: shape.width)
    func pool(_ source: Plan.Source, _ pooling: Pooling) {
      result.activation = source.activation.loopFunction
      (result.kernel_height, result.kernel_width) = (pooling.kernel.height, pooling.kernel.width)
      (result.stride_height, result.stride_width) = (pooling.stride.height, pooling.stride.width)
      (result.padding_height, result.padding_width) = (pooling.padding.height, pooling.padding.width)
    }
    switch term.kind {
    case .normalized(_, let slot): result.scale = UnsafePointer(scales(slot))
    case .identity(let source): result.activation = source.activation.loopFunction
    case .averagePool(let source, let pooling): pool(source, pooling)
    case .maxPool(let source, let pooling):
      pool(source, pooling)
      result.is_maximum = 1
    }
    return result
  }

  /// The scales of the summands in parts, side by side; 1 where a part is not normalised.
  func writePartScales(of step: Plan.Step, _ layout: StepLayout, to start: UnsafeMutablePointer<Float>) {
    var target = start
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
  func summedShifts(_ step: Plan.Step) -> [Float] {
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

  /// The first input channel of every output channel, for the grouped branches of a step; padded channels take the last
  /// one's.
  func writeLaneInputs(of step: Plan.Step, to start: UnsafeMutablePointer<Int>) {
    var next = start
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

  /// The vectors of a branch's output channels.
  ///
  /// - Parameters:
  ///   - lanes: channels of a vector.
  ///   - laneInputs: as `writeLaneInputs` has written them for the step.
  ///   - complete: adds to a vector, given its first channel.
  func outputs(
    _ step: Plan.Step, _ position: Int, to target: OutputTarget, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, lanes: Int, laneInputs: UnsafePointer<Int>,
    complete: (Int, inout epads_output) -> Void = { _, _ in }
  ) -> [epads_output] {
    let branch = step.branches[position]
    let channels = Plan.aligned(branch.convolution.outputChannels)
    let inputs = plan.inputShape(of: branch, in: step).channels / branch.convolution.groups
    let before = step.branches[..<position].reduce(0) { total, branch in
      branch.convolution.groups > 1 ? total + Plan.aligned(branch.convolution.outputChannels) : total
    }
    return stride(from: 0, to: channels, by: lanes).map { channel in
      var output = epads_output(
        weights: weights + channel * inputs * branch.packedArea, bias: bias.map { $0 + channel },
        data: target.data + channel, channels: channels, row: target.row, image: target.image, sums: nil, limit: 0,
        lane_inputs: branch.convolution.groups > 1 ? laneInputs + before + channel : nil)
      complete(channel, &output)
      return output
    }
  }
}
