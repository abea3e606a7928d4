import CPUBackend
import Compute
import NetworkGraph
import SearchSpaces
import TestSupport
import Testing

/// What must hold of counts whatever the network is.
@Suite struct PropertyTests {
  let backend: CPUBackend
  let network: Network

  init() throws {
    backend = try CPUBackend(threads: 2)
    let space = NASBench201(channels: 16, cellsPerStage: 1)
    network = try space.network(
      of: space.architecture(index: 1), input: TensorShape(channels: 3, height: 16, width: 16), classes: 10)
  }

  private func counts(_ measurement: Measurement, batch: Int, images: ImageBatch) throws -> Counts {
    try backend.run(Plan(network, measurement: measurement, batch: batch, seed: 1), images: images).counts
  }

  /// The images in another order.
  private func reordered(_ images: ImageBatch, _ order: [Int]) -> ImageBatch {
    let size = images.shape.count
    return ImageBatch(
      shape: images.shape, count: images.count,
      values: order.flatMap { images.values[$0 * size..<($0 + 1) * size] })
  }

  @Test func anotherOrderOfImagesPermutesTheAgreement() throws {
    let images = RandomCases.images(shape: network.inputShape, count: 9, seed: 3)
    let order = [4, 8, 0, 3, 1, 7, 2, 6, 5]
    let before = try counts(.agreement, batch: 9, images: images).agreement
    let after = try counts(.agreement, batch: 9, images: reordered(images, order)).agreement
    for i in 0..<9 {
      for j in 0..<9 { #expect(after[i * 9 + j] == before[order[i] * 9 + order[j]]) }
    }
    let units = Int64(network.siteUnits)
    for i in 0..<9 { #expect(before[i * 9 + i] == units) }
  }

  @Test func anotherOrderOfImagesKeepsTheDistanceToTheNoisyCopies() throws {
    let images = RandomCases.images(shape: network.inputShape, count: 12, seed: 4)
    let order = [5, 3, 1, 0, 2, 4]
    let before = try counts(.distances, batch: 6, images: images)
    let after = try counts(.distances, batch: 6, images: reordered(images, order + order.map { $0 + 6 }))
    #expect(after.sites.map(\.d2) == before.sites.map(\.d2))
    #expect(before.sites.contains { $0.d2 > 0 })
  }

  @Test func equalCopiesHaveNoDistance() throws {
    let half = RandomCases.images(shape: network.inputShape, count: 5, seed: 5)
    let images = ImageBatch(shape: half.shape, count: 10, values: half.values + half.values)
    let sites = try counts(.distances, batch: 5, images: images).sites
    #expect(sites.allSatisfy { $0.d2 == 0 })
    #expect(sites.contains { $0.d1 > 0 })
  }

  @Test func runsOfOneBackendDoNotDisturbEachOther() async throws {
    // Different plans from several tasks: the workspace is shared, grows and is used again.
    let seeds = 100..<116 as Range<UInt64>
    var expected: [UInt64: Counts] = [:]
    for seed in seeds {
      let plan = try Plan(RandomCases.network(seed: seed), measurement: .distances, batch: 4, seed: seed)
      expected[seed] = try CPUBackend(threads: 1).run(plan, images: RandomCases.images(for: plan, seed: seed)).counts
    }
    let results = try await withThrowingTaskGroup(of: (UInt64, Counts).self) { group in
      for seed in seeds {
        group.addTask { [backend] in
          let plan = try Plan(RandomCases.network(seed: seed), measurement: .distances, batch: 4, seed: seed)
          return (seed, try backend.run(plan, images: RandomCases.images(for: plan, seed: seed)).counts)
        }
      }
      return try await group.reduce(into: [UInt64: Counts]()) { $0[$1.0] = $1.1 }
    }
    #expect(results == expected)
  }

  @Test func unsuitableImagesAreRefused() throws {
    let plan = try Plan(network, measurement: .distances, batch: 4, seed: 1)
    let short = RandomCases.images(shape: network.inputShape, count: 7, seed: 1)
    let small = RandomCases.images(shape: TensorShape(channels: 3, height: 8, width: 8), count: 8, seed: 1)
    for images in [short, small] {
      let error = #expect(throws: BackendError.self) { try backend.run(plan, images: images).counts }
      #expect(error?.code == .unsuitableImages)
    }
  }

  @Test func whatTheProcessorLacksIsRefused() {
    for set in InstructionSet.allCases where !InstructionSet.available.contains(set) {
      let error = #expect(throws: BackendError.self) { _ = try CPUBackend(instructionSet: set) }
      #expect(error?.code == .deviceUnavailable)
    }
    for threads in [0, -1, 1025] {
      #expect(throws: BackendError.self) { _ = try CPUBackend(threads: threads) }
    }
  }

  @Test func memoryIsBoundedBeforeItIsTaken() throws {
    let plan = try Plan(network, measurement: .distances, batch: 4, seed: 1)
    #expect(backend.memoryBound(of: plan) > plan.placement(.fused).count * plan.images * 4)
    // More than any machine has: refused, not tried.
    let wide = try NASBench201(channels: 16, cellsPerStage: 1).network(
      of: NASBench201().architecture(index: 1), input: TensorShape(channels: 3, height: 4096, width: 4096), classes: 10)
    let huge = try Plan(wide, measurement: .agreement, batch: 4, seed: 1)
    #expect(backend.memoryBound(of: huge) > 4 << 30)
  }
}
