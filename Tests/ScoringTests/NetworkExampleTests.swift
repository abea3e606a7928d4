import CPUBackend
import Compute
import NetworkGraph
import Scoring
import Testing

/// The example of Docs/Networks.md.
@Suite struct NetworkExampleTests {
  private func network() throws -> Network {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 32, width: 32))
    let stem = try builder.convolution(
      "stem", of: builder.input, Convolution(outputChannels: 16, kernel: Extent(3), padding: Extent(1)))
    let features = builder.activation("activation.0", of: builder.batchNormalization("stem.bn", of: stem), .silu)
    let squeezed = builder.globalAveragePool(of: features)
    let narrow = try builder.convolution(
      "gate.0", of: squeezed, Convolution(outputChannels: 4, kernel: Extent(1)), bias: .drawn("gate.0.bias"))
    let rectified = builder.relu("activation.1", of: narrow)
    let wide = try builder.convolution(
      "gate.2", of: rectified, Convolution(outputChannels: 16, kernel: Extent(1)), bias: .drawn("gate.2.bias"))
    let gated = try builder.multiply(features, builder.function("gate.3", of: wide, .sigmoid))
    let logits = try builder.linear("classifier", of: builder.globalAveragePool(of: gated), outputs: 10)
    return builder.network(output: logits)
  }

  @Test func isScored() throws {
    let network = try network()
    #expect(network.parameterCount == 432 + 32 + 64 + 4 + 64 + 16 + 170)
    let images = try Images.deadLeaves(.cifar10, count: 4)
    let scorer = Scorer(backend: try CPUBackend(), images: images, sigma: 1, proxies: [.epads])
    let score = scorer.score(network, seed: 1)
    #expect(score.status == .ok)
    #expect(score.layers.map(\.name) == ["activation.0", "activation.1"])
    let rectifiers = scorer.score(network.counting(.relu), seed: 1)
    // The same site has the same counts, whatever else is counted.
    #expect(rectifiers.layers == [score.layers[1]])
  }
}
