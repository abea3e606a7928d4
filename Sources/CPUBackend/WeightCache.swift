internal import CPUKernels
internal import Compute
import Foundation
import NetworkGraph
import Synchronization

/// Packed weights of a convolution, for as long as somebody holds them.
final class PackedWeights: @unchecked Sendable {
  let start: UnsafeMutablePointer<Float>
  let bytes: Int
  /// The number of the last run that took them; for the cache.
  fileprivate var lastRun = 0

  fileprivate init(start: UnsafeMutablePointer<Float>, bytes: Int) {
    self.start = start
    self.bytes = bytes
  }

  deinit { free(start) }
}

/// Packed weights, kept from run to run: an operation in one place has the same weights in every architecture, so a
/// study of a space makes each of them once.
final class WeightCache: @unchecked Sendable {
  /// What the cache may hold, in bytes, unless one plan takes more: all of NAS-Bench-201's weights are 25 MB.
  static let limit = 32 << 20

  fileprivate struct Key: Hashable {
    var seed: UInt64
    var weights: Parameter
    var folded: BatchNormalization?
    var outputs: Int
    /// Of a group.
    var inputs: Int
    var area: Int
    var algorithm: Plan.Branch.Algorithm
    var lanes: Int
  }

  private var blocks: [Key: PackedWeights] = [:]
  private var bytes = 0
  private var runs = 0

  /// What is kept now.
  var kept: [(seed: UInt64, branch: String, bytes: Int)] { blocks.map { ($0.seed, $0.weights.name, $1.bytes) } }

  /// The packed weights of every branch of every step; those that are missing are made.
  func weights(
    of plan: Plan, _ steps: [StepLayout], pool: ThreadPool
  ) throws(BackendError) -> [[PackedWeights]] {
    runs += 1
    var keys: [[Key]] = []
    var missing: [Missing] = []
    for (step, layout) in zip(plan.steps, steps) {
      var kernels = [epads_kernels?](repeating: nil, count: step.branches.count)
      for joined in layout.joined { for branch in joined.branches { kernels[branch] = joined.kernels } }
      var own: [Key] = []
      for (branch, kernels) in zip(step.branches, kernels) {
        guard let kernels else { continue }
        let key = Key(
          seed: plan.seed, weights: branch.weights, folded: branch.folded,
          outputs: branch.convolution.outputChannels,
          inputs: plan.inputShape(of: branch, in: step).channels / branch.convolution.groups,
          area: branch.convolution.kernel.area,
          algorithm: branch.algorithm,
          lanes: kernels.lanes)
        if let block = blocks[key] {
          block.lastRun = runs
        } else {
          missing.append(Missing(key: key, kernels: kernels, branch: branch, step: step))
        }
        own.append(key)
      }
      keys.append(own)
    }
    try make(missing, of: plan, pool: pool)
    return keys.map { $0.compactMap { blocks[$0] } }
  }

  /// Weights to be made.
  private struct Missing: Sendable {
    let key: Key
    let kernels: epads_kernels
    let branch: Plan.Branch
    let step: Plan.Step
  }

  private func make(_ missing: [Missing], of plan: Plan, pool: ThreadPool) throws(BackendError) {
    guard !missing.isEmpty else { return }
    evict(for: missing.reduce(0) { $0 + $1.key.bytes })
    // The largest first, so that no thread ends with one.
    var work: [(missing: Missing, block: PackedWeights)] = []
    for one in missing.sorted(by: { $0.key.bytes > $1.key.bytes }) {
      let key = one.key
      var memory: UnsafeMutableRawPointer?
      // Large ones on huge pages, which the processor fetches ahead across.
      let isLarge = key.bytes >= 1 << 21
      guard posix_memalign(&memory, isLarge ? 2 << 20 : 64, key.bytes) == 0, let memory else {
        throw BackendError(.outOfMemory, "cannot allocate \(key.bytes) bytes for weights")
      }
      if isLarge { madvise(memory, key.bytes, MADV_HUGEPAGE) }
      work.append((one, PackedWeights(start: memory.assumingMemoryBound(to: Float.self), bytes: key.bytes)))
    }
    let ready = work
    let failure = Mutex<BackendError?>(nil)
    pool.run(ready.count) { _, item in
      let (one, block) = ready[item]
      do throws(BackendError) {
        one.key.pack(try plan.weights(of: one.branch, in: one.step), one.kernels, into: block.start)
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    for (one, block) in work {
      let key = one.key
      block.lastRun = runs
      bytes += key.bytes - (blocks.updateValue(block, forKey: key)?.bytes ?? 0)
    }
  }

  /// Makes room for so many bytes: what was used longest ago goes first, what this run uses stays.
  private func evict(for needed: Int) {
    guard bytes + needed > Self.limit else { return }
    for (key, block) in blocks.sorted(by: { $0.value.lastRun < $1.value.lastRun }) {
      guard bytes + needed > Self.limit, block.lastRun < runs else { return }
      bytes -= block.bytes
      blocks[key] = nil
    }
  }
}

extension WeightCache.Key {
  fileprivate var packedArea: Int { algorithm.positions(kernelArea: area) }

  fileprivate var bytes: Int { Plan.aligned(outputs) * inputs * packedArea * MemoryLayout<Float>.stride }

  /// One vector of output channels after the other.
  fileprivate func pack(
    _ weights: [Float], _ kernels: epads_kernels, into packed: UnsafeMutablePointer<Float>
  ) {
    let chain = inputs * area
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for first in stride(from: 0, to: Plan.aligned(outputs), by: kernels.lanes) {
        let target = packed + first * inputs * packedArea
        // A vector of padded channels alone reads nothing.
        let source = weights + min(first, outputs - 1) * chain
        let count = max(0, min(kernels.lanes, outputs - first))
        switch algorithm {
        case .direct: kernels.pack_direct(source, count, inputs, area, target)
        case .winograd: kernels.pack_winograd(source, count, inputs, target)
        }
      }
    }
  }
}
