import Foundation
import Synchronization

/// How long a cache line takes from one thread to another: what threads that share an image wait for at every step.
///
/// It depends on where the processors are that they run on: some 30 ns within a group that shares a cache, 150 and more
/// between groups, and a hypervisor may move processors from one to the other at any time.
public enum CoreToCoreLatency {
  /// The better of two measurements of two threads that pass a number to and fro, in nanoseconds: a quarter of a millisecond, and
  /// more where both begin on one processor, which says nothing and is tried again.
  ///
  /// - Returns: nil where the two never ran side by side, on a machine with other work.
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

  /// Odd numbers are the asker's, even ones the answers.
  private final class Exchange: Sendable {
    private let number = Atomic<Int>(0)

    private static let turns = 300
    /// Turns that wait for the thread to begin.
    private static let first = 30
    private static let end = -1
    private static let timeLimit = Duration.milliseconds(5)

    func answer() {
      for turn in 0..<Self.turns {
        guard wait(for: 2 * turn + 1, until: nil) else { return }
        // The asker may have given up.
        guard
          number.compareExchange(
            expected: 2 * turn + 1, desired: 2 * turn + 2, ordering: .acquiringAndReleasing
          ).exchanged
        else { return }
      }
    }

    /// Nanoseconds of one way; nil where it takes too long.
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

    /// - Returns: false where time or the exchange is over.
    private func wait(for value: Int, until deadline: ContinuousClock.Instant?) -> Bool {
      var spins = 0
      while true {
        let current = number.load(ordering: .acquiring)
        if current == value { return true }
        if current == Self.end { return false }
        spins += 1
        guard spins > 2000 else { continue }
        if let deadline, ContinuousClock.now > deadline { return false }
        // Both may be on one processor.
        sched_yield()
      }
    }
  }
}
