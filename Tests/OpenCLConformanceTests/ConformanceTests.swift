import CPUBackend
import Compute
import NetworkGraph
import OpenCLBackend
import SearchSpaces
import TestSupport
import Testing

/// Backends on every OpenCL device found, with either variant of the kernels.
enum Found {
  struct Candidate: Sendable {
    var backend: OpenCLBackend
    var variant: OpenCLBackend.Variant
  }

  static let candidates: [Candidate] = OpenCLDevices.list().devices.flatMap { info in
    OpenCLBackend.Variant.allCases.compactMap { variant in
      guard info.unsuitability == nil, let backend = try? OpenCLBackend(info, variant: variant) else { return nil }
      return Candidate(backend: backend, variant: variant)
    }
  }
}

/// Equality of every integer between the scalar reference and every OpenCL device found.
@Suite(.enabled(if: !Found.candidates.isEmpty)) struct OpenCLConformanceTests {
  static func expectEqualCounts(
    _ network: Network, measurement: Measurement, batch: Int, seed: UInt64, scale: Float = 1,
    against reference: any Backend = ScalarBackend()
  ) throws {
    let plan = try Plan(network, measurement: measurement, batch: batch, seed: seed)
    var images = RandomCases.images(for: plan, seed: seed)
    if scale != 1 {
      images = ImageBatch(shape: images.shape, count: images.count, values: images.values.map { $0 * scale })
    }
    let expected = try reference.run(plan, images: images)
    for candidate in Found.candidates {
      let counts = try candidate.backend.run(plan, images: images)
      #expect(
        counts == expected, "\(candidate.backend.device.name), \(candidate.variant), \(measurement), seed \(seed)")
    }
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func randomNetworks(seed: UInt64) throws {
    let network = try RandomCases.network(seed: seed)
    try Self.expectEqualCounts(network, measurement: .distances, batch: 3, seed: seed)
    try Self.expectEqualCounts(network, measurement: .agreement, batch: 5, seed: seed)
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func nasBench201(seed: UInt64) throws {
    // The real widths, one cell a stage.
    let space = NASBench201(channels: 16, cellsPerStage: 1)
    let network = try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 12, width: 12), classes: 10)
    try Self.expectEqualCounts(network, measurement: .distances, batch: 2, seed: seed)
    try Self.expectEqualCounts(network, measurement: .agreement, batch: 3, seed: seed)
  }

  @Test(arguments: 0..<3 as Range<UInt64>)
  func wholeNASBench201(seed: UInt64) throws {
    let space = NASBench201()
    let network = try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
    // The scalar reference would take minutes; the CPU backend equals it.
    try Self.expectEqualCounts(
      network, measurement: .distances, batch: 2, seed: seed, against: CPUBackend(threads: 2))
  }
}
