internal import CPUKernels
import Foundation
import Synchronization

/// Where a few threads that all run wait for each other, in the time that a cache line takes from one to another.
final class TeamBarrier: @unchecked Sendable {
  /// How often each has arrived, a cache line apart.
  nonisolated(unsafe) private let arrivals: UnsafeMutablePointer<Atomic<Int>>
  private let width: Int
  private static let stride = 16
  /// About 50 microseconds.
  private static let spins = 2000

  init(width: Int) {
    self.width = width
    arrivals = .allocate(capacity: width * Self.stride)
    for index in 0..<width * Self.stride { (arrivals + index).initialize(to: Atomic(0)) }
  }

  deinit { arrivals.deinitialize(count: width * Self.stride).deallocate() }

  /// Returns when all have called it as often as this one.
  func wait(_ member: Int) {
    guard width > 1 else { return }
    let own = arrivals[member * Self.stride].load(ordering: .relaxed) &+ 1
    arrivals[member * Self.stride].store(own, ordering: .releasing)
    for other in 0..<width where other != member {
      var spins = 0
      while arrivals[other * Self.stride].load(ordering: .acquiring) &- own < 0 {
        spins += 1
        // A thread that another process keeps from running would only be kept longer by spinning.
        if spins < Self.spins { epads_spin_pause() } else { sched_yield() }
      }
    }
  }
}
