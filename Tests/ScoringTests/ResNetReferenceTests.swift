import CPUBackend
import Compute
import Foundation
import NetworkGraph
import Scoring
import SearchSpaces
import Testing

/// Agreement of NDS's ResNets with PyTorch, in float64. Tests/Fixtures/make_resnet_fixtures.py makes the file.
@Suite struct ResNetReferenceTests {
  private struct Counts: Decodable {
    struct Network: Decodable {
      var arch: String
      var params: Int
    }

    var architectures: [Network]
  }

  private static func data() throws -> Data {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try Data(contentsOf: folder.appendingPathComponent("Fixtures/nds-resnets.json"))
  }

  @Test func agreesWithPyTorch() throws {
    let fixture = try JSONDecoder().decode(ReferenceTests.Fixture.self, from: Self.data())
    let dataSet = DataSet.cifar10
    let space = NDSSpace()
    let scorer = Scorer(
      backend: try CPUBackend(), images: try Images.deadLeaves(dataSet, count: fixture.batch), sigma: fixture.sigma,
      proxies: [.epads, .naswot])
    #expect(fixture.architectures.count == 9)
    for reference in fixture.architectures {
      let network = try space.network(
        of: space.architecture(text: reference.arch), input: dataSet.shape, classes: dataSet.classes)
      let score = scorer.score(network, seed: fixture.seed)
      let comment = Comment(rawValue: reference.arch)
      #expect(score.layers.map(\.name) == reference.layers.map(\.name), comment)
      #expect(score.layers.map(\.units) == reference.layers.map(\.units), comment)
      #expect(ReferenceTests.isClose(score.snaswot ?? -1, reference.snaswot, 1e-4), comment)
      #expect(ReferenceTests.isClose(score.perturbation ?? -1, reference.perturbation, 1e-4), comment)
      for (site, expected) in zip(score.layers, reference.layers) {
        #expect(ReferenceTests.isClose(site.d1, expected.d1, 1e-3), "\(reference.arch) \(site.name) d1")
        #expect(ReferenceTests.isClose(site.d2, expected.d2, 1e-3), "\(reference.arch) \(site.name) d2")
      }
      if let epads = score.epads, let expected = reference.epads { #expect(abs(epads - expected) <= 2e-4, comment) }
      if let naswot = score.naswot, let expected = reference.naswot {
        #expect(abs(naswot - expected) <= 1e-6 * abs(expected), comment)
      }
      #expect(score.status == .ok, comment)
    }
  }

  @Test func hasAsManyParameters() throws {
    for expected in try JSONDecoder().decode(Counts.self, from: Self.data()).architectures {
      let network = try ResNet(text: expected.arch).network(input: DataSet.cifar10.shape, classes: 10)
      #expect(network.parameterCount == expected.params, "\(expected.arch)")
    }
  }
}
