import Compute
import Foundation
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
    let running = Atomic(0)
    let most = Atomic(0)
    let begun = Atomic(0)
    let work = OrderedWork(Array(0..<60), width: 3) { item in
      begun.add(1, ordering: .relaxed)
      most.max(running.add(1, ordering: .sequentiallyConsistent).newValue, ordering: .relaxed)
      usleep(200)
      running.subtract(1, ordering: .sequentiallyConsistent)
      return item
    }
    usleep(20_000)
    #expect(begun.load(ordering: .relaxed) <= 6)
    #expect(try all(work).count == 60)
    #expect(most.load(ordering: .relaxed) <= 3)
  }

  /// What has been begun is the beginning of the list, and comes to its end.
  @Test(arguments: [1, 4]) func aStopLeavesTheBeginning(width: Int) throws {
    let isStopped = Atomic(false)
    let work = OrderedWork(Array(0..<1000), width: width, isStopRequested: { isStopped.load(ordering: .relaxed) }) {
      item in
      if item == 10 { isStopped.store(true, ordering: .relaxed) }
      // A thread may be held up before it asks for the stop: what the others have begun meanwhile waits for it.
      while item > 10, !isStopped.load(ordering: .relaxed) { usleep(100) }
      return item
    }
    let values = try all(work)
    #expect(values == Array(0..<values.count))
    #expect((11..<11 + width).contains(values.count))
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

  /// Items may come one by one, and results are there before the next item is.
  @Test(arguments: [1, 4]) func itemsComeWhileOthersAreDone(width: Int) throws {
    let handedOver = Atomic(0)
    let next = Atomic(0)
    let work = OrderedWork<Int, Int>(
      width: width,
      source: {
        let item = next.add(1, ordering: .relaxed).newValue - 1
        guard item < 20 else { return nil }
        // Nobody sends more before the answers to what came have been seen.
        while handedOver.load(ordering: .relaxed) < item { usleep(50) }
        return item
      }, body: { $0 * $0 })
    var values: [Int] = []
    while let value = try work.next() {
      values.append(value)
      handedOver.add(1, ordering: .relaxed)
    }
    #expect(values == (0..<20).map { $0 * $0 })
    #expect(try work.next() == nil)
  }

  /// What came before an error of the source is done, and the source is not asked again.
  @Test(arguments: [1, 4]) func anErrorOfTheSourceComesLast(width: Int) throws {
    let asked = Atomic(0)
    let work = OrderedWork<Int, Int>(
      width: width,
      source: {
        let item = asked.add(1, ordering: .sequentiallyConsistent).newValue - 1
        guard item < 6 else { throw Refused() }
        return item
      }, body: { $0 })
    var values: [Int] = []
    #expect(throws: Refused.self) { while let value = try work.next() { values.append(value) } }
    #expect(values == Array(0..<6))
    work.stop()
    #expect(asked.load(ordering: .sequentiallyConsistent) == 7)
  }
}
