internal import CPUKernels
internal import Compute
import Foundation
import NetworkGraph
import Randomness

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
    var branch: String
    var scale: Float
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
  var kept: [(seed: UInt64, branch: String, bytes: Int)] { blocks.map { ($0.seed, $0.branch, $1.bytes) } }

  /// The packed weights of every branch of every step; those that are missing are made.
  func weights(
    of plan: Plan, _ steps: [StepLayout], pool: ThreadPool
  ) throws(BackendError) -> [[PackedWeights]] {
    runs += 1
    var keys: [[Key]] = []
    var missing: [(key: Key, kernels: epads_kernels)] = []
    for (step, layout) in zip(plan.steps, steps) {
      var kernels = [epads_kernels?](repeating: nil, count: step.branches.count)
      for joined in layout.joined { for branch in joined.branches { kernels[branch] = joined.kernels } }
      var own: [Key] = []
      for (branch, kernels) in zip(step.branches, kernels) {
        guard let kernels else { continue }
        let key = Key(
          seed: plan.seed, branch: branch.weights, scale: branch.scale, outputs: branch.convolution.outputChannels,
          inputs: plan.inputShape(of: branch, in: step).channels / branch.convolution.groups,
          area: branch.convolution.kernel.area,
          algorithm: branch.algorithm,
          lanes: kernels.lanes)
        if let block = blocks[key] { block.lastRun = runs } else { missing.append((key, kernels)) }
        own.append(key)
      }
      keys.append(own)
    }
    try make(missing, pool: pool)
    return keys.map { $0.compactMap { blocks[$0] } }
  }

  private func make(_ missing: [(key: Key, kernels: epads_kernels)], pool: ThreadPool) throws(BackendError) {
    guard !missing.isEmpty else { return }
    evict(for: missing.reduce(0) { $0 + $1.key.bytes })
    // The largest first, so that no thread ends with one.
    var work: [(key: Key, kernels: epads_kernels, block: PackedWeights)] = []
    for (key, kernels) in missing.sorted(by: { $0.key.bytes > $1.key.bytes }) {
      var memory: UnsafeMutableRawPointer?
      guard posix_memalign(&memory, 64, key.bytes) == 0, let memory else {
        throw BackendError(.outOfMemory, "cannot allocate \(key.bytes) bytes for weights")
      }
      work.append((key, kernels, PackedWeights(start: memory.assumingMemoryBound(to: Float.self), bytes: key.bytes)))
    }
    let ready = work
    pool.run(ready.count) { _, item in ready[item].key.pack(ready[item].kernels, into: ready[item].block.start) }
    for (key, _, block) in work {
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
  fileprivate func pack(_ kernels: epads_kernels, into packed: UnsafeMutablePointer<Float>) {
    let chain = inputs * area
    var weights = convolutionWeights(seed: seed, name: branch, count: outputs * chain, fanIn: chain)
    if scale != 1 { for index in weights.indices { weights[index] *= scale } }
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
