internal import CPUKernels
internal import Compute
import NetworkGraph
import Randomness

extension Run {
  /// Adds d1 and d2 of a step for each of its sites, from its code in the pass just carried out.
  func countDistances(_ step: Plan.Step, code number: Int, into counts: inout Counts) {
    guard !step.sites.isEmpty else { return }
    let kernels = instructionSet.loops
    let partners = step.sites.map { permutation(seed: plan.seed, site: plan.sites[$0].name, count: plan.batch) }
    let columns = step.sites.count + 1
    let bytes = codeBytes(step)
    // [image][d2, then d1 of each site]
    var distances = [UInt64](repeating: 0, count: plan.batch * columns)
    distances.withUnsafeMutableBufferPointer { distances in
      nonisolated(unsafe) let distances = distances
      pool.run(plan.batch) { _, image in
        let own = code(number, image: image)
        distances[image * columns] = kernels.hamming(own, code(number, image: plan.batch + image), bytes)
        for (column, partner) in partners.enumerated() {
          distances[image * columns + column + 1] = kernels.hamming(own, code(number, image: partner[image]), bytes)
        }
      }
    }
    for (column, site) in step.sites.enumerated() {
      for image in 0..<plan.batch {
        counts.sites[site].d2 += Int(distances[image * columns])
        counts.sites[site].d1 += Int(distances[image * columns + column + 1])
      }
    }
  }

  /// Adds the agreement of every pair of images on the code of a step in the pass just carried out, once for each of
  /// its sites.
  func countAgreement(_ step: Plan.Step, code number: Int, into counts: inout Counts) {
    guard let units = step.sites.first.map({ plan.sites[$0].units }) else { return }
    let kernels = instructionSet.loops
    let bytes = codeBytes(step)
    let batch = plan.batch
    let sites = Int64(step.sites.count)
    // Blocks of images, the codes of two of which fit the nearest cache; each pair of blocks once.
    let block = 8
    let blocks = (batch + block - 1) / block
    let pairs = (0..<blocks).flatMap { first in (first..<blocks).map { (first, $0) } }
    counts.agreement.withUnsafeMutableBufferPointer { agreement in
      nonisolated(unsafe) let agreement = agreement
      pool.run(pairs.count) { _, item in
        let (first, second) = (pairs[item].0 * block, pairs[item].1 * block)
        let (rows, columns) = (min(block, batch - first), min(block, batch - second))
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: block * block) { distances in
          distances.initialize(repeating: 0)
          guard let start = distances.baseAddress else { return }
          kernels.hamming_pairs(
            code(number, image: first), rows, code(number, image: second), columns, layout.codeStride, bytes, start,
            block)
          for i in 0..<rows {
            for j in 0..<columns {
              let equal = (Int64(units) - start[i * block + j]) * sites
              agreement[(first + i) * batch + second + j] += equal
              if first != second { agreement[(second + j) * batch + first + i] += equal }
            }
          }
        }
      }
    }
  }

  /// Whole 64-byte pieces of a code; what lies behind its last unit is 0.
  private func codeBytes(_ step: Plan.Step) -> Int {
    (Plan.alignedCount(step.shape) / 8 + 63) / 64 * 64
  }
}
