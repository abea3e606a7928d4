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
  private let space = NASBench201()
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
    func all(_ operation: NASBench201.EdgeOperation) throws -> Architecture {
      try space.architecture(text: NASBench201.text(of: Array(repeating: operation, count: 6)))
    }
    let sampled = sampleWithoutReplacement(
      10, of: space.count, stream: RandomStream(seed: 1, domain: .architectures, name: "benchmarks"))
    let sets: [(name: String, architectures: [Architecture])] = [
      ("all 3x3", [try all(.convolution3x3)]),
      ("all 1x1", [try all(.convolution1x1)]),
      ("index 0", [try space.architecture(index: 0)]),
      ("mean of \(sampled.count) random ones", try sampled.map { index in try space.architecture(index: index) }),
    ]
    return try sets.flatMap { set in
      try [Measurement.distances, .agreement].map { try workload(set.name, set.architectures, $0) }
    }
  }

  private func workload(
    _ name: String, _ architectures: [Architecture], _ measurement: Measurement
  ) throws -> Workload {
    let plans = try architectures.map { architecture in
      let network = try space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes)
      return try Plan(network, measurement: measurement, batch: Self.batch, seed: 1)
    }
    let images = measurement == .distances ? perturbed : clean
    return Workload(
      group: .architectures, name: "\(name), \(measurement)", unit: .architectures, amount: Double(plans.count),
      threads: backend.threads, parts: plans.flatMap(\.parts)
    ) { [backend] in
      { for plan in plans { _ = try backend.run(plan, images: images) } }
    }
  }
}

extension Plan {
  /// What bounds each step: the products of its convolutions, and the buffers that it reads and writes.
  fileprivate var parts: [Workload.Part] {
    let places = placement(.fused).offsets
    return steps.map { step in
      var operations = 0
      for branch in step.branches {
        let area = branch.algorithm == .winograd ? 36 : 16 * branch.convolution.kernel.area
        let chain = step.shape.channels / branch.convolution.groups * area
        operations += 2 * images * buffers[branch.output].count * chain / 16
      }
      // A buffer that takes the place of one that is read is in the cache; another one is read before it is written.
      let read = Set(step.terms.map(\.buffer))
      let written = Set(step.branches.map(\.output) + (step.isKept ? [step.output].compactMap(\.self) : []))
      let inPlace = written.filter { output in read.contains { places[$0] == places[output] } }
      let floats =
        read.reduce(0) { $0 + buffers[$1].count } + written.reduce(0) { $0 + 2 * buffers[$1].count }
        - inPlace.reduce(0) { $0 + buffers[$1].count }
      return Workload.Part(operations: Double(operations), bytes: Double(4 * images * floats))
    }
  }
}
