internal import CPUKernels
import Foundation
import Synchronization

/// Threads that share out the items of short parallel regions.
///
/// The regions of a network last 0.1 to 10 ms and follow each other closely, so a thread that runs out of items spins for
/// a moment before it sleeps. Items are claimed one by one: a thread that the system has taken away delays nobody but
/// the item it holds.
final class ThreadPool: @unchecked Sendable {
  /// Claimed items, items and the number of the region in one word, so that a late thread cannot claim an item of
  /// another region: 20 bits, 20 bits, 24 bits.
  private let ticket = Atomic<UInt64>(0)
  private let finished = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  /// The job of the current region. Read only while an item of that region is claimed and not finished, so `run` is
  /// still waiting and the closure alive.
  nonisolated(unsafe) private var job: (@Sendable (_ worker: Int, _ item: Int) -> Void)?
  private let condition = NSCondition()
  private var threads: [Thread] = []

  private static let itemBits = 20
  private static let itemMask: UInt64 = 1 << 20 - 1
  /// About 50 microseconds of spinning.
  private static let spins = 2000

  /// Threads that work on a region, the caller among them.
  let width: Int

  init(width: Int) {
    self.width = max(1, width)
    for worker in 1..<self.width {
      let thread = Thread { [unowned(unsafe) self] in self.serve(worker) }
      thread.name = "epads-\(worker)"
      thread.stackSize = 1 << 20
      threads.append(thread)
      thread.start()
    }
  }

  deinit {
    stop()
  }

  /// Runs `job` once for every item below `count` and returns when all are done. Not to be called from a job, nor from two
  /// threads at once.
  func run(_ count: Int, _ job: @Sendable (_ worker: Int, _ item: Int) -> Void) {
    // A region counts its items in 20 bits; longer ones run in pieces.
    let limit = Int(Self.itemMask)
    for first in stride(from: 0, to: count, by: limit) {
      withoutActuallyEscaping(job) { job in
        runRegion(min(limit, count - first)) { worker, item in job(worker, first + item) }
      }
    }
  }

  private func runRegion(_ count: Int, _ job: @escaping @Sendable (Int, Int) -> Void) {
    guard width > 1, count > 1 else {
      for item in 0..<count { job(0, item) }
      return
    }
    self.job = job
    finished.store(0, ordering: .relaxed)
    let region = (ticket.load(ordering: .relaxed) >> UInt64(2 * Self.itemBits) &+ 1) & 0xFF_FFFF
    condition.lock()
    ticket.store(
      region << UInt64(2 * Self.itemBits) | UInt64(count) << UInt64(Self.itemBits), ordering: .sequentiallyConsistent)
    condition.broadcast()
    condition.unlock()
    work(region, worker: 0)
    while finished.load(ordering: .acquiring) < count { epads_spin_pause() }
    self.job = nil
  }

  private func work(_ region: UInt64, worker: Int) {
    while let item = claim(region) {
      job?(worker, item)
      finished.add(1, ordering: .acquiringAndReleasing)
    }
  }

  private func claim(_ region: UInt64) -> Int? {
    var current = ticket.load(ordering: .acquiring)
    while true {
      let next = current & Self.itemMask
      guard current >> UInt64(2 * Self.itemBits) == region, next < current >> UInt64(Self.itemBits) & Self.itemMask
      else { return nil }
      let (exchanged, original) = ticket.compareExchange(
        expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
      if exchanged { return Int(next) }
      current = original
    }
  }

  private func serve(_ worker: Int) {
    var seen: UInt64 = 0
    func region() -> UInt64 { ticket.load(ordering: .acquiring) >> UInt64(2 * Self.itemBits) }
    while true {
      var spins = 0
      while region() == seen, spins < Self.spins {
        spins += 1
        epads_spin_pause()
      }
      if region() == seen {
        condition.lock()
        while region() == seen, !stopping.load(ordering: .acquiring) { condition.wait() }
        condition.unlock()
      }
      if stopping.load(ordering: .acquiring) { return }
      seen = region()
      work(seen, worker: worker)
    }
  }

  private func stop() {
    condition.lock()
    stopping.store(true, ordering: .releasing)
    condition.broadcast()
    condition.unlock()
    // The threads hold no reference, so they must be gone before the pool is.
    while threads.contains(where: { !$0.isFinished }) { usleep(100) }
  }
}
