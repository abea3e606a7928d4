public import NetworkGraph

/// Where a plan runs.
public struct Device: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, Codable {
    case cpu
    case gpu
    case accelerator
  }

  /// The backend's name on the command line and in rows.
  public var backend: String
  /// The device's own name.
  public var name: String
  public var kind: Kind
  /// Threads that share out a run; nil for a device that is no processor of this program's own backend.
  public var threads: Int?
  /// What else there is to know, in the order to show it.
  public var details: [Detail]

  public struct Detail: Hashable, Sendable {
    public var label: String
    public var value: String

    public init(_ label: String, _ value: String) {
      self.label = label
      self.value = value
    }
  }

  public init(backend: String, name: String, kind: Kind, threads: Int? = nil, details: [Detail] = []) {
    self.backend = backend
    self.name = name
    self.kind = kind
    self.threads = threads
    self.details = details
  }
}

/// Normalised images, ready for a network: float32, row-major (image, channel, row, column).
///
/// A class, so that a backend can tell that it holds a batch already.
public final class ImageBatch: Sendable {
  public let shape: TensorShape
  public let count: Int
  public let values: [Float]

  /// - Precondition: `values` holds `count` images of `shape`.
  public init(shape: TensorShape, count: Int, values: [Float]) {
    precondition(values.count == count * shape.count)
    self.shape = shape
    self.count = count
    self.values = values
  }
}

/// Hamming sums of one ReLU site.
public struct SiteCounts: Hashable, Sendable {
  public var name: String
  /// Units of one image.
  public var units: Int
  /// Over the clean images b: distance from the code of b to the code of its permuted partner.
  public var d1: Int
  /// Over the clean images b: distance from the code of b to the code of its perturbed copy.
  public var d2: Int

  public init(name: String, units: Int, d1: Int = 0, d2: Int = 0) {
    self.name = name
    self.units = units
    self.d1 = d1
    self.d2 = d2
  }
}

/// What a run counted.
public struct Counts: Hashable, Sendable {
  /// For `.distances`: one entry a site of the plan.
  public var sites: [SiteCounts]
  /// For `.agreement`: row-major batch x batch, the units on which images i and j have the same sign, over all sites.
  public var agreement: [Int64]

  public init(sites: [SiteCounts] = [], agreement: [Int64] = []) {
    self.sites = sites
    self.agreement = agreement
  }
}

/// Why a backend could not run a plan.
public struct BackendError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// The plan needs more memory than there is.
    case outOfMemory
    /// Activations beyond what the exact batch statistics can add up, or not a number.
    case valueOutOfRange
    /// The images do not fit the plan, or the plan is for something else.
    case unsuitableImages
    /// The device is not there or cannot be used.
    case deviceUnavailable
    /// The device failed while it ran.
    case deviceFailed

    /// Whether the device or its memory is to blame, and not what was to be run: another device might do better.
    public var isOfDevice: Bool {
      switch self {
      case .outOfMemory, .deviceUnavailable, .deviceFailed: true
      case .valueOutOfRange, .unsuitableImages: false
      }
    }
  }

  public var code: Code
  public var reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason }
}

/// Runs plans on one device.
///
/// Every backend gives the same integers for the same plan and images, whatever its device, its number of threads and
/// its order of work: it carries out the canonical algorithm of each step as Docs/Numerics.md writes it down. Float
/// values leave a backend as logits alone, which agree within the error of float32.
///
/// `run` may be called from several tasks at once; a backend that cannot overlap runs lets them wait for each other.
public protocol Backend: Sendable {
  var device: Device { get }

  /// How many calls of `run` at once keep the device busy; more wait for each other.
  var concurrentRuns: Int { get }

  /// An upper bound of the bytes that `run` allocates for a plan, by as many calls at once as keep the device busy; of a plan
  /// for logits, of what its inference holds.
  func memoryBound(of plan: Plan) -> Int

  /// Does what running such a plan for the first time takes and what is kept from then on, such as compiling kernels. A
  /// call is never needed: it keeps that time out of `run`.
  func prepare(_ plan: Plan) throws(BackendError)

  /// Runs every step of a plan and returns its counts.
  ///
  /// - Parameter images: `plan.images` images; for `.distances` the clean half, then the perturbed copy of each.
  func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> Counts

  /// Makes a plan for logits ready to be run again and again: memory, weights, compiled kernels.
  func inference(of plan: Plan) throws(BackendError) -> any Inference

  /// Multiply-accumulates a second of independent fused multiply-adds in registers, measured now: what nothing on the device
  /// exceeds.
  func peakMultiplyAccumulates() throws(BackendError) -> Double

  /// Runs a plan that counts and gives the time of each of its kernels; empty where there are none with a clock of their own.
  func kernelTimes(of plan: Plan, images: ImageBatch) throws(BackendError) -> [KernelTime]

  /// The same as `run`, with the device that ran it, for a backend that may change its device between runs.
  func runNamingDevice(_ plan: Plan, images: ImageBatch) throws(BackendError) -> (counts: Counts, device: Device)
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
  /// Seconds that the device was busy, by its own clock; nil for a processor, which has none beside the wall's.
  public var device: Double?
  /// Seconds of each step of the plan, those of threads that work side by side averaged.
  public var steps: [Double]

  public init(device: Double?, steps: [Double]) {
    self.device = device
    self.steps = steps
  }
}

extension Backend {
  public var concurrentRuns: Int { 1 }

  public func prepare(_ plan: Plan) throws(BackendError) {}

  public func kernelTimes(of plan: Plan, images: ImageBatch) throws(BackendError) -> [KernelTime] { [] }

  public func runNamingDevice(
    _ plan: Plan, images: ImageBatch
  ) throws(BackendError) -> (counts: Counts, device: Device) {
    (try run(plan, images: images), device)
  }

  /// Throws unless the images are what the plan was made for, and it is one that counts.
  public func check(_ images: ImageBatch, for plan: Plan) throws(BackendError) {
    guard plan.measurement != .logits else {
      throw BackendError(.unsuitableImages, "a plan for logits counts nothing: it is for an inference")
    }
    try plan.check(images)
  }
}
