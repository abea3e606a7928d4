internal import CPUKernels

/// Rows of a step's value for one image.
struct ValueTask {
  let kernels: epads_kernels
  /// But for its scratch.
  let value: epads_value

  func carryOut(rows: UnsafeMutablePointer<Float>) {
    var value = value
    value.rows = rows
    kernels.make_value(&value)
  }
}

/// Rows or channels of joined convolutions.
struct ConvolutionTask {
  enum Geometry {
    case direct(epads_convolution)
    /// But for its scratch.
    case winograd(epads_winograd)
  }

  let kernels: epads_kernels
  let geometry: Geometry
  let padded: UnsafePointer<Float>
  let outputs: UnsafePointer<epads_output>
  let count: Int
  /// Images of a direct convolution, and floats between them where they are padded.
  let images: Int
  let paddedImage: Int
  /// The first image of the outputs.
  let image: Int

  func carryOut(winograd scratch: UnsafeMutablePointer<Float>) {
    var ahead = epads_ahead()
    switch geometry {
    case .direct(var convolution):
      for number in 0..<images {
        _ = kernels.convolve(&convolution, padded + number * paddedImage, outputs, count, image + number, &ahead)
      }
    case .winograd(var convolution):
      convolution.scratch = scratch
      _ = kernels.convolve_winograd(&convolution, padded, outputs, count, image, &ahead)
    }
  }
}

/// What a thread does without waiting for another.
enum InferenceTask {
  case value(ValueTask)
  case convolution(ConvolutionTask)
}

/// Memory of descriptions that tasks point to.
final class Descriptions: @unchecked Sendable {
  private var blocks: [UnsafeMutableRawPointer] = []

  func keep<T: BitwiseCopyable>(_ elements: [T]) -> UnsafeMutablePointer<T> {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, elements.count * MemoryLayout<T>.stride), alignment: max(64, MemoryLayout<T>.alignment))
    blocks.append(block)
    let start = block.bindMemory(to: T.self, capacity: elements.count)
    for (index, element) in elements.enumerated() { (start + index).initialize(to: element) }
    return start
  }

  deinit { for block in blocks { block.deallocate() } }
}
