import Foundation
import Synchronization

/// How long a cache line takes from one thread to another. Threads that share an image wait for that at every step.
///
/// It depends on which processors the threads run on: some 30 ns within a group that shares a cache, 150 ns and more
/// between groups. A hypervisor may move a virtual processor from one group to another at any time.
public enum CoreToCoreLatency {
  /// The core-to-core latency in nanoseconds: the shorter of two measurements of two threads that pass a number to and
  /// fro.
  ///
  /// A call takes a quarter of a millisecond. It takes longer where both threads begin on one processor: such a
  /// measurement says nothing and is repeated.
  ///
  /// - Returns: nil where the two threads never ran at the same time, on a machine with other work.
  public static func nanoseconds() -> Double? {
    var best: Double?
    for attempt in 0..<4 where attempt < 2 || best ?? .infinity > 1000 {
      let exchange = Exchange()
      let thread = Thread { exchange.answer() }
      thread.start()
      if let measured = exchange.ask() { best = min(measured, best ?? measured) }
    }
    return best
  }

  /// Two threads that count up one number: the one that asks writes odd numbers, the one that answers even ones.
  private final class Exchange: Sendable {
    private let number = Atomic<Int>(0)

    private static let turns = 300
    /// The first turns are not timed, because the other thread may not have begun.
    private static let first = 30
    /// Written where the one that asks gives up.
    private static let end = -1
    private static let timeLimit = Duration.milliseconds(5)

    func answer() {
      for turn in 0..<Self.turns {
        guard wait(for: 2 * turn + 1, until: nil) else { return }
        // The one that asks may have given up, so its `end` must not be overwritten.
        guard
          number.compareExchange(
            expected: 2 * turn + 1, desired: 2 * turn + 2, ordering: .acquiringAndReleasing
          ).exchanged
        else { return }
      }
    }

    /// The nanoseconds of one way; nil where the time limit passes.
    func ask() -> Double? {
      let begin = ContinuousClock.now
      var start = begin
      for turn in 0..<Self.turns {
        if turn == Self.first { start = .now }
        number.store(2 * turn + 1, ordering: .releasing)
        guard wait(for: 2 * turn + 2, until: begin + Self.timeLimit) else {
          number.store(Self.end, ordering: .releasing)
          return nil
        }
      }
      return (ContinuousClock.now - start) / .nanoseconds(1) / Double(2 * (Self.turns - Self.first))
    }

    /// Waits until the number is `value`.
    ///
    /// - Returns: false where the deadline has passed, or the one that asks has given up.
    private func wait(for value: Int, until deadline: ContinuousClock.Instant?) -> Bool {
      var spins = 0
      while true {
        let current = number.load(ordering: .acquiring)
        if current == value { return true }
        if current == Self.end { return false }
        spins += 1
        guard spins > 2000 else { continue }
        if let deadline, ContinuousClock.now > deadline { return false }
        // Both threads may be on one processor, where spinning would keep the other from answering.
        sched_yield()
      }
    }
  }
}
