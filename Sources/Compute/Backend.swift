/// Runs plans on one device.
///
/// Every backend gives the same integers for the same plan and images, whatever its device, its number of threads and
/// its order of work. Float values leave it as logits alone, which agree within the error of float32. A backend must
///
/// 1. carry out each step as Docs/Numerics.md writes it down, in any layout, order and distribution it likes;
/// 2. check its memory before it allocates, and report the same bound in `memoryBound`;
/// 3. report values beyond the range of the exact statistics as `valueOutOfRange`, never as counts;
/// 4. throw `BackendError` for everything that a device or a driver can do; nothing may trap;
/// 5. bear calls of `run` from several threads: those that cannot overlap wait for each other.
///
/// No function has a default: every backend decides about each of them. One whose device times its kernels conforms to
/// `KernelProfiling` as well.
public protocol Backend: Sendable {
  /// Where the next run takes place.
  var device: Device { get }

  /// How many calls of `run` at once keep the device busy; more wait for each other. 1 for a device that one run keeps
  /// busy.
  var concurrentRuns: Int { get }

  /// An upper bound of the bytes that `run` allocates for a plan, by as many calls at once as keep the device busy; of
  /// a plan for logits, of what its inference holds.
  func memoryBound(of plan: Plan) -> Int

  /// Does what running such a plan for the first time takes and what is kept from then on, such as compiling kernels. A
  /// call is never needed: it keeps that time out of `run`. Nothing where there is nothing of the kind.
  func prepare(_ plan: Plan) throws(BackendError)

  /// Runs every step of a plan and returns its counts, and the device that made them.
  ///
  /// - Parameter images: `plan.images` images; for `.distances` the clean half, then the perturbed copy of each.
  func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult

  /// Makes a plan for logits ready to be run again and again: memory, weights, compiled kernels.
  func inference(of plan: Plan) throws(BackendError) -> any Inference

  /// Multiply-accumulates a second of independent fused multiply-adds in registers, measured now: what nothing on the
  /// device exceeds.
  func peakMultiplyAccumulates() throws(BackendError) -> Double
}

/// A backend whose device has a clock for each of its kernels.
public protocol KernelProfiling: Backend {
  /// Runs a plan that counts and gives the time of each of its kernels, the slowest first.
  func kernelTimes(of plan: Plan, images: ImageBatch) throws(BackendError) -> [KernelTime]
}

extension Plan {
  /// Throws unless the images are what the plan was made for.
  public func check(_ images: ImageBatch) throws(BackendError) {
    let shape = buffers[input]
    guard images.count == self.images, images.shape == shape else {
      throw BackendError(
        .unsuitableImages,
        "the plan takes \(self.images) images of \(shape), not \(images.count) of \(images.shape)")
    }
  }
}

extension Backend {
  /// Throws unless the images are what the plan was made for, and it is one that counts.
  public func check(_ images: ImageBatch, for plan: Plan) throws(BackendError) {
    guard plan.measurement != .logits else {
      throw BackendError(.unsuitableImages, "a plan for logits counts nothing: it is for an inference")
    }
    try plan.check(images)
  }
}
