import Workloads

/// Measures one workload and the peak in turn.
struct Meter {
  let workload: Workload
  let repetitions: Int
  private let peak: KernelTable
  private let work: Workload.Work
  private let calls: Int
  private let peakCalls: Int

  init(_ workload: Workload, peak: KernelTable, repetitions: Int) throws {
    self.workload = workload
    self.peak = peak
    self.repetitions = repetitions
    work = try workload.prepare()
    // Whole architectures take long enough each.
    calls = workload.group == .architectures ? 1 : try Self.calls(of: workload, seconds: 0.01)
    peakCalls = try Self.calls(of: .peak(peak), seconds: 0.005)
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
    for _ in 0..<repetitions {
      let bound = try peakRate(peak, threads: workload.threads, calls: peakCalls)
      let rate = Double(calls) / (try time())
      rates.append(rate * workload.amount)
      if let operations = workload.operations { shares.append(rate * operations / bound) }
    }
    return Figure(workload, perSecond: rates, shares: shares)
  }

  private func time() throws -> Double {
    guard workload.threads > 1 || workload.group == .architectures else { return try seconds(of: work, calls: calls) }
    let start = ContinuousClock.now
    for _ in 0..<calls { try work() }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
