import ArgumentParser
import BackendSelection
import Compute
import Files
import Foundation
import Latency
import Runs
import Scoring
import Studies
import Terminal

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Compares the devices of this machine on the same work.",
    discussion: """
      Convolutions, codes with their distances, and whole architectures: the median of several runs on each device \
      that can be used, after a first one that also allocates; "busy ms" is the time a run where a device takes \
      several at once, as it does with the rows of a study, and "build ms" what building kernels took, or loading them \
      where they were built before. Counts are compared as well: they must be equal.

        epads benchmark --batch 8
        epads benchmark --device 0 --json
      """)

  @Option(parsing: .unconditional, help: ArgumentHelp("Images before their noisy copies are added.", valueName: "n"))
  var batch = 32

  @Option(help: ArgumentHelp("Only this device: a number of 'epads devices' or a part of a name.", valueName: "device"))
  var device: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads of the CPU backend.", valueName: "n"))
  var threads: Int?

  @Flag(help: "JSON lines, one a device and workload.")
  var json = false

  @Flag(help: "Where the time of each workload goes: every kernel of the devices that have a clock for them.")
  var kernels = false

  func validate() throws {
    guard (2...4096).contains(batch) else { throw ValidationError("--batch must be from 2 to 4096") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
  }

  mutating func run() throws {
    let backends = try backends()
    let benchmark = BackendBenchmark(batch: batch, secondsPerWorkload: 0.5)
    let writer = LineWriter()
    var table = TextTable(columns: [
      TextTable.Column("workload"), TextTable.Column("device"), TextTable.Column("ms", .right),
      TextTable.Column("busy ms", .right), TextTable.Column("GFLOP/s", .right), TextTable.Column("build ms", .right),
      TextTable.Column("first ms", .right), TextTable.Column("ratio", .right),
    ])
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var unequal = 0
    var kernelTables: [String] = []
    let workloads = try BackendBenchmark.workloads()
    try checkMemory(benchmark, workloads, backends.map(\.1))
    for workload in workloads {
      // The last device is the CPU, unless --device names another one. It runs first, to compare the others with it.
      var reference: BackendBenchmark.Result?
      for (number, backend) in backends.reversed() {
        guard !Interrupt.isRequested else { throw Failure("interrupted", status: 130) }
        let result: BackendBenchmark.Result
        do {
          result = try benchmark.run(workload, on: backend)
        } catch {
          note("warning: \(backend.device.name): \(workload.name): \(advised(error))")
          continue
        }
        if let reference, reference.counts != result.counts {
          unequal += 1
          note("warning: \(backend.device.name): \(workload.name): counts differ from those of the CPU backend")
        }
        reference = reference ?? result
        var row = Row(workload, result, backend.device, batch: batch, reference: reference)
        if kernels {
          do {
            let profiling = backend as? any KernelProfiling
            let times = try profiling.map { try benchmark.kernelTimes(of: workload, on: $0) }
            row.kernels = times?.map(KernelRow.init) ?? []
          } catch {
            note("warning: \(backend.device.name): \(workload.name): \(advised(error))")
          }
        }
        if json {
          try writer.append(jsonLine(row))
        } else {
          table.append([
            workload.name, "\(number) \(backend.device.backend)", fixed(row.ms, 2), fixed(row.busyMs, 2),
            fixed(row.gflops, 1), fixed(row.buildMs, 1), fixed(row.firstMs, 1), fixed(row.ratio, 2),
          ])
          if let kernels = row.kernels, !kernels.isEmpty { kernelTables += [""] + lines(kernels, of: row, number) }
        }
      }
    }
    guard !json else { return try finish(unequal) }
    for (number, backend) in backends {
      try writer.append("\(number) \(backend.device.backend): \(backend.device.summary)")
    }
    try writer.append(
      "batch \(batch); GFLOP/s and ratio (the CPU backend's time divided by the device's) are of busy ms")
    for line in table.text().split(separator: "\n") { try writer.append(String(line)) }
    for line in kernelTables { try writer.append(line) }
    try finish(unequal)
  }

  /// Throws where the machine has less memory than all backends take, each of which keeps that of its largest workload.
  private func checkMemory(
    _ benchmark: BackendBenchmark, _ workloads: [BackendBenchmark.Workload], _ backends: [any Backend]
  ) throws {
    let bound = try backends.reduce(0) { total, backend in
      try total + (workloads.map { try benchmark.memoryBound(of: $0, on: backend) }.max() ?? 0)
    }
    try requireMemory(bound, "the benchmark", orElse: "take a smaller --batch")
  }

  private func lines(_ kernels: [KernelRow], of row: Row, _ number: Int) -> [String] {
    var table = TextTable(columns: [
      TextTable.Column("kernel"), TextTable.Column("launches", .right), TextTable.Column("ms", .right),
      TextTable.Column("GFLOP/s", .right), TextTable.Column("GB/s", .right), TextTable.Column("private", .right),
    ])
    for kernel in kernels {
      table.append([
        kernel.kernel, "\(kernel.launches)", fixed(kernel.ms, 3), fixed(kernel.gflops, 0), fixed(kernel.gbps, 0),
        "\(kernel.privateBytes)",
      ])
    }
    let sum = kernels.reduce(0) { $0 + $1.ms }
    let launches = kernels.reduce(0) { $0 + $1.launches }
    return ["\(row.workload), device \(number): \(launches) kernels take \(fixed(sum, 2)) ms of \(fixed(row.ms, 2))"]
      + table.text().split(separator: "\n").map(String.init)
  }

  private func finish(_ unequal: Int) throws {
    if unequal > 0 { throw Failure("\(unequal) counts differ between devices: please report this") }
  }

  /// Every device that can be used, with its number.
  private func backends() throws -> [(Int, any Backend)] {
    do throws(BackendError) {
      let all = try BackendSelection(BackendSettings(threads: threads))
      if let device {
        let selected = try all.select(.auto, device: device)
        return [(selected.number, selected.backend)]
      }
      var backends: [(Int, any Backend)] = []
      for number in all.devices.indices {
        do throws(BackendError) {
          backends.append((number, try all.select(.auto, device: "\(number)").backend))
        } catch {
          note("warning: \(error)")
        }
      }
      return backends
    } catch {
      throw Failure("\(error)")
    }
  }

  private struct Row: Encodable {
    var workload: String
    var backend: String
    var device: String
    var batch: Int
    var ms: Double
    var busyMs: Double
    var buildMs: Double
    var firstMs: Double
    var runs: Int
    /// Billions of operations a second over all images of a run; a multiply-accumulate is two of them.
    var gflops: Double
    var ratio: Double
    /// Nil without --kernels; empty where the device has no clock for them.
    var kernels: [KernelRow]?

    enum CodingKeys: String, CodingKey {
      case workload, backend, device, batch, ms
      case busyMs = "busy_ms"
      case buildMs = "build_ms"
      case firstMs = "first_ms"
      case runs, gflops, ratio, kernels
    }

    init(
      _ workload: BackendBenchmark.Workload, _ result: BackendBenchmark.Result, _ device: Device, batch: Int,
      reference: BackendBenchmark.Result?
    ) {
      self.workload = workload.name
      backend = device.backend
      self.device = device.name
      self.batch = batch
      ms = result.milliseconds
      busyMs = result.busyMilliseconds
      buildMs = result.buildMilliseconds
      firstMs = result.firstMilliseconds
      runs = result.runs
      gflops = Double(2 * workload.multiplyAccumulates * 2 * batch) / result.busyMilliseconds / 1e6
      ratio = (reference ?? result).busyMilliseconds / result.busyMilliseconds
    }
  }

  private struct KernelRow: Encodable {
    var kernel: String
    var launches: Int
    /// The time of all launches together, by the device's clock.
    var ms: Double
    /// Billions of operations a second; a multiply-accumulate of the kernel's algorithm is two of them.
    var gflops: Double
    /// Billions of bytes a second, of those that the kernel has to read and write at least.
    var gbps: Double
    /// Bytes of private memory of a work-item: more than 0 where its values do not fit into registers.
    var privateBytes: Int

    enum CodingKeys: String, CodingKey {
      case kernel, launches, ms, gflops, gbps
      case privateBytes = "private_bytes"
    }

    init(_ time: KernelTime) {
      kernel = time.kernel
      launches = time.launches
      ms = time.seconds * 1000
      gflops = time.seconds > 0 ? Double(2 * time.multiplyAccumulates) / time.seconds / 1e9 : 0
      gbps = time.seconds > 0 ? Double(time.bytes) / time.seconds / 1e9 : 0
      privateBytes = time.privateBytes
    }
  }
}
