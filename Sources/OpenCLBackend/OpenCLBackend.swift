public import Compute
package import OpenCL

/// Runs plans on one OpenCL device.
///
/// Everything of a run is enqueued at once on one in-order queue: weights are made on the device, activations never
/// leave it, and the host waits once, for the counts. A GPU takes several runs at once, each on an executor with memory
/// of its own, which grows to the largest plan and is kept; runs that find no executor wait. An inference has a queue
/// and memory of its own.
public final class OpenCLBackend: KernelProfiling {
  public let device: Device
  /// How kernels are written for a device; both give the same integers.
  package enum Variant: String, CaseIterable, Sendable {
    /// Work-groups with local memory and register tiles, for GPUs.
    case tiled
    /// Vectors without barriers, for processors.
    case vector
  }

  private let info: OpenCLDeviceInfo
  private let variant: Variant
  private let programs: OpenCLPrograms
  private let executors: OpenCLExecutors

  /// Builds the kernels for a device, or loads them from the cache.
  ///
  /// - Parameters:
  ///   - variant: nil for the one that is fast on this type of device.
  ///   - concurrentRuns: nil for as many as keep this type of device busy.
  package init(
    _ info: OpenCLDeviceInfo, variant: Variant? = nil, concurrentRuns: Int? = nil,
    cache: ProgramCache? = ProgramCache.standard()
  ) throws(BackendError) {
    if let reason = info.unsuitability { throw BackendError(.deviceUnavailable, "\(info.name): \(reason)") }
    let variant = variant ?? (info.kind == .cpu ? .vector : .tiled)
    let count = max(1, concurrentRuns ?? (info.kind == .cpu ? 1 : 4))
    self.info = info
    self.variant = variant
    device = info.device
    do {
      programs = try OpenCLPrograms(info, variant: variant, cache: cache, residentLimit: count + 1)
      var executors: [OpenCLExecutor] = []
      for _ in 0..<count { executors.append(try OpenCLExecutor(programs)) }
      // The rest is for images and for what the driver itself takes.
      self.executors = OpenCLExecutors(executors, limit: info.globalMemory / 4 * 3)
    } catch {
      throw BackendError(error)
    }
  }

  public var concurrentRuns: Int { executors.count }

  public func memoryBound(of plan: Plan) -> Int {
    let layout = OpenCLLayout(plan, info, variant)
    if layout.purpose == .inference { return layout.bytes }
    return executors.count * layout.bytes + programs.residentLimit * layout.images
  }

  /// Builds the kernels that the plan takes and that have not been built yet.
  public func prepare(_ plan: Plan) throws(BackendError) {
    let convolutions = plan.steps.flatMap { JoinedConvolution.all(of: $0, in: plan) }.map {
      KernelName.convolve(ConvolutionTile($0, variant), isBiased: $0.isBiased)
    }
    let sums = plan.steps.map { KernelName.sumTerms(hasFunctions: $0.hasFunctions) }
    let operations = plan.steps.contains { $0.operation != nil || !$0.activation.isRectifier }
    let purpose: OpenCLPrograms.Purpose = plan.measurement == .logits ? .inference : .scoring
    try translating { () throws(OpenCLError) in
      for kernel in Set(convolutions + sums + (operations ? [.operate("combine")] : [])) {
        _ = try programs.program(of: kernel, for: purpose)
      }
    }
  }

  public func inference(of plan: Plan) throws(BackendError) -> any Inference {
    guard plan.measurement == .logits else {
      throw BackendError(.unsuitableImages, "a plan that counts has no logits: it is for a run")
    }
    let layout = OpenCLLayout(plan, info, variant)
    if let reason = layout.excess(of: info) { throw BackendError(.outOfMemory, reason) }
    let stored = try layout.stored.values(of: plan)
    let affines = try layout.runningAffines()
    // On a processor nothing else may take its time; some drivers for them bear no second busy queue, either.
    return try translating { () throws(OpenCLError) in
      try OpenCLInference(
        plan, layout: layout, stored: stored, affines: affines, programs: programs,
        executors: info.kind == .cpu ? executors : nil)
    }
  }

  public func peakMultiplyAccumulates() throws(BackendError) -> Double {
    try translating { () throws(OpenCLError) in
      try executors.withoutRuns { () throws(OpenCLError) in try OpenCLPeak(programs, info).measured() }
    }
  }

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
    let layout = try layout(of: plan, images)
    return try executors.withExecutor(bytes: layout.bytes) { executor throws(BackendError) in
      RunResult(counts: try counts(plan, layout, images, on: executor), device: device)
    }
  }

  /// The times of the second of two runs on an executor of its own, while nothing else runs.
  public func kernelTimes(of plan: Plan, images: ImageBatch) throws(BackendError) -> [KernelTime] {
    let layout = try layout(of: plan, images)
    return try executors.withoutRuns { () throws(BackendError) in
      let executor = try translating { () throws(OpenCLError) in try OpenCLExecutor(programs, profiling: true) }
      var times: [KernelTime] = []
      for _ in 0..<2 {
        _ = try counts(plan, layout, images, on: executor)
        times = try translating { () throws(OpenCLError) in try executor.kernelTimes() }
      }
      return times
    }
  }

  /// Throws where the images are not for the plan, or the device cannot hold it.
  private func layout(of plan: Plan, _ images: ImageBatch) throws(BackendError) -> OpenCLLayout {
    try check(images, for: plan)
    let layout = OpenCLLayout(plan, info, variant)
    if let reason = layout.excess(of: info) { throw BackendError(.outOfMemory, reason) }
    return layout
  }

  private func counts(
    _ plan: Plan, _ layout: OpenCLLayout, _ images: ImageBatch, on executor: OpenCLExecutor
  ) throws(BackendError) -> Counts {
    let counts: Counts?
    let stored = try layout.stored.values(of: plan)
    do throws(OpenCLError) {
      counts = try OpenCLRun(plan, layout: layout, stored: stored, executor: executor).counts(images: images)
    } catch {
      // Nothing of the run may go on when the executor is used again, or released.
      try? executor.queue.finish()
      throw BackendError(error)
    }
    guard let counts else {
      throw BackendError(.valueOutOfRange, "activations beyond the range of exact statistics, or not a number")
    }
    return counts
  }
}

/// Work whose errors are OpenCL's.
private func translating<Value>(_ body: () throws(OpenCLError) -> Value) throws(BackendError) -> Value {
  do throws(OpenCLError) {
    return try body()
  } catch {
    throw BackendError(error)
  }
}
