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
    try Self.check(bytes: layout.bytes + layout.weights + layout.constants, beside: capacity)
    free(memory)
    memory = nil
    capacity = 0
    let block = try Self.allocate(bytes: layout.bytes)
    memory = block
    capacity = layout.bytes
    return block
  }

  /// Throws where the system has not got so many bytes.
  ///
  /// - Parameter freed: what will be given back before.
  static func check(bytes: Int, beside freed: Int = 0) throws(BackendError) {
    if let available = SystemMemory.available, bytes - freed > available {
      throw BackendError(
        .outOfMemory,
        "the run needs \(megabytes(bytes)) of memory and \(megabytes(available)) are left")
    }
  }

  /// Memory that the caller frees.
  static func allocate(bytes: Int) throws(BackendError) -> UnsafeMutableRawPointer {
    var block: UnsafeMutableRawPointer?
    // 2 MiB, so that the system can back it with huge pages.
    guard posix_memalign(&block, bytes >= 4 << 20 ? 2 << 20 : 64, max(64, bytes)) == 0, let block else {
      throw BackendError(.outOfMemory, "cannot allocate \(megabytes(bytes)) of memory")
    }
    if bytes >= 4 << 20 { madvise(block, bytes, MADV_HUGEPAGE) }
    return block
  }

  private static func megabytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
}
