import NetworkGraph
import Testing

@Suite struct ShapeTests {
  private let image = TensorShape(channels: 3, height: 11, width: 8)

  private func shape(_ convolution: Convolution) throws -> TensorShape {
    var builder = NetworkBuilder(input: image)
    let value = try builder.convolution("convolution", of: builder.input, convolution)
    return builder.shape(of: value)
  }

  private func shape(_ pooling: Pooling) throws -> TensorShape {
    var builder = NetworkBuilder(input: image)
    let value = try builder.averagePool("pool", of: builder.input, pooling)
    return builder.shape(of: value)
  }

  /// As torch.nn.Conv2d.
  @Test func convolutions() throws {
    #expect(
      try shape(Convolution(outputChannels: 5, kernel: Extent(3), padding: Extent(1)))
        == TensorShape(channels: 5, height: 11, width: 8))
    #expect(
      try shape(Convolution(outputChannels: 5, kernel: Extent(3), stride: Extent(2), padding: Extent(1)))
        == TensorShape(channels: 5, height: 6, width: 4))
    #expect(
      try shape(Convolution(outputChannels: 1, kernel: Extent(1, 5), stride: Extent(2, 1), padding: Extent(0, 2)))
        == TensorShape(channels: 1, height: 6, width: 8))
    #expect(
      try shape(Convolution(outputChannels: 2, kernel: Extent(3), padding: Extent(2, 0), dilation: Extent(2, 3)))
        == TensorShape(channels: 2, height: 11, width: 2))
    #expect(
      try shape(Convolution(outputChannels: 2, kernel: Extent(11, 8)))
        == TensorShape(channels: 2, height: 1, width: 1))
    #expect(
      try shape(Convolution(outputChannels: 2, kernel: Extent(1), padding: Extent(3)))
        == TensorShape(channels: 2, height: 17, width: 14))
  }

  /// As torch.nn.AvgPool2d.
  @Test func pools() throws {
    #expect(
      try shape(Pooling(kernel: Extent(2), stride: Extent(2))) == TensorShape(channels: 3, height: 5, width: 4))
    #expect(
      try shape(Pooling(kernel: Extent(3), stride: Extent(1), padding: Extent(1))) == image)
    #expect(
      try shape(Pooling(kernel: Extent(3, 2), stride: Extent(2, 3), padding: Extent(1)))
        == TensorShape(channels: 3, height: 6, width: 3))
  }

  @Test func theOthers() throws {
    var builder = NetworkBuilder(input: image)
    let normalized = builder.batchNormalization("normalization", of: builder.input)
    let rectified = builder.relu("relu", of: normalized)
    let zero = builder.zero(like: rectified)
    let sum = try builder.add(rectified, zero)
    let pooled = builder.globalAveragePool(of: sum)
    let logits = try builder.linear("classifier", of: pooled, outputs: 7)
    for value in [builder.input, normalized, rectified, zero, sum] { #expect(builder.shape(of: value) == image) }
    #expect(builder.shape(of: pooled) == TensorShape(channels: 3, height: 1, width: 1))
    #expect(builder.shape(of: logits) == TensorShape(channels: 7, height: 1, width: 1))
    let network = builder.network(output: logits)
    #expect(network.inputShape == image)
    #expect(network.operations.map(\.shape.channels) == [3, 3, 3, 3, 3, 3, 7])
  }
}

@Suite struct BuilderErrorTests {
  private func error(_ convolution: Convolution) -> NetworkError? {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 5, width: 4))
    do {
      _ = try builder.convolution("layers.1", of: builder.input, convolution)
      return nil
    } catch {
      return error
    }
  }

  private func error(_ pooling: Pooling) -> NetworkError? {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 5, width: 4))
    do {
      _ = try builder.averagePool("layers.2", of: builder.input, pooling)
      return nil
    } catch {
      return error
    }
  }

  @Test func convolutionsWithoutOutput() {
    let error = error(Convolution(outputChannels: 0, kernel: Extent(1)))
    #expect(error?.description == "layers.1: a convolution needs output channels")
  }

  @Test(arguments: [
    Convolution(outputChannels: 1, kernel: Extent(3, 0)),
    Convolution(outputChannels: 1, kernel: Extent(-1, 1)),
    Convolution(outputChannels: 1, kernel: Extent(1), stride: Extent(1, 0)),
    Convolution(outputChannels: 1, kernel: Extent(1), padding: Extent(0, -1)),
    Convolution(outputChannels: 1, kernel: Extent(3), dilation: Extent(1, 0)),
    Convolution(outputChannels: 1, kernel: Extent(1), dilation: Extent(-2, 1)),
    Convolution(outputChannels: 1, kernel: Extent(0), dilation: Extent(0)),
    Convolution(outputChannels: 1, kernel: Extent(-1), dilation: Extent(-1)),
  ])
  func extentsThatAreNotPositive(_ convolution: Convolution) {
    let error = error(convolution)
    #expect(error?.module == "layers.1")
    #expect(error?.reason == "kernel, stride and dilation must be positive")
  }

  @Test(arguments: [(3, 0), (3, 2), (4, 3), (3, -1)])
  func groupsThatDoNotDivideTheChannels(outputs: Int, groups: Int) {
    let error = error(Convolution(outputChannels: outputs, kernel: Extent(1), groups: groups))
    #expect(
      error?.description == "layers.1: \(groups) groups do not divide 3 input and \(outputs) output channels")
  }

  /// A grouped convolution has the weights of its groups alone.
  @Test func groupedConvolutionsCountTheirWeights() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 6, height: 4, width: 4))
    let depthwise = try builder.convolution(
      "a", of: builder.input, Convolution(outputChannels: 6, kernel: Extent(3), padding: Extent(1), groups: 6))
    let grouped = try builder.convolution(
      "b", of: depthwise, Convolution(outputChannels: 4, kernel: Extent(1), groups: 2))
    let network = builder.network(output: grouped)
    #expect(network.parameterCount == 6 * 9 + 4 * 3)
    #expect(network.multiplyAccumulates == 6 * 16 * 9 + 4 * 16 * 3)
  }

  @Test func windowsThatDoNotFit() {
    #expect(
      error(Convolution(outputChannels: 1, kernel: Extent(1, 3), dilation: Extent(1, 2)))?.description
        == "layers.1: a window of 1x5 does not fit into 3x5x4")
    #expect(error(Convolution(outputChannels: 1, kernel: Extent(6, 1)))?.module == "layers.1")
    #expect(error(Convolution(outputChannels: 1, kernel: Extent(5, 4))) == nil)
    #expect(
      error(Pooling(kernel: Extent(6, 1), stride: Extent(1)))?.description
        == "layers.2: a window of 6x1 does not fit into 3x5x4")
  }

  @Test func poolsOfPaddingAlone() {
    let reason = "a pooling window must reach beyond its padding"
    #expect(error(Pooling(kernel: Extent(2), stride: Extent(1), padding: Extent(2, 0)))?.reason == reason)
    #expect(error(Pooling(kernel: Extent(1), stride: Extent(1), padding: Extent(0, 1)))?.reason == reason)
    #expect(error(Pooling(kernel: Extent(0), stride: Extent(1)))?.reason == reason)
    #expect(error(Pooling(kernel: Extent(2), stride: Extent(0)))?.module == "layers.2")
    #expect(error(Pooling(kernel: Extent(2), stride: Extent(1), padding: Extent(-1)))?.module == "layers.2")
  }

  @Test func sumsOfDifferentShapes() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 5, width: 4))
    let narrow = try builder.convolution(
      "layers.3", of: builder.input, Convolution(outputChannels: 3, kernel: Extent(1, 2)))
    do {
      _ = try builder.add(builder.input, narrow)
      Issue.record("different shapes were added")
    } catch {
      #expect(error.module.isEmpty)
      #expect(error.description == "network: cannot add 3x5x4 and 3x5x3")
    }
  }

  @Test func linearLayersWithoutOutput() {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 1, width: 1))
    do {
      _ = try builder.linear("classifier", of: builder.input, outputs: 0)
      Issue.record("a layer was made")
    } catch {
      #expect(error.description == "classifier: a linear layer needs outputs")
    }
  }
}
