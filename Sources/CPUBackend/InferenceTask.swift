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

/// What a thread does without waiting for another.
enum InferenceTask {
  case value(ValueTask)
  /// Of these images; the number of the first padded image.
  case convolution(ConvolutionTask, images: Range<Int>, first: Int)
  /// Of one image: some positions of its value.
  case operation(OperationTask, image: Int, positions: Range<Int>, output: Int)
}
