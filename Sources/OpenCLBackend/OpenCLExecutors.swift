import Foundation

/// The executors of a device: as many runs at once as its memory holds, the others wait.
final class OpenCLExecutors: @unchecked Sendable {
  /// Bytes that all executors may keep where more than one runs.
  private let limit: Int
  private let condition = NSCondition()
  // Guarded by the condition.
  private var idle: [OpenCLExecutor] = []
  private var busyCount = 0
  private var busyBytes = 0

  let count: Int

  init(_ executors: [OpenCLExecutor], limit: Int) {
    self.limit = limit
    idle = executors
    count = executors.count
  }

  /// Carries out work that takes so many bytes on a free executor.
  func withExecutor<Value, Failure: Error>(
    bytes: Int, _ body: (OpenCLExecutor) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let (executor, reserved) = take(bytes)
    defer { giveBack(executor, reserved) }
    return try body(executor)
  }

  /// Carries out work while no executor is busy, and none becomes so.
  func withoutRuns<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    condition.lock()
    while busyCount > 0 { condition.wait() }
    let executors = idle
    idle = []
    busyCount = 1
    condition.unlock()
    defer {
      condition.lock()
      idle = executors
      busyCount = 0
      condition.broadcast()
      condition.unlock()
    }
    return try body()
  }

  private func take(_ bytes: Int) -> (OpenCLExecutor, reserved: Int) {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let executor = idle.popLast() {
        var reserved = max(bytes, executor.bytes)
        let kept = idle.reduce(0) { $0 + $1.bytes }
        if busyBytes + kept + reserved > limit {
          for executor in idle + [executor] { executor.empty() }
          reserved = bytes
        }
        // One run is always let in: whether the device can hold it has been checked.
        if busyCount == 0 || busyBytes + reserved <= limit {
          busyCount += 1
          busyBytes += reserved
          return (executor, reserved)
        }
        idle.append(executor)
      }
      condition.wait()
    }
  }

  private func giveBack(_ executor: OpenCLExecutor, _ reserved: Int) {
    condition.lock()
    defer { condition.unlock() }
    busyCount -= 1
    busyBytes -= reserved
    idle.append(executor)
    condition.broadcast()
  }
}
