import Benchmark
import Workloads

/// The workloads in the harness: wall clock, calls a second, and what they amount to as a metric of its own.
///
/// Shares of the peak are ratios of two measurements, which the harness cannot express: see the program `figures`.
let benchmarks: @Sendable () -> Void = {
  for table in kernelTables { add(.peak(table)) }
  for workload in Workload.kernels { add(workload) }
  do {
    for workload in try ArchitectureRun().workloads() + Workload.devices(problem: { print($0) }) { add(workload) }
  } catch {
    Benchmark("architectures") { $0.error("\(error)") }
  }
}

private func add(_ workload: Workload) {
  let rate: BenchmarkMetric? =
    switch workload.unit {
    case .operations: .custom("MFLOP/s", polarity: .prefersLarger, useScalingFactor: false)
    case .bytes: .custom("MB/s", polarity: .prefersLarger, useScalingFactor: false)
    case .architectures: nil
    }
  // Many calls a sample where one is too short for a clock.
  let isShort = workload.unit != .architectures && workload.amount < 1e7
  let configuration = Benchmark.Configuration(
    metrics: [.wallClock, .throughput] + (rate.map { [$0] } ?? []), warmupIterations: 1,
    scalingFactor: isShort ? .kilo : .one, maxDuration: .seconds(isShort ? 1 : 3))
  Benchmark("\(workload.group): \(workload.name)", configuration: configuration) { benchmark, work in
    guard let rate else { return try work() }
    let calls = benchmark.scaledIterations.count
    let time = try seconds(of: work, calls: calls)
    benchmark.measurement(rate, Int(workload.amount * Double(calls) / time / 1e6))
  } setup: {
    try workload.prepare()
  }
}
