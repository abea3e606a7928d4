internal import CPUKernels
internal import Compute
import NetworkGraph
import Randomness

extension Run {
  /// Adds d1 and d2 of the code that a node has just made, for each of its sites.
  func countDistances(_ step: Plan.NodeStep, into counts: inout Counts) {
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
        let own = code(image: image)
        distances[image * columns] = kernels.hamming(own, code(image: plan.batch + image), bytes)
        for (column, partner) in partners.enumerated() {
          distances[image * columns + column + 1] = kernels.hamming(own, code(image: partner[image]), bytes)
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

  /// Adds the agreement of every pair of images on the code that a node has just made, once for each of its sites.
  func countAgreement(_ step: Plan.NodeStep, into counts: inout Counts) {
    guard let units = step.sites.first.map({ plan.sites[$0].units }) else { return }
    let kernels = instructionSet.loops
    let bytes = codeBytes(step)
    let batch = plan.batch
    let sites = step.sites.count
    counts.agreement.withUnsafeMutableBufferPointer { agreement in
      nonisolated(unsafe) let agreement = agreement
      // Row i and row batch - 1 - i together have the same number of pairs for every i.
      pool.run((batch + 1) / 2) { _, item in
        for i in Set([item, batch - 1 - item]) {
          for j in i..<batch {
            let equal = Int64((units - Int(kernels.hamming(code(image: i), code(image: j), bytes))) * sites)
            agreement[i * batch + j] += equal
            if i != j { agreement[j * batch + i] += equal }
          }
        }
      }
    }
  }

  /// Whole 64-byte pieces of a code; what lies behind its last unit is 0.
  private func codeBytes(_ step: Plan.NodeStep) -> Int {
    (Plan.aligned(step.shape.channels) * step.shape.height * step.shape.width / 8 + 63) / 64 * 64
  }
}
