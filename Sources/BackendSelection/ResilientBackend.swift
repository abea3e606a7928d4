public import Compute
import Synchronization

/// A backend whose device may fail: a run is tried once more on a fresh one, then, where there is a fallback, that takes
/// over for good.
///
/// Counts do not depend on the backend, so rows before and after a change belong together.
public final class ResilientBackend: Backend {
  private let make: @Sendable () throws(BackendError) -> any Backend
  private let fallback: (any Backend)?
  private let note: @Sendable (String) -> Void
  private let current: Mutex<any Backend>

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
    current = Mutex(backend)
  }

  /// The device of the backend that runs next; after a run, of the one that ran it.
  public var device: Device { backend.device }

  public func memoryBound(of plan: Plan) -> Int { backend.memoryBound(of: plan) }

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> Counts {
    let failed = backend
    let first: BackendError
    do throws(BackendError) {
      return try failed.run(plan, images: images)
    } catch {
      guard error.code.isOfDevice else { throw error }
      first = error
    }
    do throws(BackendError) {
      let fresh = try make()
      let counts = try fresh.run(plan, images: images)
      note("\(failed.device.name) failed and works again: \(first.reason)")
      replace(by: fresh)
      return counts
    } catch {
      guard error.code.isOfDevice, let fallback else { throw error }
      note("\(failed.device.name) failed twice, \(fallback.device.backend) goes on: \(error.reason)")
      replace(by: fallback)
      return try fallback.run(plan, images: images)
    }
  }

  private var backend: any Backend { current.withLock { $0 } }

  private func replace(by backend: any Backend) { current.withLock { $0 = backend } }
}
