internal import CPUKernels
import Foundation
import Synchronization

/// Threads that share out the items of short parallel regions.
///
/// The regions of a network last 0.1 to 10 ms and follow each other closely, so a thread that runs out of items spins
/// for a moment before it sleeps. Each thread has a range of its own, the same part of the items in every region, so
/// that it finds in its caches what it left there; one that is through takes items from the ranges of others. Items are
/// claimed one by one: a thread that the system has taken away delays nobody but the item it holds.
final class ThreadPool: @unchecked Sendable {
  /// One a thread: the next item of its range, the end of the range and the number of the region in one word, so that a
  /// late thread cannot claim an item of another region: 20 bits, 20 bits, 24 bits. A cache line apart.
  nonisolated(unsafe) private let tickets: UnsafeMutablePointer<Atomic<UInt64>>
  private let region = Atomic<UInt64>(0)
  private let finished = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  /// What the current region is. Read only while an item of that region is claimed and not finished, so `run` is still
  /// waiting and the closure alive.
  nonisolated(unsafe) private var job: (@Sendable (_ worker: Int, _ item: Int) -> Void)?
  nonisolated(unsafe) private var count = 0
  nonisolated(unsafe) private var isReversed = false
  private let condition = NSCondition()
  private var threads: [Thread] = []

  private static let itemBits: UInt64 = 20
  private static let itemMask: UInt64 = 1 << 20 - 1
  private static let regionMask: UInt64 = 1 << 24 - 1
  /// Tickets a cache line.
  private static let stride = 8
  /// About 50 microseconds of spinning.
  private static let spins = 2000

  /// Threads that work on a region, the caller among them.
  let width: Int

  init(width: Int) {
    self.width = max(1, width)
    tickets = .allocate(capacity: self.width * Self.stride)
    for index in 0..<self.width * Self.stride { (tickets + index).initialize(to: Atomic(0)) }
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
    tickets.deinitialize(count: width * Self.stride).deallocate()
  }

  /// Runs `job` once for every item below `count` and returns when all are done. Not to be called from a job, nor from
  /// two threads at once.
  ///
  /// - Parameter isReversed: whether each thread begins at the end of its range.
  func run(_ count: Int, isReversed: Bool = false, _ job: @Sendable (_ worker: Int, _ item: Int) -> Void) {
    // A region counts its items in 20 bits; longer ones run in pieces.
    let limit = Int(Self.itemMask)
    for first in Swift.stride(from: 0, to: count, by: limit) {
      withoutActuallyEscaping(job) { job in
        runRegion(min(limit, count - first), isReversed: isReversed) { worker, item in job(worker, first + item) }
      }
    }
  }

  private func runRegion(_ count: Int, isReversed: Bool, _ job: @escaping @Sendable (Int, Int) -> Void) {
    guard width > 1, count > 1 else {
      for item in 0..<count { job(0, isReversed ? count - 1 - item : item) }
      return
    }
    self.job = job
    self.count = count
    self.isReversed = isReversed
    finished.store(0, ordering: .relaxed)
    let next = (region.load(ordering: .relaxed) &+ 1) & Self.regionMask
    for worker in 0..<width {
      let range = range(of: worker)
      tickets[worker * Self.stride].store(
        next << (2 * Self.itemBits) | UInt64(range.upperBound) << Self.itemBits | UInt64(range.lowerBound),
        ordering: .releasing)
    }
    condition.lock()
    region.store(next, ordering: .sequentiallyConsistent)
    condition.broadcast()
    condition.unlock()
    work(next, worker: 0)
    // A thread that another process keeps from running would only be kept longer by spinning.
    var spins = 0
    while finished.load(ordering: .acquiring) < count {
      spins += 1
      if spins < Self.spins { epads_spin_pause() } else { sched_yield() }
    }
    self.job = nil
  }

  private func range(of worker: Int) -> Range<Int> { worker * count / width..<(worker + 1) * count / width }

  private func work(_ region: UInt64, worker: Int) {
    // The own range, then those of the others.
    for offset in 0..<width {
      let owner = (worker + offset) % width
      while let item = claim(region, from: owner) {
        job?(worker, item)
        finished.add(1, ordering: .acquiringAndReleasing)
      }
    }
  }

  private func claim(_ region: UInt64, from owner: Int) -> Int? {
    let place = owner * Self.stride
    var current = tickets[place].load(ordering: .acquiring)
    while true {
      let next = current & Self.itemMask
      let end = current >> Self.itemBits & Self.itemMask
      guard current >> (2 * Self.itemBits) == region, next < end else { return nil }
      let (exchanged, original) = tickets[place].compareExchange(
        expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
      if exchanged { return isReversed ? range(of: owner).lowerBound + Int(end) - 1 - Int(next) : Int(next) }
      current = original
    }
  }

  private func serve(_ worker: Int) {
    var seen: UInt64 = 0
    while true {
      var spins = 0
      while region.load(ordering: .acquiring) == seen, spins < Self.spins {
        spins += 1
        epads_spin_pause()
      }
      if region.load(ordering: .acquiring) == seen {
        condition.lock()
        while region.load(ordering: .acquiring) == seen, !stopping.load(ordering: .acquiring) { condition.wait() }
        condition.unlock()
      }
      if stopping.load(ordering: .acquiring) { return }
      seen = region.load(ordering: .acquiring)
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
