import Foundation
import Synchronization

/// Work on items as they come, several of them in flight, whose results come in the order of the items.
///
/// With one in flight everything happens on the caller's thread. Items are begun in order, so what has been begun when
/// the work is stopped is the beginning of all of it, and comes to its end.
public final class OrderedWork<Item: Sendable, Value: Sendable>: @unchecked Sendable {
  private let source: @Sendable () throws -> Item?
  private let width: Int
  private let body: @Sendable (Item) throws -> Value
  private let isStopRequested: @Sendable () -> Bool
  /// Held while an item is fetched, so that their order is that of the numbers; results are handed over meanwhile.
  private let fetching = Mutex(())
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
  ///   - source: gives the next item, nil after the last. It is called by one thread at a time, and may wait for an
  ///     item; `stop` waits for it then.
  public init(
    width: Int, isStopRequested: @escaping @Sendable () -> Bool = { false },
    source: @escaping @Sendable () throws -> Item?,
    body: @escaping @Sendable (Item) throws -> Value
  ) {
    self.source = source
    self.width = max(1, width)
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

  /// Works on a list of items.
  public convenience init(
    _ items: [Item], width: Int, isStopRequested: @escaping @Sendable () -> Bool = { false },
    body: @escaping @Sendable (Item) throws -> Value
  ) {
    self.init(
      width: min(width, items.count), isStopRequested: isStopRequested, source: taking(items), body: body)
  }

  /// The next result, when it is there; nil after the last, or the last that was begun before a stop.
  public func next() throws -> Value? {
    guard width > 1 else {
      guard let (_, item) = try begin() else { return nil }
      handedOver += 1
      return try body(item)
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
    // What the source throws stands among the results already.
    while let (number, item) = try? begin() {
      let result = Result { try body(item) }
      condition.lock()
      results[number] = result
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    running -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// The item to work on, and its number; nil where there is none to begin. After the last item, and after an error of
  /// the source, which is the result after all that was begun, the source is not asked again.
  private func begin() throws -> (number: Int, item: Item)? {
    try fetching.withLock { _ in
      guard mayBegin() else { return nil }
      let next = Result { try source() }
      condition.lock()
      defer { condition.unlock() }
      switch next {
      case .success(let item?):
        begun += 1
        return (begun - 1, item)
      case .success(nil): isStopped = true
      case .failure(let error):
        isStopped = true
        results[begun] = .failure(error)
      }
      return try next.get().map { (begun, $0) }
    }
  }

  /// Waits until there is room: results that nobody has fetched are bounded, too. False where nothing more is begun.
  private func mayBegin() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while width > 1, !isStopped, begun >= handedOver + 2 * width { condition.wait() }
    return !isStopped && !isStopRequested()
  }
}

/// Gives the items of a list one after the other, whoever asks, and nil after the last.
public func taking<Item: Sendable>(_ items: [Item]) -> @Sendable () -> Item? {
  let next = Mutex(items.startIndex)
  return {
    next.withLock { next in
      guard next < items.endIndex else { return nil }
      defer { next += 1 }
      return items[next]
    }
  }
}
