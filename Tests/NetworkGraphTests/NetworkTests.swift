import NetworkGraph
import Testing

@Suite struct NetworkTests {
  /// A small network with a branch that does not reach its output.
  private func network() throws -> Network {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 6, width: 5))
    let convolved = try builder.convolution(
      "a", of: builder.input,
      Convolution(outputChannels: 4, kernel: Extent(3, 1), stride: Extent(2, 1), padding: Extent(1, 0)))
    let normalized = builder.batchNormalization("b", of: convolved)
    let rectified = builder.relu("c", of: normalized)
    let pooled = try builder.averagePool("d", of: rectified, Pooling(kernel: Extent(3), stride: Extent(1)))
    _ = builder.relu("e", of: pooled)
    let sum = try builder.add(rectified, builder.zero(like: normalized))
    let logits = try builder.linear("f", of: builder.globalAveragePool(of: sum), outputs: 3)
    return builder.network(output: logits)
  }

  @Test func countsParametersAndWork() throws {
    let network = try network()
    // 4 x 2 x 3 weights, gamma and beta of 4 channels, 4 x 3 weights and 3 biases.
    #expect(network.parameterCount == 24 + 8 + 15)
    // 4 x 3 x 5 outputs of 6 products each, and 12 with 3 biases.
    #expect(network.multiplyAccumulates == 360 + 15)
  }

  @Test func findsItsReLUs() throws {
    let network = try network()
    #expect(network.sites.map { network[$0].name } == ["c", "e"])
    #expect(network.siteUnits == 60 + 12)
    let reached = network.reachesOutput
    #expect(network.sites.map { reached[$0.index] } == [true, false])
  }

  @Test func zerosCountAsDependingOnTheirInput() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 3, width: 3))
    let rectified = builder.relu("a", of: builder.input)
    let zero = builder.zero(like: rectified)
    let logits = try builder.linear("b", of: zero, outputs: 2)
    let network = builder.network(output: logits)
    #expect(network.reachesOutput == [true, true, true, true])
  }

  @Test func namesItsWeights() throws {
    let network = try network()
    #expect(network[ValueID(1)].weights?.name == "a.weight")
    #expect(network[network.output].weights?.name == "f.weight")
  }
}
