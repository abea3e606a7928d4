import CPUBackend
import Compute
import Foundation
import NetworkGraph
import Scoring
import SearchSpaces
import TestSupport
import Testing

/// From counts to numbers, and what happens where there is no number.
@Suite struct ScoreTests {
  @Test func epadsIsTheLogarithmOfTheSumOfProducts() throws {
    let sites = [SiteCounts(name: "a", units: 4, d1: 3, d2: 5), SiteCounts(name: "b", units: 4, d1: 7, d2: 2)]
    #expect(try abs(epads(sites) - log(29.0)) < 1e-15 * 8)
    #expect(try epads([SiteCounts(name: "a", units: 1, d1: 1, d2: 1)]) == 0)
    // Far beyond 64 bits.
    let large = [SiteCounts](repeating: SiteCounts(name: "a", units: 1, d1: 1 << 62, d2: 1 << 60), count: 32)
    #expect(try abs(epads(large) - 127 * log(2.0)) < 1e-12)
  }

  @Test func whatHasNoScoreSaysWhy() {
    #expect(throws: ScoreError.noReLU(.all)) { try epads([]) }
    #expect(throws: ScoreError.zeroDistances) { try epads([SiteCounts(name: "a", units: 9, d1: 5, d2: 0)]) }
    let huge = [SiteCounts](repeating: SiteCounts(name: "a", units: 1, d1: .max, d2: .max), count: 5)
    #expect(throws: ScoreError.overflow) { try epads(huge) }
  }

  @Test func naswotIsTheLogarithmOfTheDeterminant() throws {
    // det [[4, 1], [1, 3]] = 11; a pivot of zero on the diagonal needs a swap of rows.
    #expect(try abs(naswot(agreement: [4, 1, 1, 3], batch: 2) - log(11.0)) < 1e-14)
    #expect(throws: ScoreError.singularKernel) { try naswot(agreement: [5, 5, 5, 5], batch: 2) }
    #expect(throws: ScoreError.singularKernel) { try naswot(agreement: [0, 1, 1, 0], batch: 2) }
    #expect(try abs(naswot(agreement: [7], batch: 1) - log(7.0)) < 1e-15 * 4)
  }

  private func scorer(_ proxies: Set<Proxy>, sigma: Double = 1) throws -> Scorer {
    Scorer(
      backend: try CPUBackend(), images: try Images.deadLeaves(.cifar10, count: 4), sigma: sigma, proxies: proxies)
  }

  @Test func aNetworkWithoutReLUsFails() throws {
    var builder = NetworkBuilder(input: DataSet.cifar10.shape)
    let value = try builder.convolution("a", of: builder.input, Convolution(outputChannels: 8, kernel: Extent(3)))
    let score = try scorer([.epads, .naswot]).score(builder.network(output: value), seed: 1)
    #expect(score.status == .failed)
    #expect(score.error == ScoreError.noReLU(.all).description)
    #expect(score.epads == nil && score.naswot == nil)
    #expect(score.parameters == 216)
  }

  @Test func withoutNoiseThereIsNoScore() throws {
    let space = NASBench201()
    let network = try space.network(of: space.architecture(index: 0), input: DataSet.cifar10.shape, classes: 10)
    let score = try scorer([.epads, .naswot], sigma: 0).score(network, seed: 1)
    #expect(score.status == .failed)
    #expect(score.error == ScoreError.zeroDistances.description)
    #expect(score.perturbation == 0)
    #expect((score.snaswot ?? 0) > 0)
    // The other proxy is not affected.
    #expect(score.naswot != nil)
  }

  @Test func aScoreDependsOnItsSeedAndNothingElse() throws {
    let space = NASBench201()
    let networks = try [7, 8].map { index in
      try space.network(of: space.architecture(index: index), input: DataSet.cifar10.shape, classes: 10)
    }
    let one = try scorer([.epads])
    let other = try scorer([.epads])
    let first = one.score(networks[0], seed: 5)
    _ = other.score(networks[1], seed: 6)
    let second = other.score(networks[0], seed: 5)
    #expect(first.layers == second.layers)
    #expect(first.layers != one.score(networks[0], seed: 6).layers)
  }
}
