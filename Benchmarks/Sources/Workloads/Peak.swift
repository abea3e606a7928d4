import CPUKernels
import Foundation
import Synchronization

/// The loops of one instruction set: constants that every thread may read.
public struct KernelTable: @unchecked Sendable {
  let pointer: UnsafePointer<epads_kernels>

  var functions: epads_kernels { pointer.pointee }
  public var name: String { String(cString: pointer.pointee.name) }

  /// This one, or where its vectors are too wide for so many channels, the widest that are not: as the CPU backend
  /// chooses.
  func fitting(channels: Int) -> KernelTable {
    let narrower = kernelTables.filter { $0.functions.lanes <= functions.lanes }
    return narrower.last { channels.isMultiple(of: $0.functions.lanes) } ?? self
  }
}

/// What this processor and this build can run, slowest first; never empty.
public let kernelTables: [KernelTable] = [
  epads_kernels_scalar(), epads_kernels_avx2(), epads_kernels_avx512(), epads_kernels_neon(),
].compactMap { $0.map(KernelTable.init(pointer:)) }

extension Workload {
  /// Independent fused multiply-adds in registers: what every other count of operations is a share of.
  public static func peak(_ table: KernelTable) -> Workload {
    let rounds = 10_000
    var sink: Float = 0
    let operations = Double(table.functions.multiply_add_rounds(rounds, &sink))
    return Workload(
      group: .peak, name: "multiply-adds, \(table.name)", unit: .operations, amount: operations, threads: 1
    ) {
      var sink: Float = 0
      return { _ = table.functions.multiply_add_rounds(rounds, &sink) }
    }
  }
}

/// What `threads` threads reach together of a workload of one thread, `calls` calls each, in units of its amount a
/// second: the sum of what each reaches by its own CPU time, so that a busy machine does not hide what the processor
/// can do.
public func rate(of workload: Workload, threads: Int, calls: Int) throws -> Double {
  guard threads > 1 else { return try workload.amount * Double(calls) / seconds(of: workload.prepare(), calls: calls) }
  let total = Mutex(0.0)
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    guard let work = try? workload.prepare(), let time = try? seconds(of: work, calls: calls) else { return }
    total.withLock { $0 += workload.amount * Double(calls) / time }
  }
  return total.withLock { $0 }
}

/// Seconds of CPU time of this thread that `calls` calls take.
public func seconds(of work: Workload.Work, calls: Int) throws -> Double {
  let start = threadSeconds()
  for _ in 0..<calls { try work() }
  return max(threadSeconds() - start, 1e-9)
}

private func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
