import CPUBackend
import Compute
import NetworkGraph
import Randomness
import Scoring
import SearchSpaces

/// What whole architectures are run with: a backend, and one batch of images for each measurement.
public struct ArchitectureRun: Sendable {
  /// Images of the clean half.
  public static let batch = 128

  /// As the system calls it.
  public var processor: String { backend.device.name }
  public var threads: Int { backend.threads }
  private let backend: CPUBackend
  private let perturbed: ImageBatch
  private let clean: ImageBatch
  private let dataSet = DataSet.cifar10

  /// - Parameter threads: nil for one a processor.
  public init(threads: Int? = nil) throws {
    backend = try CPUBackend(threads: threads)
    let images = try Images.deadLeaves(dataSet, count: Self.batch)
    clean = images.batch()
    perturbed = try images.perturbedBatch(sigma: 1, seed: 1)
  }

  /// A call runs every architecture of a workload once.
  public func workloads() throws -> [Workload] {
    try (benchmarkSets() + cellSets()).flatMap { set in
      try [Measurement.distances, .agreement].map { try workload(set, $0) }
    }
  }

  private struct ArchitectureSet {
    var name: String
    var space: any SearchSpace
    var architectures: [Architecture]
  }

  /// Of NAS-Bench-201.
  private func benchmarkSets() throws -> [ArchitectureSet] {
    let space = NASBench201()
    func all(_ operation: NASBench201.EdgeOperation) throws -> Architecture {
      try space.architecture(text: NASBench201.text(of: Array(repeating: operation, count: 6)))
    }
    let sampled = sampleWithoutReplacement(
      10, of: space.count, stream: RandomStream(seed: 1, domain: .architectures, name: "benchmarks"))
    return [
      ArchitectureSet(name: "all 3x3", space: space, architectures: [try all(.convolution3x3)]),
      ArchitectureSet(name: "all 1x1", space: space, architectures: [try all(.convolution1x1)]),
      ArchitectureSet(name: "index 0", space: space, architectures: [try space.architecture(index: 0)]),
      ArchitectureSet(
        name: "mean of \(sampled.count) random ones", space: space,
        architectures: try sampled.map { index in try space.architecture(index: index) }),
    ]
  }

  /// Of cell networks: the cells that DARTS found, in the network for the search and the one for training, and a few
  /// random ones of every family.
  private func cellSets() throws -> [ArchitectureSet] {
    let found = try [
      CellNetwork(width: 16, depth: 8), CellNetwork(width: 36, depth: 20, hasAuxiliaryHead: true),
    ].map { macroArchitecture in
      let space = CellSpace(.darts, macroArchitecture: macroArchitecture)
      return ArchitectureSet(
        name: "DARTS_V2, \(space.macro ?? "")", space: space, architectures: [try space.architecture(text: "DARTS_V2")])
    }
    let random = CellSpace.Family.allCases.map { family in
      let space = CellSpace(family, macroArchitecture: CellNetwork(width: 16, depth: 8))
      var draws = RandomDraws(RandomStream(seed: 1, domain: .architectures, name: "benchmarks"))
      let architectures = (0..<3).map { _ in space.randomArchitecture(&draws) }
      return ArchitectureSet(
        name: "mean of \(architectures.count) random ones of \(family), \(space.macro ?? "")", space: space,
        architectures: architectures)
    }
    return found + random
  }

  private func workload(_ set: ArchitectureSet, _ measurement: Measurement) throws -> Workload {
    let plans = try set.architectures.map { architecture in
      let network = try set.space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes)
      return try Plan(network, measurement: measurement, batch: Self.batch, seed: 1)
    }
    let images = measurement == .distances ? perturbed : clean
    return Workload(
      group: .architectures, name: "\(set.name), \(measurement)", unit: .architectures, amount: Double(plans.count),
      threads: backend.threads, parts: plans.flatMap(\.parts)
    ) { [backend] in
      { for plan in plans { _ = try backend.run(plan, images: images) } }
    }
  }
}

extension Plan {
  /// What bounds each pass: the products of its convolutions, and the buffers that it reads and leaves for others.
  ///
  /// Padded channels count as nothing, nor do pools, normalisations and signs.
  fileprivate var parts: [Workload.Part] {
    let places = placement(.passes).offsets
    return passes.map { pass in
      var operations = 0
      var read: Set<Int> = []
      var written: Set<Int> = []
      for step in steps[pass.steps] {
        for branch in step.branches {
          // Of a tile of 16 positions.
          let area = branch.algorithm == .winograd ? 36 : 16 * branch.convolution.kernel.area
          let chain = inputShape(of: branch, in: step).channels / branch.convolution.groups * area
          operations += 2 * images * buffers[branch.output].count * chain / 16
        }
        read.formUnion(step.terms.map(\.buffer).filter { !written.contains($0) && places[$0] != nil })
        // What only the pass or a step of it reads has no place, and stays in the cache.
        let results = step.branches.map(\.output) + [step.output].compactMap(\.self)
        written.formUnion(results.filter { places[$0] != nil })
      }
      // A buffer that takes the place of one that is read is in the cache; another one is read before it is written.
      let inPlace = written.filter { output in read.contains { places[$0] == places[output] } }
      let floats =
        read.reduce(0) { $0 + buffers[$1].count } + written.reduce(0) { $0 + 2 * buffers[$1].count }
        - inPlace.reduce(0) { $0 + buffers[$1].count }
      return Workload.Part(operations: Double(operations), bytes: Double(4 * images * floats))
    }
  }
}
