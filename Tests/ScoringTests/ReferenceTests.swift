import CPUBackend
import Compute
import Foundation
import NetworkGraph
import Scoring
import SearchSpaces
import TestSupport
import Testing

/// Agreement with the reference implementation in PyTorch, in float64. Tests/Fixtures/make_fixtures.py makes the files.
@Suite struct ReferenceTests {
  struct Fixture: Decodable {
    struct Reference: Decodable {
      var arch: String
      var epads: Double?
      var snaswot: Int
      var perturbation: Int
      var naswot: Double?
      var layers: [Site]
      // Of cell networks.
      var isForImageNet: Bool?
      var width: Int?
      var depth: Int?
      var auxiliary: Bool?
      var params: Int?
    }

    struct Site: Decodable {
      var name: String
      var units: Int
      var d1: Int
      var d2: Int

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        name = try list.decode(String.self)
        units = try list.decode(Int.self)
        d1 = try list.decode(Int.self)
        d2 = try list.decode(Int.self)
      }
    }

    var dataset: String
    var batch: Int
    var sigma: Double
    var seed: UInt64
    var architectures: [Reference]
  }

  static func fixture(_ name: String) throws -> Fixture {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/\(name).json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  /// - Parameter units: a difference that may always be: one sign that hangs on rounding, at each of the sites that
  ///   read it.
  static func isClose(_ value: Int, _ reference: Int, _ tolerance: Double, units: Int = 0) -> Bool {
    Double(abs(value - reference)) <= max(Double(units), tolerance * Double(reference))
  }

  @Test(arguments: [DataSet.cifar10, .imagenet16])
  func agreesWithPyTorch(dataSet: DataSet) throws {
    let fixture = try Self.fixture("nasbench201-\(dataSet.rawValue)")
    #expect(fixture.architectures.count >= 24)
    #expect(fixture.dataset == dataSet.rawValue)
    let space = NASBench201()
    let scorer = Scorer(
      backend: try CPUBackend(), images: try Images.deadLeaves(dataSet, count: fixture.batch), sigma: fixture.sigma,
      proxies: [.epads, .naswot])
    for reference in fixture.architectures {
      let network = try space.network(
        of: space.architecture(text: reference.arch), input: dataSet.shape, classes: dataSet.classes)
      let score = scorer.score(network, seed: fixture.seed)
      Self.expect(score, isCloseTo: reference)
    }
  }

  /// A few random genotypes of every space; Tests/compare_reference.py compares many more.
  @Test func cellNetworksAgreeWithPyTorch() throws {
    let fixture = try Self.fixture("cell-networks")
    #expect(fixture.architectures.count >= 20)
    let scorer = Scorer(
      backend: try CPUBackend(), images: try Images.deadLeaves(.cifar10, count: fixture.batch), sigma: fixture.sigma,
      proxies: [.epads, .naswot])
    for reference in fixture.architectures {
      let space = CellSpace(
        .darts,
        macroArchitecture: CellNetwork(
          width: try #require(reference.width), depth: try #require(reference.depth),
          hasAuxiliaryHead: reference.auxiliary == true, hasImageNetStem: reference.isForImageNet == true))
      let network = try space.network(
        of: space.architecture(text: reference.arch), input: DataSet.cifar10.shape, classes: DataSet.cifar10.classes)
      #expect(network.parameterCount == reference.params)
      // In networks so small, one sign is more than 1e-4 of a sum.
      Self.expect(scorer.score(network, seed: fixture.seed), isCloseTo: reference, units: 4)
    }
  }

  private static func expect(_ score: Score, isCloseTo reference: Fixture.Reference, units: Int = 0) {
    let comment = Comment(rawValue: reference.arch)
    #expect(score.layers.map(\.name) == reference.layers.map(\.name), comment)
    #expect(score.layers.map(\.units) == reference.layers.map(\.units), comment)
    #expect(isClose(score.snaswot ?? -1, reference.snaswot, 1e-4, units: units), comment)
    #expect(isClose(score.perturbation ?? -1, reference.perturbation, 1e-4, units: units), comment)
    for (site, expected) in zip(score.layers, reference.layers) {
      #expect(isClose(site.d1, expected.d1, 1e-3, units: min(1, units)), "\(reference.arch) \(site.name) d1")
      #expect(isClose(site.d2, expected.d2, 1e-3, units: min(1, units)), "\(reference.arch) \(site.name) d2")
    }
    #expect((score.epads == nil) == (reference.epads == nil), comment)
    if let epads = score.epads, let expected = reference.epads { #expect(abs(epads - expected) <= 2e-4, comment) }
    #expect((score.naswot == nil) == (reference.naswot == nil), comment)
    if let naswot = score.naswot, let expected = reference.naswot {
      #expect(abs(naswot - expected) <= 1e-6 * abs(expected), comment)
    }
    #expect(score.status == (reference.epads == nil || reference.naswot == nil ? .failed : .ok), comment)
  }

  /// Sums that the reference gives in float32 for real CIFAR-10 images, B = 128, sigma 1, seed 1.
  @Test(
    arguments: [
      ("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|", 18_071_618, 16_810_635),
      (
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
        46_858_182, 51_094_196
      ),
    ])
  func agreesWithPyTorchOnRealImages(text: String, snaswot: Int, perturbation: Int) throws {
    // Not part of the project: this test is for where the file is at hand.
    guard let file = SharedData.url("images/cifar10_first1024.bin") else { return }
    let images = try Images(file: file.path, dataSet: .cifar10, count: 128)
    let space = NASBench201()
    let network = try space.network(
      of: space.architecture(text: text), input: DataSet.cifar10.shape, classes: DataSet.cifar10.classes)
    let scores = try [1, 2].map { threads in
      Scorer(backend: try CPUBackend(threads: threads), images: images, sigma: 1, proxies: [.epads])
        .score(network, seed: 1)
    }
    #expect(Self.isClose(scores[0].snaswot ?? -1, snaswot, 1e-4))
    #expect(Self.isClose(scores[0].perturbation ?? -1, perturbation, 1e-4))
    #expect(scores[0].layers == scores[1].layers)
  }
}
