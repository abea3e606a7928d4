import CPUKernels
import Compute
import NetworkGraph

/// A convolution of a NAS-Bench-201 network.
struct ConvolutionShape {
  var inputs: Int
  var outputs: Int
  /// Width and height of the input.
  var size: Int
  var kernel: Int
  var stride = 1

  static let all = [
    ConvolutionShape(inputs: 16, outputs: 16, size: 32, kernel: 3),
    ConvolutionShape(inputs: 32, outputs: 32, size: 16, kernel: 3),
    ConvolutionShape(inputs: 64, outputs: 64, size: 8, kernel: 3),
    ConvolutionShape(inputs: 16, outputs: 16, size: 32, kernel: 1),
    ConvolutionShape(inputs: 32, outputs: 32, size: 16, kernel: 1),
    ConvolutionShape(inputs: 64, outputs: 64, size: 8, kernel: 1),
    ConvolutionShape(inputs: 16, outputs: 32, size: 32, kernel: 3, stride: 2),
    ConvolutionShape(inputs: 32, outputs: 64, size: 16, kernel: 3, stride: 2),
  ]

  var padding: Int { kernel / 2 }
  var paddedSize: Int { size + 2 * padding }
  var outputSize: Int { size / stride }
  var inputCount: Int { size * size * inputs }
  var outputCount: Int { outputSize * outputSize * outputs }
  /// Of one image.
  var operations: Double { Double(2 * outputCount * inputs * kernel * kernel) }

  var name: String {
    let steps = stride == 1 ? "" : " stride \(stride)"
    let channels = inputs == outputs ? "\(inputs)" : "\(inputs) to \(outputs)"
    return "\(kernel)x\(kernel)\(steps), \(channels) channels, \(size)x\(size)"
  }
}

extension ConvolutionShape {
  /// The loop alone, on one padded image, which stays in the cache.
  func kernel(_ table: KernelTable) -> Workload {
    Workload(
      group: .convolution, name: "\(name), kernel", unit: .operations, amount: operations, operations: operations,
      threads: 1
    ) {
      let memory = ConvolutionMemory(self, table, images: 1)
      memory.pad(image: 0)
      return { memory.convolve(image: 0) }
    }
  }

  /// What a step of a plan does for each image: padding and ReLU, convolution, batch statistics; over so many images that
  /// they do not fit the second-level cache.
  func step(_ table: KernelTable) -> Workload {
    let images = 64
    let operations = operations * Double(images)
    return Workload(
      group: .convolution, name: "\(name), step", unit: .operations, amount: operations, operations: operations,
      threads: 1
    ) {
      let memory = ConvolutionMemory(self, table, images: images)
      return {
        for image in 0..<images {
          memory.pad(image: image)
          memory.convolve(image: image)
          memory.addStatistics(image: image)
        }
      }
    }
  }
}

/// Everything that a convolution reads and writes.
private final class ConvolutionMemory {
  let shape: ConvolutionShape
  let functions: epads_kernels
  let images: Memory<Float>
  let padded: Memory<Float>
  let weights: Memory<Float>
  let results: Memory<Float>
  let offsets: Memory<Int>
  let sums: Memory<Int64>
  var geometry: epads_convolution
  let limit: Float

  init(_ shape: ConvolutionShape, _ table: KernelTable, images count: Int) {
    self.shape = shape
    functions = table.functions
    images = .values(count * shape.inputCount)
    padded = Memory(repeating: 0, count: shape.paddedSize * shape.paddedSize * shape.inputs)
    let area = shape.kernel * shape.kernel
    weights = Memory(repeating: 0, count: epads_packed_weight_count(shape.outputs, shape.inputs, area))
    let values = Memory<Float>.values(shape.outputs * shape.inputs * area)
    epads_pack_weights(table.pointer, values.start, shape.outputs, shape.inputs, area, weights.start)
    results = Memory(repeating: 0, count: count * shape.outputCount)
    offsets = Memory(repeating: 0, count: shape.kernel)
    let row = shape.paddedSize * shape.inputs
    for run in 0..<shape.kernel { offsets.start[run] = run * row }
    sums = Memory(repeating: 0, count: 4 * shape.outputs)
    geometry = epads_convolution(
      runs: shape.kernel, run_offsets: offsets.start, run_length: shape.kernel * shape.inputs,
      row_step: row * shape.stride, column_step: shape.inputs * shape.stride, output_height: shape.outputSize,
      output_width: shape.outputSize, output_channels: shape.outputs)
    let output = TensorShape(channels: shape.outputs, height: shape.outputSize, width: shape.outputSize)
    limit = BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: output, images: count))
  }

  func pad(image: Int) {
    functions.pad_image(
      images.start + image * shape.inputCount, shape.size, shape.size, shape.inputs, shape.inputs, shape.padding,
      shape.padding, 1, padded.start)
  }

  func convolve(image: Int) {
    functions.convolve_image(&geometry, padded.start, weights.start, results.start + image * shape.outputCount)
  }

  func addStatistics(image: Int) {
    _ = functions.add_statistics(
      results.start + image * shape.outputCount, shape.outputSize, shape.outputSize, shape.outputs, limit, sums.start)
  }
}
