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
