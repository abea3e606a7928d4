import CPUKernels
import Compute
import NetworkGraph

/// A convolution of a NAS-Bench-201 network, or a depthwise one of a cell network.
struct ConvolutionShape {
  var inputs: Int
  var outputs: Int
  /// Width and height of the input.
  var size: Int
  var kernel: Int
  var stride = 1
  /// 1, or as many as channels.
  var groups = 1

  static let all = [
    ConvolutionShape(inputs: 16, outputs: 16, size: 32, kernel: 3),
    ConvolutionShape(inputs: 32, outputs: 32, size: 16, kernel: 3),
    ConvolutionShape(inputs: 64, outputs: 64, size: 8, kernel: 3),
    ConvolutionShape(inputs: 16, outputs: 16, size: 32, kernel: 1),
    ConvolutionShape(inputs: 32, outputs: 32, size: 16, kernel: 1),
    ConvolutionShape(inputs: 64, outputs: 64, size: 8, kernel: 1),
    ConvolutionShape(inputs: 16, outputs: 32, size: 32, kernel: 3, stride: 2),
    ConvolutionShape(inputs: 32, outputs: 64, size: 16, kernel: 3, stride: 2),
    ConvolutionShape(inputs: 32, outputs: 32, size: 32, kernel: 3, groups: 32),
    ConvolutionShape(inputs: 64, outputs: 64, size: 16, kernel: 5, groups: 64),
    ConvolutionShape(inputs: 128, outputs: 128, size: 8, kernel: 7, groups: 128),
  ]

  var padding: Int { kernel / 2 }
  var paddedSize: Int { size + 2 * padding }
  var outputSize: Int { size / stride }
  var inputCount: Int { size * size * inputs }
  var outputCount: Int { outputSize * outputSize * outputs }
  /// Of one image, as a direct convolution.
  var operations: Double { Double(2 * outputCount * inputs / groups * kernel * kernel) }

  var name: String {
    let steps = stride == 1 ? "" : " stride \(stride)"
    let channels = inputs == outputs ? "\(inputs)" : "\(inputs) to \(outputs)"
    let depthwise = groups > 1 ? " depthwise" : ""
    return "\(kernel)x\(kernel)\(depthwise)\(steps), \(channels) channels, \(size)x\(size)"
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
      let memory = ConvolutionMemory(self, table, images: images)
      memory.makeValues(first: 0)
      return { memory.convolve(first: 0) }
    }
  }

  /// What a step of a plan does for each image: value, signs and padded copy, convolution, batch statistics; over so many
  /// images that they do not fit the second-level cache.
  func step(_ table: KernelTable) -> Workload {
    let images = 64
    // The images are read, the outputs written, which reads them first.
    let floats = images * (inputCount + 2 * outputCount)
    return Workload(
      group: .convolution, name: "\(name), step", unit: .operations, amount: operations * Double(images), threads: 1,
      parts: [Workload.Part(operations: products * Double(images), bytes: Double(4 * floats))]
    ) {
      let memory = ConvolutionMemory(self, table, images: images)
      return {
        for first in Swift.stride(from: 0, to: images, by: group) {
          memory.makeValues(first: first)
          memory.convolve(first: first)
        }
      }
    }
  }

  /// Operations of the products that are left: F(4x4, 3x3) takes 36 where a direct convolution takes 144.
  fileprivate var products: Double { isWinograd ? operations / 4 : operations }

  /// Whether the CPU backend would take Winograd's algorithm.
  fileprivate var isWinograd: Bool { kernel == 3 && stride == 1 && groups == 1 }

  /// Images that a thread takes at a time: Winograd's tiles come in rounds.
  fileprivate var group: Int { isWinograd ? max(1, 16 * 16 / (size * size)) : 1 }
}

/// Everything that a convolution reads and writes, laid out as the CPU backend does.
private final class ConvolutionMemory {
  let shape: ConvolutionShape
  let functions: epads_kernels
  let images: Memory<Float>
  let padded: Memory<Float>
  let weights: Memory<Float>
  let results: Memory<Float>
  let offsets: Memory<Int>
  let sums: Memory<Int64>
  let scratch: Memory<Float>
  let code: Memory<UInt8>
  let ones: Memory<Float>
  let shift: Memory<Float>
  let rows: Memory<Float>
  let lanes: Memory<Int>
  let outputs: [epads_output]
  let tiles = 16
  let vectors: Int
  let paddedImage: Int
  var ahead = epads_ahead()

  init(_ shape: ConvolutionShape, _ table: KernelTable, images count: Int) {
    self.shape = shape
    let functions = table.functions
    self.functions = functions
    images = .values(count * shape.inputCount)
    paddedImage = shape.paddedSize * shape.paddedSize * shape.inputs
    padded = Memory(repeating: 0, count: paddedImage * shape.group + 64)
    let inputs = shape.inputs / shape.groups
    let chain = shape.kernel * shape.kernel * inputs
    let packed = shape.isWinograd ? 36 * inputs : chain
    let weights = Memory<Float>(repeating: 0, count: shape.outputs * packed)
    let values = Memory<Float>.values(shape.outputs * chain)
    let results = Memory<Float>(repeating: 0, count: count * shape.outputCount)
    let sums = Memory<Int64>(repeating: 0, count: 4 * shape.outputs)
    let output = TensorShape(channels: shape.outputs, height: shape.outputSize, width: shape.outputSize)
    let limit = BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: output, images: count))
    let lanes = Memory<Int>(repeating: 0, count: shape.outputs)
    for channel in 0..<shape.outputs { lanes.start[channel] = channel }
    self.lanes = lanes
    outputs = stride(from: 0, to: shape.outputs, by: functions.lanes).map { channel in
      let (source, target) = (values.start + channel * chain, weights.start + channel * packed)
      if shape.isWinograd {
        functions.pack_winograd(source, functions.lanes, inputs, target)
      } else {
        functions.pack_direct(source, functions.lanes, inputs, shape.kernel * shape.kernel, target)
      }
      return epads_output(
        weights: target, data: results.start + channel, channels: shape.outputs, image: shape.outputCount,
        sums: sums.start + channel, limit: limit,
        lanes: shape.groups > 1 ? UnsafePointer(lanes.start + channel) : nil)
    }
    (self.weights, self.results, self.sums) = (weights, results, sums)
    // A kernel row is one run of a dense convolution's chain; a depthwise one takes a position at a time.
    let columns = shape.groups > 1 ? shape.kernel : 1
    offsets = Memory(repeating: 0, count: shape.kernel * columns)
    for run in 0..<shape.kernel * columns {
      offsets.start[run] = (run / columns * shape.paddedSize + run % columns) * shape.inputs
    }
    vectors = max(1, 16 / functions.lanes)
    scratch = Memory(
      repeating: 0, count: epads_winograd_scratch(tiles, shape.inputs, vectors * functions.lanes))
    code = Memory(repeating: 0, count: shape.inputCount / 8)
    ones = Memory(repeating: 1, count: shape.inputs)
    shift = Memory(repeating: 0, count: shape.inputs)
    rows = Memory(repeating: 0, count: 6 * shape.size * shape.inputs)
  }

  func makeValues(first: Int) {
    for image in 0..<shape.group {
      var term = epads_term(
        data: images.start + (first + image) * shape.inputCount, scale: UnsafePointer(ones.start), rectified: 0,
        kernel_height: 0, kernel_width: 0, stride_height: 1, stride_width: 1, padding_height: 0, padding_width: 0,
        height: shape.size, width: shape.size)
      let row = shape.paddedSize * shape.inputs
      withUnsafePointer(to: &term) { term in
        var value = epads_value(
          terms: term, count: 1, height: shape.size, width: shape.size, channels: shape.inputs, shift: shift.start,
          ones: ones.start, rows: rows.start, output: nil, code: code.start,
          padded: padded.start + image * paddedImage + shape.padding * (row + shape.inputs), padded_row: row,
          padded_channels: shape.inputs, rectified: 1, ahead: nil)
        functions.make_value(&value)
      }
    }
  }

  func convolve(first: Int) {
    let row = shape.paddedSize * shape.inputs
    // The sums start anew: without end they would overflow.
    sums.start.update(repeating: 0, count: 4 * shape.outputs)
    if shape.isWinograd {
      var geometry = epads_winograd(
        images: shape.group, padded_image: paddedImage, padded_row: row, channels: shape.inputs,
        input_channels: shape.inputs, output_height: shape.outputSize, output_width: shape.outputSize, tiles: tiles,
        vectors: vectors, scratch: scratch.start)
      _ = functions.convolve_winograd(&geometry, padded.start, outputs, outputs.count, first, &ahead)
      return
    }
    var geometry = epads_convolution(
      runs: shape.groups > 1 ? shape.kernel * shape.kernel : shape.kernel, run_offsets: offsets.start,
      run_length: shape.groups > 1 ? 1 : shape.kernel * shape.inputs,
      row_step: row * shape.stride, column_step: shape.inputs * shape.stride, output_height: shape.outputSize,
      output_width: shape.outputSize, inputs: shape.groups > 1 ? EPADS_OWN_INPUTS : EPADS_SHARED_INPUTS)
    _ = functions.convolve(&geometry, padded.start, outputs, outputs.count, first, &ahead)
  }
}
