import Foundation
import Studies
import Synchronization
import Testing

@Suite struct OrderedWorkTests {
  private struct Refused: Error {}

  private func all(_ work: OrderedWork<Int, Int>) throws -> [Int] {
    var values: [Int] = []
    while let value = try work.next() { values.append(value) }
    return values
  }

  @Test(arguments: [1, 2, 3, 8, 100]) func resultsComeInOrder(width: Int) throws {
    let items = Array(0..<40)
    let work = OrderedWork(items, width: width) { item in
      // Some take longer than those after them.
      usleep(UInt32(item % 5 * 300))
      return item * item
    }
    #expect(try all(work) == items.map { $0 * $0 })
    #expect(try work.next() == nil)
  }

  @Test(arguments: [1, 4]) func nothingToDo(width: Int) throws {
    #expect(try all(OrderedWork([], width: width) { $0 }) == [])
  }

  /// No more at once than allowed, and no more ahead of what is fetched than twice that.
  @Test func workIsBounded() throws {
    let running = Mutex((now: 0, most: 0, begun: 0))
    let work = OrderedWork(Array(0..<60), width: 3) { item in
      running.withLock {
        $0.now += 1
        $0.begun += 1
        $0.most = max($0.most, $0.now)
      }
      usleep(200)
      running.withLock { $0.now -= 1 }
      return item
    }
    usleep(20_000)
    #expect(running.withLock { $0.begun } <= 6)
    #expect(try all(work).count == 60)
    #expect(running.withLock { $0.most } <= 3)
  }

  /// What has been begun is the beginning of the list, and comes to its end.
  @Test(arguments: [1, 4]) func aStopLeavesTheBeginning(width: Int) throws {
    let isStopped = Mutex(false)
    let work = OrderedWork(Array(0..<1000), width: width, isStopRequested: { isStopped.withLock { $0 } }) { item in
      if item == 10 { isStopped.withLock { $0 = true } }
      return item
    }
    let values = try all(work)
    #expect(values == Array(0..<values.count))
    #expect((11...11 + width).contains(values.count))
    work.stop()
    #expect(try work.next() == nil)
  }

  @Test(arguments: [1, 4]) func errorsComeInOrder(width: Int) throws {
    let work = OrderedWork(Array(0..<20), width: width) { item in
      guard item != 5 else { throw Refused() }
      return item
    }
    for item in 0..<5 { #expect(try work.next() == item) }
    #expect(throws: Refused.self) { try work.next() }
    work.stop()
  }
}
