internal import Compute
import OpenCL

/// How many multiply-accumulates a second a device comes to where nothing but arithmetic counts.
struct OpenCLPeak {
  /// Chains of a work-item: as many as hide the latency of an operation and fit the registers.
  private static let chains = 12
  /// Links of each chain in a round of the loop.
  private static let links = 8
  /// What a launch has to take.
  private static let seconds = 5e-3
  private static let launches = 5

  static let options = "-DCHAINS=\(chains) -DLINKS=\(links)"

  private let queue: CommandQueue
  private let kernel: Kernel
  private let lanes: Int
  private let items: Int
  private let group: Int

  init(_ programs: OpenCLPrograms, _ info: OpenCLDeviceInfo) throws(OpenCLError) {
    queue = try programs.context.queue(profiling: true)
    kernel = try programs.program(of: .multiplyAccumulate, for: .inference).kernel("multiply_accumulate")
    lanes = programs.isTiled ? 4 : 8
    group = programs.isTiled ? 256 : 1
    // On a GPU all of them at once: 1024 a compute unit leave each 64 registers. On a processor enough to share out
    // evenly.
    items = max(1, info.computeUnits) * (programs.isTiled ? 1024 : 16)
    try kernel.set(0, try programs.context.buffer(bytes: items * lanes * 4))
    // Near 2 from the second link on.
    try kernel.set(2, Float(0.5))
    try kernel.set(3, Float(1))
  }

  /// Multiply-accumulates a second, of the best of a few launches.
  func measured() throws(OpenCLError) -> Double {
    do {
      // The first one may build something.
      _ = try time(rounds: 1)
      let rounds = try sufficientRounds()
      var best = Double.infinity
      for _ in 0..<Self.launches { best = min(best, try time(rounds: rounds)) }
      return Double(items * lanes * rounds * Self.links * Self.chains) / best
    } catch {
      try? queue.finish()
      throw error
    }
  }

  /// Rounds that take long enough.
  private func sufficientRounds() throws(OpenCLError) -> Int {
    var rounds = 1
    while rounds < 1 << 30 {
      let seconds = try min(time(rounds: rounds), time(rounds: rounds))
      if seconds >= Self.seconds { return rounds }
      rounds *= seconds > 0 ? min(16, Int(1.2 * Self.seconds / seconds) + 1) : 16
    }
    throw OpenCLError(
      .callFailed, "\(queue.context.device.name) says that its kernels take no time", call: "clGetEventProfilingInfo",
      device: queue.context.device.name)
  }

  private func time(rounds: Int) throws(OpenCLError) -> Double {
    try kernel.set(1, Int32(clamping: rounds))
    return try queue.enqueueWithEvent(kernel, global: [items], local: [group]).seconds()
  }
}
