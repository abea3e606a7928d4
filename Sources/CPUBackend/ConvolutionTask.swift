internal import CPUKernels
internal import Compute
import NetworkGraph

/// Rows or channels of joined convolutions.
struct ConvolutionTask {
  enum Geometry {
    case direct(epads_convolution)
    /// But for its images and its scratch.
    case winograd(epads_winograd)
  }

  let kernels: epads_kernels
  let geometry: Geometry
  /// The first padded image, and floats between them.
  let padded: UnsafePointer<Float>
  let paddedImage: Int
  let outputs: UnsafePointer<epads_output>
  let count: Int
  /// Whether only the same thread reads the outputs: these are those of the images at hand, one after the other.
  let isOwn: Bool
  private let hasManyWeights: Bool
  /// Vectors of output channels that a dense convolution makes at once, or twice as many.
  private static let vectorsAtOnce = 6

  /// - Parameters:
  ///   - rows: of the output, multiples of 4 apart from its end; the outputs begin there.
  ///   - padded: where the first window of the first row begins.
  init(
    _ joined: StepLayout.Joined, rows: Range<Int>? = nil, padded: UnsafePointer<Float>, outputs: [epads_output],
    _ descriptions: Descriptions
  ) {
    let (shape, input, stride) = (joined.outputShape, joined.input, joined.convolution.stride)
    let rows = rows ?? 0..<shape.height
    kernels = joined.kernels
    geometry =
      switch joined.algorithm {
      case .direct:
        .direct(
          epads_convolution(
            runs: joined.runOffsets.count, run_offsets: descriptions.keep(joined.runOffsets),
            run_length: joined.runLength, row_step: input.row * stride.height,
            column_step: input.channels * stride.width, output_height: rows.count, output_width: shape.width,
            inputs: joined.inputs, kernel_width: joined.convolution.kernel.width, kernel_step: joined.kernelStep))
      case .winograd:
        .winograd(
          epads_winograd(
            images: 1, padded_image: input.image, padded_row: input.row, channels: input.channels,
            input_channels: joined.inputChannels, output_height: rows.count, output_width: shape.width,
            tiles: epads_winograd_tiles(input.channels),
            vectors: StepLayout.productChannels / joined.kernels.lanes,
            // Replaced by that of the thread.
            scratch: UnsafeMutablePointer(mutating: padded)))
      }
    self.padded = padded
    paddedImage = input.image
    self.outputs = UnsafePointer(descriptions.keep(outputs))
    count = outputs.count
    isOwn = joined.isParent || joined.isLocal
    let chain = joined.inputChannels / joined.convolution.groups * joined.convolution.kernel.area
    hasManyWeights = outputs.count * joined.kernels.lanes * chain >= StepLayout.manyWeights
  }

  /// - Parameters:
  ///   - images: of the outputs, if no other branches read them; the first one's padded image is `first`.
  /// - Returns: 0 where statistics are out of range.
  func carryOut(
    _ images: Range<Int>, first: Int = 0, winograd scratch: UnsafeMutablePointer<Float>, prefetch: inout epads_prefetch
  ) -> Int32 {
    let padded = padded + first * paddedImage
    let output = isOwn ? first : images.lowerBound
    switch geometry {
    case .direct(var convolution):
      var fits: Int32 = 1
      // Where all weights are more than the nearest caches hold, those of a few vectors serve all images.
      let step = images.count > 1 && hasManyWeights ? Self.vectorsAtOnce : count
      for first in stride(from: 0, to: count, by: max(1, step)) {
        for number in 0..<images.count {
          let image = padded + number * paddedImage
          fits &= kernels.convolve(
            &convolution, image, outputs + first, min(step, count - first), output + number, &prefetch)
        }
      }
      return fits
    case .winograd(var convolution):
      convolution.images = images.count
      convolution.scratch = scratch
      return kernels.convolve_winograd(&convolution, padded, outputs, count, output, &prefetch)
    }
  }
}
