import Compute
import NetworkGraph
import Scoring
import Testing

/// The bound of a scorer's memory, added up by hand: what is missing in it is taken without asking.
@Suite struct ScorerMemoryTests {
  /// Says what it takes for either measurement.
  private struct Sized: Backend {
    var distances = 1000
    var agreement = 3000
    var concurrentRuns = 1
    var device: Device { Device(backend: "sized", name: "sized", kind: .gpu) }

    func prepare(_ plan: Plan) throws(BackendError) {}
    func memoryBound(of plan: Plan) -> Int { plan.measurement == .agreement ? agreement : distances }
    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      RunResult(counts: Counts(), device: device)
    }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1 }

    func inference(of plan: Plan) throws(BackendError) -> any Inference {
      throw BackendError(.unsuitableImages, "none")
    }
  }

  /// Values of an image.
  private static let image = 3 * 32 * 32

  private func bound(
    _ proxies: Set<Proxy>, on backend: Sized = Sized(), batch: Int = 10, seeds: Int = 1
  ) throws -> Int {
    try Scorer.memoryBound(of: network, on: backend, batch: batch, proxies: proxies, seeds: seeds)
  }

  private var network: Network {
    var builder = NetworkBuilder(input: DataSet.cifar10.shape)
    return builder.network(output: builder.relu("a", of: builder.input))
  }

  @Test func ofDistances() throws {
    let values = 10 * Self.image
    // Bytes of the images and the images in float32; then batches of clean and perturbed ones, and one in the making:
    // both its halves, a second clean one, and the noise in double precision.
    let clean = values * (1 + 4)
    let perturbed = 2 * values * 4
    let making = perturbed + values * (4 + 8)
    #expect(try bound([.epads]) == 1000 + clean + perturbed + making)
    #expect(try bound([.epads], seeds: 3) == 1000 + clean + 3 * perturbed + making)
    // Networks in flight need no batch of their own where all are kept.
    #expect(try bound([.epads], on: Sized(concurrentRuns: 4), seeds: 3) == 1000 + clean + 3 * perturbed + making)
  }

  @Test func ofAgreement() throws {
    let clean = 10 * Self.image * (1 + 4)
    // A kernel of NASWOT in double precision for each of the networks in flight.
    #expect(try bound([.naswot]) == 3000 + 10 * 10 * 8 + clean)
    #expect(try bound([.naswot], on: Sized(concurrentRuns: 3), seeds: 7) == 3000 + 3 * 10 * 10 * 8 + clean)
  }

  @Test func ofBothItIsTheLarger() throws {
    let values = 10 * Self.image
    let images = values * (1 + 4) + 2 * (2 * values * 4) + values * (4 + 8)
    #expect(try bound([.epads, .naswot]) == 3000 + 800 + images)
    #expect(try bound([.epads, .naswot], on: Sized(distances: 5000)) == 5000 + images)
    #expect(try bound([]) == values * (1 + 4))
  }

  /// At most 64 MiB of batches stay, and the latest; each network in flight may hold on to another.
  @Test func ofManySeeds() throws {
    let values = 1000 * Self.image
    let perturbed = 2 * values * 4
    let others = 1000 + values * (1 + 4) + perturbed + values * (4 + 8)
    try #require((64 << 20) / perturbed == 2)
    for (seeds, runs, batches) in [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 1, 3), (100, 1, 3), (100, 4, 6), (5, 4, 5)] {
      let found = try bound([.epads], on: Sized(concurrentRuns: runs), batch: 1000, seeds: seeds)
      #expect(found == others + batches * perturbed, "\(seeds) seeds, \(runs) in flight")
    }
  }

  @Test func aScorerKnowsItsOwn() throws {
    let scorer = Scorer(
      backend: Sized(), images: try Images.deadLeaves(.cifar10, count: 10), sigma: 1, proxies: [.epads])
    #expect(try scorer.memoryBound(of: network, seeds: 2) == bound([.epads], seeds: 2))
    #expect(try scorer.memoryBound(of: network) == bound([.epads]))
  }
}
