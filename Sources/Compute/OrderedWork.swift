import Foundation

/// Work on a list of items, several of them in flight, whose results come in the order of the items.
///
/// With one in flight everything happens on the caller's thread. Items are begun in order, so what has been begun when
/// the work is stopped is the beginning of the list, and all of it comes to its end.
public final class OrderedWork<Item: Sendable, Value: Sendable>: @unchecked Sendable {
  private let items: [Item]
  private let width: Int
  private let body: @Sendable (Item) throws -> Value
  private let isStopRequested: @Sendable () -> Bool
  private let condition = NSCondition()
  // Guarded by the condition.
  private var begun = 0
  private var handedOver = 0
  private var running = 0
  private var isStopped = false
  private var results: [Int: Result<Value, any Error>] = [:]

  /// - Parameters:
  ///   - width: items in flight at most.
  ///   - isStopRequested: asked before an item is begun.
  public init(
    _ items: [Item], width: Int, isStopRequested: @escaping @Sendable () -> Bool = { false },
    body: @escaping @Sendable (Item) throws -> Value
  ) {
    self.items = items
    self.width = max(1, min(width, items.count))
    self.body = body
    self.isStopRequested = isStopRequested
    guard self.width > 1 else { return }
    running = self.width
    for _ in 0..<self.width {
      let thread = Thread { [self] in work() }
      // Drivers compile on the thread that asks for it.
      thread.stackSize = 16 << 20
      thread.start()
    }
  }

  /// The next result, when it is there; nil after the last, or the last that was begun before a stop.
  public func next() throws -> Value? {
    guard width > 1 else {
      guard let index = begin() else { return nil }
      handedOver += 1
      return try body(items[index])
    }
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let result = results.removeValue(forKey: handedOver) {
        handedOver += 1
        condition.broadcast()
        return try result.get()
      }
      if running == 0 { return nil }
      condition.wait()
    }
  }

  /// Begins nothing more, and waits for what has been begun; its results can still be had.
  public func stop() {
    condition.lock()
    defer { condition.unlock() }
    isStopped = true
    condition.broadcast()
    while running > 0 { condition.wait() }
  }

  private func work() {
    while let index = begin() {
      let result = Result { try body(items[index]) }
      condition.lock()
      results[index] = result
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    running -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// The item to work on; nil where there is none to begin.
  private func begin() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    // Results that nobody has fetched are bounded, too.
    while width > 1, !isStopped, begun < items.count, begun >= handedOver + 2 * width { condition.wait() }
    guard !isStopped, begun < items.count, !isStopRequested() else { return nil }
    begun += 1
    return begun - 1
  }
}
