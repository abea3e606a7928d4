public import Compute
import Synchronization

/// A backend whose device may fail: a run is tried once more on a fresh one, then, where there is a fallback, that
/// takes over for good.
///
/// Counts do not depend on the backend, so rows before and after a change belong together.
public final class ResilientBackend: KernelProfiling {
  private let make: @Sendable () throws(BackendError) -> any Backend
  private let fallback: (any Backend)?
  private let note: @Sendable (String) -> Void
  private let current: Mutex<Current>
  /// Held while a failed run is tried again, so that several runs that fail together do not do so several times.
  private let recovery = Mutex(())

  private struct Current {
    var backend: any Backend
    /// How often the backend has been replaced.
    var replacements = 0
    var isFallback = false
  }

  /// - Parameters:
  ///   - backend: the one to begin with.
  ///   - make: another one like it, for after a failure.
  ///   - fallback: what takes over when that fails as well; nil where the choice was explicit.
  ///   - note: says what happened, in a line.
  public init(
    _ backend: any Backend, make: @escaping @Sendable () throws(BackendError) -> any Backend,
    fallback: (any Backend)?, note: @escaping @Sendable (String) -> Void
  ) {
    self.make = make
    self.fallback = fallback
    self.note = note
    current = Mutex(Current(backend: backend))
  }

  /// The device of the backend that runs next.
  public var device: Device { now.backend.device }

  public var concurrentRuns: Int { now.backend.concurrentRuns }

  public func memoryBound(of plan: Plan) -> Int { now.backend.memoryBound(of: plan) }

  /// A failure here shows again in the run, which deals with it.
  public func prepare(_ plan: Plan) throws(BackendError) { try? now.backend.prepare(plan) }

  /// On this device or a fresh one like it, never on the fallback: the time of another device would be another
  /// measurement.
  public func inference(of plan: Plan) throws(BackendError) -> any Inference {
    let failed = now
    do throws(BackendError) {
      return try failed.backend.inference(of: plan)
    } catch {
      guard error.code == .deviceFailed, !failed.isFallback else { throw error }
      let backend = try make()
      replace(by: backend)
      return try backend.inference(of: plan)
    }
  }

  public func peakMultiplyAccumulates() throws(BackendError) -> Double { try now.backend.peakMultiplyAccumulates() }

  /// Of the backend that runs next; none where that cannot tell.
  public func kernelTimes(of plan: Plan, images: ImageBatch) throws(BackendError) -> [KernelTime] {
    try (now.backend as? any KernelProfiling)?.kernelTimes(of: plan, images: images) ?? []
  }

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
    let failed = now
    do throws(BackendError) {
      return try failed.backend.run(plan, images: images)
    } catch {
      guard error.code.isOfDevice, !failed.isFallback else { throw error }
      let first = error
      return try recovery.withLock { _ throws(BackendError) in
        try runAgain(plan, images, after: first, of: failed)
      }
    }
  }

  private func runAgain(
    _ plan: Plan, _ images: ImageBatch, after first: BackendError, of failed: Current
  ) throws(BackendError) -> RunResult {
    let replaced = now
    do throws(BackendError) {
      // Perhaps another run that failed has replaced the backend meanwhile.
      let isFresh = replaced.replacements == failed.replacements
      let backend = isFresh ? try make() : replaced.backend
      let result = try backend.run(plan, images: images)
      if isFresh {
        note("\(failed.backend.device.name) failed and works again: \(first.reason)")
        replace(by: backend)
      }
      return result
    } catch {
      guard error.code.isOfDevice, !replaced.isFallback, let fallback else { throw error }
      note("\(failed.backend.device.name) failed twice, \(fallback.device.backend) goes on: \(error.reason)")
      replace(by: fallback, isFallback: true)
      return try fallback.run(plan, images: images)
    }
  }

  private var now: Current { current.withLock { $0 } }

  private func replace(by backend: any Backend, isFallback: Bool = false) {
    current.withLock { current in
      current = Current(backend: backend, replacements: current.replacements + 1, isFallback: isFallback)
    }
  }
}
