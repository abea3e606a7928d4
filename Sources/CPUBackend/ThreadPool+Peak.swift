internal import CPUKernels
import Foundation
import Synchronization

extension ThreadPool {
  /// Multiply-accumulates a second of all threads together: what each reaches by its own CPU time, so that a busy
  /// machine does not hide what the processor can do, the best of a few rounds of about 2 ms.
  func peakMultiplyAccumulates(_ loops: epads_kernels) -> Double {
    let iterations = 40_000
    let best = Mutex([Double](repeating: 0, count: width))
    for _ in 0..<10 {
      run(width) { worker, _ in
        var sink: Float = 0
        let start = Self.threadSeconds()
        // Two operations a multiply-add.
        let operations = Double(loops.multiply_add_rounds(iterations, &sink)) / 2
        let rate = operations / max(Self.threadSeconds() - start, 1e-9)
        best.withLock { $0[worker] = max($0[worker], rate) }
      }
    }
    // A thread that had no turn is like the others.
    let rates = best.withLock { $0 }.filter { $0 > 0 }
    return rates.reduce(0, +) / Double(max(1, rates.count)) * Double(width)
  }

  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
