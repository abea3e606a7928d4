internal import Compute
import Foundation

/// The memory, the weights and the threads of a backend, kept from run to run.
final class Workspace: @unchecked Sendable {
  let pool: ThreadPool
  let weights = WeightCache()
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0

  init(threads: Int) { pool = ThreadPool(width: threads) }

  deinit { free(memory) }

  /// Makes room for a run; throws before anything is allocated where the system has not got it.
  func reserve(_ layout: Layout) throws(BackendError) -> UnsafeMutableRawPointer {
    if let memory, layout.bytes <= capacity { return memory }
    if let available = SystemMemory.available, layout.bytes + layout.weights - capacity > available {
      throw BackendError(
        .outOfMemory,
        """
        the run needs \(megabytes(layout.bytes + layout.weights)) of memory and \(megabytes(available)) are left: take a \
        smaller --batch
        """)
    }
    free(memory)
    memory = nil
    capacity = 0
    var block: UnsafeMutableRawPointer?
    // 2 MiB, so that the system can back the arena with huge pages.
    guard posix_memalign(&block, layout.bytes >= 4 << 20 ? 2 << 20 : 64, layout.bytes) == 0, let block else {
      throw BackendError(.outOfMemory, "cannot allocate \(megabytes(layout.bytes)) of memory: take a smaller --batch")
    }
    if layout.bytes >= 4 << 20 { madvise(block, layout.bytes, MADV_HUGEPAGE) }
    memory = block
    capacity = layout.bytes
    return block
  }

  private func megabytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
}
