import Foundation
import Synchronization

/// How long a cache line takes from one thread to another: what threads that share an image wait for at every step.
///
/// It depends on where the processors are that they run on: some 30 ns within a group that shares a cache, 150 and more
/// between groups, and a hypervisor may move processors from one to the other at any time.
public enum ThreadDistance {
  /// The better of two measurements of two threads that pass a number to and fro, in nanoseconds: a quarter of a millisecond, and
  /// more where both begin on one processor, which says nothing and is tried again.
  public static func nanoseconds() -> Double {
    var best = measured(turns: 300)
    for attempt in 1..<8 where attempt == 1 || best > 1000 { best = min(best, measured(turns: 300)) }
    return best
  }

  private static func measured(turns: Int) -> Double {
    let exchange = Exchange()
    let thread = Thread { exchange.answer(turns: turns) }
    thread.start()
    return exchange.ask(turns: turns)
  }

  /// Odd numbers are the asker's, even ones the answers.
  private final class Exchange: Sendable {
    private let number = Atomic<Int>(0)

    func answer(turns: Int) {
      for turn in 0..<turns {
        wait(for: 2 * turn + 1)
        number.store(2 * turn + 2, ordering: .releasing)
      }
    }

    /// Nanoseconds of one way. The first turns wait for the thread to begin.
    func ask(turns: Int) -> Double {
      var start = ContinuousClock.now
      for turn in 0..<turns {
        if turn == turns / 10 { start = .now }
        number.store(2 * turn + 1, ordering: .releasing)
        wait(for: 2 * turn + 2)
      }
      return (ContinuousClock.now - start) / .nanoseconds(1) / Double(2 * (turns - turns / 10))
    }

    private func wait(for value: Int) {
      var spins = 0
      while number.load(ordering: .acquiring) != value {
        spins += 1
        // Both may be on one processor.
        if spins > 2000 { sched_yield() }
      }
    }
  }
}
