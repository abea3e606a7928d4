import Foundation

/// The lanes of a device: as many runs at once as its memory holds, the others wait.
final class OpenCLLanes: @unchecked Sendable {
  /// Bytes that all lanes may keep where more than one runs.
  private let limit: Int
  private let condition = NSCondition()
  // Guarded by the condition.
  private var idle: [OpenCLLane] = []
  private var busyCount = 0
  private var busyBytes = 0

  let count: Int

  init(_ lanes: [OpenCLLane], limit: Int) {
    self.limit = limit
    idle = lanes
    count = lanes.count
  }

  /// Carries out work that takes so many bytes on a free lane.
  func withLane<Value, Failure: Error>(
    bytes: Int, _ body: (OpenCLLane) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let (lane, reserved) = take(bytes)
    defer { giveBack(lane, reserved) }
    return try body(lane)
  }

  /// Carries out work while no lane is busy, and none becomes so.
  func withoutRuns<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    condition.lock()
    while busyCount > 0 { condition.wait() }
    let lanes = idle
    idle = []
    busyCount = 1
    condition.unlock()
    defer {
      condition.lock()
      idle = lanes
      busyCount = 0
      condition.broadcast()
      condition.unlock()
    }
    return try body()
  }

  private func take(_ bytes: Int) -> (OpenCLLane, reserved: Int) {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let lane = idle.popLast() {
        var reserved = max(bytes, lane.bytes)
        let kept = idle.reduce(0) { $0 + $1.bytes }
        if busyBytes + kept + reserved > limit {
          for lane in idle + [lane] { lane.empty() }
          reserved = bytes
        }
        // One run is always let in: whether the device can hold it has been checked.
        if busyCount == 0 || busyBytes + reserved <= limit {
          busyCount += 1
          busyBytes += reserved
          return (lane, reserved)
        }
        idle.append(lane)
      }
      condition.wait()
    }
  }

  private func giveBack(_ lane: OpenCLLane, _ reserved: Int) {
    condition.lock()
    defer { condition.unlock() }
    busyCount -= 1
    busyBytes -= reserved
    idle.append(lane)
    condition.broadcast()
  }
}
