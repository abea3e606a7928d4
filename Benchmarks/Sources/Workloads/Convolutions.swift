import CPUKernels
import Compute
import NetworkGraph

/// A convolution of a NAS-Bench-201 network, or of a cell network.
struct ConvolutionShape {
  var inputs: Int
  var outputs: Int
  /// Width and height of the input.
  var size: Int
  var kernel: Int
  var stride = 1
  var dilation = 1
  var isDepthwise = false

  static let all = [
    ConvolutionShape(inputs: 16, outputs: 16, size: 32, kernel: 3),
    ConvolutionShape(inputs: 32, outputs: 32, size: 16, kernel: 3),
    ConvolutionShape(inputs: 64, outputs: 64, size: 8, kernel: 3),
    ConvolutionShape(inputs: 16, outputs: 16, size: 32, kernel: 1),
    ConvolutionShape(inputs: 32, outputs: 32, size: 16, kernel: 1),
    ConvolutionShape(inputs: 64, outputs: 64, size: 8, kernel: 1),
    ConvolutionShape(inputs: 16, outputs: 32, size: 32, kernel: 3, stride: 2),
    ConvolutionShape(inputs: 32, outputs: 64, size: 16, kernel: 3, stride: 2),
    // What a cell makes of the two before it, at widths 16 and 36.
    ConvolutionShape(inputs: 64, outputs: 16, size: 32, kernel: 1),
    ConvolutionShape(inputs: 144, outputs: 36, size: 32, kernel: 1),
    ConvolutionShape(inputs: 36, outputs: 36, size: 32, kernel: 1),
    // Of separable and dilated convolutions.
    depthwise(channels: 16, size: 32, kernel: 3),
    depthwise(channels: 32, size: 16, kernel: 5),
    depthwise(channels: 64, size: 8, kernel: 7),
    depthwise(channels: 16, size: 32, kernel: 3, dilation: 2),
    depthwise(channels: 32, size: 16, kernel: 5, dilation: 2),
    depthwise(channels: 32, size: 32, kernel: 5, stride: 2),
    // 40 and 72 channels with those of the padding: no multiple of the widest vectors.
    depthwise(channels: 36, size: 32, kernel: 3),
    depthwise(channels: 36, size: 32, kernel: 5),
    depthwise(channels: 72, size: 16, kernel: 7),
    depthwise(channels: 36, size: 32, kernel: 5, dilation: 2),
  ]

  private static func depthwise(
    channels: Int, size: Int, kernel: Int, stride: Int = 1, dilation: Int = 1
  ) -> ConvolutionShape {
    ConvolutionShape(
      inputs: channels, outputs: channels, size: size, kernel: kernel, stride: stride, dilation: dilation,
      isDepthwise: true)
  }

  var padding: Int { kernel / 2 * dilation }
  var paddedSize: Int { size + 2 * padding }
  var outputSize: Int { size / stride }
  var inputShape: TensorShape { TensorShape(channels: inputs, height: size, width: size) }
  var outputShape: TensorShape { TensorShape(channels: outputs, height: outputSize, width: outputSize) }
  /// Input channels of an output channel.
  var chainInputs: Int { isDepthwise ? 1 : inputs }
  /// Of one image, as a direct convolution.
  var operations: Double { Double(2 * outputShape.count * chainInputs * kernel * kernel) }

  var name: String {
    let geometry =
      (isDepthwise ? " depthwise" : "") + (stride == 1 ? "" : " stride \(stride)")
      + (dilation == 1 ? "" : " dilation \(dilation)")
    let channels = inputs == outputs ? "\(inputs)" : "\(inputs) to \(outputs)"
    return "\(kernel)x\(kernel)\(geometry), \(channels) channels, \(size)x\(size)"
  }
}

extension ConvolutionShape {
  /// The loop alone, on padded images that stay in the cache: as many as a thread takes at a time.
  func kernel(_ table: KernelTable) -> Workload {
    let images = group
    return Workload(
      group: .convolution, name: "\(name), kernel", unit: .operations, amount: operations * Double(images), threads: 1,
      parts: [Workload.Part(operations: products * Double(images), bytes: 0)]
    ) {
      let memory = ConvolutionMemory(self, table, results: images)
      let values = ValueOfImages(memory, table, images: images)
      values.make(first: 0)
      return { memory.convolve(values.padded.start, first: 0) }
    }
  }

  /// What a step of a plan does for each image: value, signs and padded copy, convolution, batch statistics; over so
  /// many images that they do not fit the second-level cache. A pointwise convolution follows a depthwise one, whose
  /// output stays in the cache.
  func step(_ table: KernelTable) -> Workload {
    let images = 64
    // The images are read, the outputs written, which reads them first.
    let floats = images * (inputShape.count + 2 * outputShape.count)
    let pointwise =
      isDepthwise ? ConvolutionShape(inputs: outputs, outputs: outputs, size: outputSize, kernel: 1) : nil
    let direct = operations + (pointwise?.operations ?? 0)
    return Workload(
      group: .convolution, name: "\(name)\(isDepthwise ? ", then 1x1" : ""), step", unit: .operations,
      amount: direct * Double(images), threads: 1,
      parts: [
        Workload.Part(
          operations: (products + (pointwise?.products ?? 0)) * Double(images), bytes: Double(4 * floats))
      ]
    ) {
      let memory = ConvolutionMemory(self, table, results: isDepthwise ? group : images)
      let values = ValueOfImages(memory, table, images: images)
      let second = pointwise.map { ConvolutionMemory($0, table, results: images, followsBranch: true) }
      return {
        for first in Swift.stride(from: 0, to: images, by: group) {
          values.make(first: first)
          memory.convolve(values.padded.start, first: second == nil ? first : 0)
          second?.convolve(memory.results.start, first: first)
        }
      }
    }
  }

  /// Operations of the products that are left: F(4x4, 3x3) takes 36 where a direct convolution takes 144.
  fileprivate var products: Double { isWinograd ? operations / 4 : operations }

  /// Whether the CPU backend would take Winograd's algorithm.
  fileprivate var isWinograd: Bool { kernel == 3 && stride == 1 && dilation == 1 && !isDepthwise }

  /// Images that a thread takes at a time: Winograd's tiles come in rounds.
  fileprivate var group: Int { isWinograd ? max(1, 16 * 16 / (size * size)) : 1 }
}

/// Everything that a convolution writes and reads but its images, laid out as the CPU backend does.
private final class ConvolutionMemory {
  let shape: ConvolutionShape
  let functions: epads_kernels
  /// Floats between positions of the padded images.
  let channels: Int
  let weights: Memory<Float>
  let results: Memory<Float>
  let offsets: Memory<Int>
  let sums: Memory<Int64>
  let scratch: Memory<Float>
  let lanes: Memory<Int>
  let outputs: [epads_output]
  let tiles: Int
  let vectors: Int
  var prefetch = epads_prefetch()

  var row: Int { shape.paddedSize * channels }
  var image: Int { shape.paddedSize * row }

  /// - Parameters:
  ///   - results: images that there is room for.
  ///   - followsBranch: whether what it reads is the output of a convolution.
  init(_ shape: ConvolutionShape, _ table: KernelTable, results count: Int, followsBranch: Bool = false) {
    self.shape = shape
    let readsVectors = shape.isWinograd || shape.isDepthwise
    let (inputs, outputs) = (Plan.aligned(shape.inputs), Plan.aligned(shape.outputs))
    channels = readsVectors || followsBranch ? inputs : shape.inputs
    tiles = epads_winograd_tiles(channels)
    let functions = table.fitting(channels: readsVectors ? outputs | inputs : outputs).functions
    self.functions = functions
    let area = shape.kernel * shape.kernel
    let chain = area * shape.chainInputs
    let packed = shape.isWinograd ? 36 * shape.inputs : chain
    let weights = Memory<Float>(repeating: 0, count: outputs * packed)
    let values = Memory<Float>.values(shape.outputs * chain)
    let imageCount = Plan.alignedCount(shape.outputShape)
    let results = Memory<Float>(repeating: 0, count: count * imageCount)
    let sums = Memory<Int64>(repeating: 0, count: 4 * outputs)
    let limit = BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: shape.outputShape, images: count))
    let lanes = Memory<Int>(repeating: 0, count: outputs)
    for channel in 0..<outputs { lanes.start[channel] = min(channel, shape.outputs - 1) }
    self.lanes = lanes
    self.outputs = stride(from: 0, to: outputs, by: functions.lanes).map { channel in
      let (source, target) = (values.start + channel * chain, weights.start + channel * packed)
      let filled = min(functions.lanes, shape.outputs - channel)
      if shape.isWinograd {
        functions.pack_winograd(source, filled, shape.inputs, target)
      } else {
        functions.pack_direct(source, filled, shape.chainInputs, area, target)
      }
      // No batch normalisation reads the output of a depthwise convolution.
      return epads_output(
        weights: target, bias: nil, data: results.start + channel, channels: outputs, row: shape.outputSize * outputs,
        image: imageCount, sums: shape.isDepthwise ? nil : sums.start + channel, limit: limit,
        lanes: shape.isDepthwise ? UnsafePointer(lanes.start + channel) : nil)
    }
    (self.weights, self.results, self.sums) = (weights, results, sums)
    // A kernel row is one run of a dense convolution's chain; otherwise a run is a position.
    let columns = shape.isDepthwise ? shape.kernel : 1
    let (rowStep, columnStep) = (shape.dilation * shape.paddedSize * channels, shape.dilation * channels)
    offsets = Memory(repeating: 0, count: shape.kernel * columns)
    for run in 0..<shape.kernel * columns {
      offsets.start[run] = run / columns * rowStep + run % columns * columnStep
    }
    vectors = max(1, 16 / functions.lanes)
    scratch = Memory(repeating: 0, count: epads_winograd_scratch(tiles, channels, vectors * functions.lanes))
  }

  /// Convolves as many padded images as a thread takes at a time.
  func convolve(_ padded: UnsafePointer<Float>, first: Int) {
    // The sums start anew: without end they would overflow.
    sums.start.update(repeating: 0, count: 4 * Plan.aligned(shape.outputs))
    if shape.isWinograd {
      var geometry = epads_winograd(
        images: shape.group, padded_image: image, padded_row: row, channels: channels, input_channels: shape.inputs,
        output_height: shape.outputSize, output_width: shape.outputSize, tiles: tiles, vectors: vectors,
        scratch: scratch.start)
      _ = functions.convolve_winograd(&geometry, padded, outputs, outputs.count, first, &prefetch)
      return
    }
    var geometry = epads_convolution(
      runs: shape.isDepthwise ? shape.kernel * shape.kernel : shape.kernel, run_offsets: offsets.start,
      run_length: shape.isDepthwise ? 1 : shape.kernel * shape.inputs,
      row_step: row * shape.stride, column_step: channels * shape.stride, output_height: shape.outputSize,
      output_width: shape.outputSize, inputs: shape.isDepthwise ? EPADS_OWN_INPUTS : EPADS_SHARED_INPUTS,
      kernel_width: shape.kernel, kernel_step: shape.dilation * channels)
    _ = functions.convolve(&geometry, padded, outputs, outputs.count, first, &prefetch)
  }
}

/// The images that a convolution reads, and the value that a step makes of each.
private final class ValueOfImages {
  let convolution: ConvolutionMemory
  let functions: epads_kernels
  let images: Memory<Float>
  let padded: Memory<Float>
  let code: Memory<UInt8>
  let ones: Memory<Float>
  let shift: Memory<Float>
  let rows: Memory<Float>

  init(_ convolution: ConvolutionMemory, _ table: KernelTable, images count: Int) {
    self.convolution = convolution
    let shape = convolution.shape
    let aligned = Plan.aligned(shape.inputs)
    functions = table.fitting(channels: aligned).functions
    let imageCount = Plan.alignedCount(shape.inputShape)
    images = .values(count * imageCount)
    padded = Memory(repeating: 0, count: convolution.image * shape.group + 64)
    code = Memory(repeating: 0, count: imageCount / 8)
    ones = Memory(repeating: 1, count: aligned)
    shift = Memory(repeating: 0, count: aligned)
    rows = Memory(repeating: 0, count: ValueMemory.rows(width: shape.size, channels: aligned))
  }

  /// Makes the padded images that a thread takes at a time.
  func make(first: Int) {
    let shape = convolution.shape
    let aligned = Plan.aligned(shape.inputs)
    for image in 0..<shape.group {
      var term = epads_term(
        data: images.start + (first + image) * Plan.alignedCount(shape.inputShape), height: shape.size,
        width: shape.size, channels: aligned)
      term.scale = UnsafePointer(ones.start)
      let target = padded.start + image * convolution.image
      withUnsafePointer(to: &term) { term in
        var value = epads_value(
          terms: term, count: 1, height: shape.size, width: shape.size, channels: aligned, first_row: 0,
          last_row: shape.size, shift: shift.start,
          ones: ones.start, rows: rows.start, output: nil, code: code.start,
          padded: target + shape.padding * (convolution.row + convolution.channels), padded_row: convolution.row,
          padded_channels: convolution.channels, activation: EPADS_RELU, prefetch: nil)
        functions.make_value(&value)
      }
    }
  }
}

extension epads_term {
  /// A whole term as it stands.
  init(data: UnsafePointer<Float>, height: Int, width: Int, channels: Int) {
    self.init(
      data: data, scale: nil, activation: EPADS_IDENTITY, is_part: 0, parts: 1, channels: channels, first_channel: 0,
      has_gaps: 0,
      is_maximum: 0, kernel_height: 0, kernel_width: 0, stride_height: 1, stride_width: 1, padding_height: 0,
      padding_width: 0, height: height, width: width)
  }
}
