/// A network in evaluation mode on one device, ready to run.
///
/// Runs of one inference, and of all inferences of a backend on a processor, wait for each other.
public protocol Inference: AnyObject, Sendable {
  var plan: Plan { get }

  /// Bytes that it holds between and during runs: activations, weights, and what kernels work with.
  var bytes: Int { get }

  /// The logits of images, [image][class].
  func logits(of images: ImageBatch) throws(BackendError) -> [Float]

  /// The same, with times that the device itself took: slower than `logits`.
  func timed(_ images: ImageBatch) throws(BackendError) -> InferenceTimes
}

/// What the steps of an inference took.
public struct InferenceTimes: Hashable, Sendable {
  /// Seconds that the device was busy, by its own clock; nil where the device has no clock of its own, as the threads
  /// of the CPU backend have none.
  public var device: Double?
  /// Seconds of each step of the plan, those of threads that work side by side averaged.
  public var steps: [Double]

  public init(device: Double?, steps: [Double]) {
    self.device = device
    self.steps = steps
  }
}
