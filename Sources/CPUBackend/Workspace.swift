internal import CPUKernels
internal import Compute
import Foundation
import NetworkGraph

/// Where everything of a run lies in one block of memory. All sizes in bytes, every part aligned to 64.
struct Layout {
  /// Activations: `plan.arenaBytes`.
  let arena: Int
  /// The weights of every convolution, packed, one after the other.
  let weights: Int
  /// Offsets into `weights`, one a step; 0 for nodes.
  let weightOffsets: [Int]
  /// Codes of the node at hand: `codeStride` an image.
  let codes: Int
  let codeStride: Int
  /// Scratch of one thread: a padded image or a row, and sums for batch statistics.
  let scratch: Int
  let padded: Int
  let sums: Int
  /// Scale and shift of every slot of statistics.
  let affine: Int
  let affineOffsets: [Int]
  /// Counts that grow while the plan runs.
  let agreement: Int
  let bytes: Int

  init(_ plan: Plan, threads: Int) {
    func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
    let float = MemoryLayout<Float>.stride
    var weights = 0
    var weightOffsets: [Int] = []
    var padded = 0
    var widest = 0
    for step in plan.steps {
      weightOffsets.append(weights)
      switch step {
      case .convolution(let step):
        let input = plan.buffers[step.input.buffer].shape
        let output = plan.buffers[step.output].shape
        weights += aligned(
          epads_packed_weight_count(output.channels, input.channels, step.convolution.kernel.area) * float)
        let padding = step.convolution.padding
        // One vector more: a copy of whole vectors may run past the last float.
        padded = max(
          padded,
          aligned(
            ((input.height + 2 * padding.height) * (input.width + 2 * padding.width) * input.channels + 16) * float))
      case .node(let step):
        // A row of the node, and one of its widest term for pooling.
        let width = step.terms.reduce(step.shape.width) { max($0, plan.buffers[$1.buffer].shape.width) }
        widest = max(widest, (step.shape.width + width) * Plan.aligned(step.shape.channels))
      }
    }
    var affine = 0
    var affineOffsets: [Int] = []
    var channels = 0
    for shape in plan.statistics {
      affineOffsets.append(affine)
      affine += aligned(2 * Plan.aligned(shape.channels) * float)
      channels = max(channels, Plan.aligned(shape.channels))
    }
    self.arena = aligned(plan.arenaBytes)
    self.weights = weights
    self.weightOffsets = weightOffsets
    self.codeStride = aligned((plan.largestCode + 7) / 8)
    self.codes = codeStride * plan.images
    self.padded = max(padded, aligned(widest * float))
    self.sums = aligned(4 * channels * MemoryLayout<Int64>.stride)
    self.scratch = self.padded + self.sums
    self.affine = affine
    self.affineOffsets = affineOffsets
    self.agreement = plan.measurement == .agreement ? aligned(plan.batch * plan.batch * 8) : 0
    self.bytes = arena + weights + codes + scratch * threads + affine + agreement
  }
}

/// The memory and the threads of a backend, kept from run to run.
final class Workspace: @unchecked Sendable {
  let pool: ThreadPool
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0

  init(threads: Int) { pool = ThreadPool(width: threads) }

  deinit { free(memory) }

  /// Makes room for a run; throws before anything is allocated where the system has not got it.
  func reserve(_ layout: Layout) throws(BackendError) -> UnsafeMutableRawPointer {
    if let memory, layout.bytes <= capacity { return memory }
    if let available = SystemMemory.available, layout.bytes - capacity > available {
      throw BackendError(
        .outOfMemory,
        """
        the run needs \(megabytes(layout.bytes)) of memory and \(megabytes(available)) are left: take a smaller --batch
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
