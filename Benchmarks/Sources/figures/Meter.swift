import Workloads

/// Measures one workload and what bounds it in turn.
struct Meter {
  let workload: Workload
  let repetitions: Int
  private let peak: Workload
  private let memory: Workload
  private let work: Workload.Work
  private let calls: Int
  private let peakCalls: Int

  init(_ workload: Workload, peak table: KernelTable, repetitions: Int) throws {
    self.workload = workload
    self.repetitions = repetitions
    peak = .peak(table)
    memory = .copy(kibibytes: 32 << 10)
    work = try workload.prepare()
    // Whole architectures take long enough each.
    calls = workload.unit == .architectures ? 1 : try Self.calls(of: workload, seconds: 0.01)
    peakCalls = workload.parts.isEmpty ? 0 : try Self.calls(of: peak, seconds: 0.005)
  }

  /// Calls that take about so long.
  static func calls(of workload: Workload, seconds goal: Double) throws -> Int {
    let work = try workload.prepare()
    var calls = 1
    while true {
      let time = try seconds(of: work, calls: calls)
      if time >= goal / 4 || calls >= 1 << 24 { return max(1, Int((Double(calls) * goal / time).rounded())) }
      calls *= 2
    }
  }

  func figure() throws -> Figure {
    // What the first calls find cold does not count.
    _ = try time()
    var rates: [Double] = []
    var shares: [Double] = []
    var computing: [Double] = []
    for _ in 0..<repetitions {
      let rate = Double(calls) / (try time())
      rates.append(rate * workload.amount)
      guard !workload.parts.isEmpty else { continue }
      let operations = try Workloads.rate(of: peak, threads: workload.threads, calls: peakCalls)
      let needsMemory = workload.parts.contains { $0.bytes > 0 }
      let bytes = needsMemory ? try Workloads.rate(of: memory, threads: workload.threads, calls: 2) : .infinity
      // Each part takes at least as long as the slower of the two.
      let bounds = workload.parts.map { max($0.operations / operations, $0.bytes / bytes) }
      shares.append(rate * bounds.reduce(0, +))
      let computed = workload.parts.filter { $0.operations / operations >= $0.bytes / bytes }
      computing.append(computed.reduce(0) { $0 + $1.operations / operations } / bounds.reduce(0, +))
    }
    return Figure(workload, perSecond: rates, shares: shares, computing: computing)
  }

  private func time() throws -> Double {
    guard workload.isTimedByWallClock else { return try seconds(of: work, calls: calls) }
    let start = ContinuousClock.now
    for _ in 0..<calls { try work() }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
