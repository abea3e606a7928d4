import CPUBackend
import Compute
import NetworkGraph
import Scoring
import Testing

/// A scorer holds few batches, whatever the number of seeds, and that changes no score.
@Suite struct PerturbedBatchesTests {
  private func network() throws -> Network {
    var builder = NetworkBuilder(input: DataSet.cifar10.shape)
    let value = try builder.convolution("a", of: builder.input, Convolution(outputChannels: 8, kernel: Extent(1)))
    return builder.network(output: builder.relu("b", of: builder.batchNormalization("c", of: value)))
  }

  @Test func seedsThatComeAgainScoreAsBefore() throws {
    // 24 MB a batch: two are kept, and the latest one.
    let images = try Images.deadLeaves(.cifar10, count: 1000)
    let backend = try CPUBackend()
    let network = try network()
    func scorer() -> Scorer { Scorer(backend: backend, images: images, sigma: 1, proxies: [.epads]) }
    let shared = scorer()
    for seed in [1, 2, 3, 4, 4, 1, 3, 4, 2] as [UInt64] {
      #expect(shared.score(network, seed: seed).layers == scorer().score(network, seed: seed).layers)
    }
  }

  @Test func theBoundCountsWhatIsHeld() throws {
    let network = try network()
    let backend = try CPUBackend()
    func bound(batch: Int, seeds: Int, proxies: Set<Proxy> = [.epads]) throws -> Int {
      try Scorer.memoryBound(of: network, on: backend, batch: batch, proxies: proxies, seeds: seeds)
    }
    let batch = 2 * 128 * DataSet.cifar10.shape.count * MemoryLayout<Float>.stride
    #expect(try bound(batch: 128, seeds: 5) - bound(batch: 128, seeds: 1) == 4 * batch)
    #expect(try bound(batch: 128, seeds: 1000) - bound(batch: 128, seeds: 1) <= 64 << 20)
    #expect(try bound(batch: 128, seeds: 1000) == bound(batch: 128, seeds: 999))
    // NASWOT holds its matrix twice, once in integers.
    #expect(try bound(batch: 4000, seeds: 1, proxies: [.naswot]) > 2 * 4000 * 4000 * 8)
  }
}
