import Synchronization

/// Whether whoever waits for a stream should stop: because nobody wants more of it, or because of an interrupt.
final class StopFlag: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .relaxed) || Interrupt.isRequested }

  func set() { value.store(true, ordering: .relaxed) }
}
