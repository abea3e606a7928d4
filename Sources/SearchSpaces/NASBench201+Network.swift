public import NetworkGraph

extension NASBench201 {
  public func network(of edges: [EdgeOperation], input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    var builder = NetworkBuilder(input: input)
    var value = try builder.normalizedConvolution(
      "stem.0", "stem.1", of: builder.input,
      Convolution(outputChannels: channels, kernel: Extent(3), padding: Extent(1)))
    var cell = 0
    for stage in 0..<3 {
      let width = channels << stage
      if stage > 0 {
        value = try Self.reduction("cells.\(cell)", of: value, channels: width, in: &builder)
        cell += 1
      }
      for _ in 0..<cellsPerStage {
        value = try Self.cell("cells.\(cell)", of: value, edges, in: &builder)
        cell += 1
      }
    }
    value = builder.batchNormalization("lastact.0", of: value)
    value = builder.relu("lastact.1", of: value)
    value = builder.globalAveragePool(of: value)
    return builder.network(output: try builder.linear("classifier", of: value, outputs: classes))
  }

  private static func cell(
    _ name: String, of value: ValueID, _ edges: [EdgeOperation], in builder: inout NetworkBuilder
  ) throws(NetworkError) -> ValueID {
    let channels = builder.shape(of: value).channels
    var nodes = [value]
    var edge = 0
    for node in 1...3 {
      var total: ValueID?
      for source in 0..<node {
        let layer = "\(name).layers.\(edge)"
        let output =
          switch edges[edge] {
          case .none: builder.zero(like: nodes[source])
          case .skipConnect: nodes[source]
          case .convolution1x1:
            try builder.reluConvolution(
              "\(layer).op", of: nodes[source], [Convolution(outputChannels: channels, kernel: Extent(1))])
          case .convolution3x3:
            try builder.reluConvolution(
              "\(layer).op", of: nodes[source],
              [Convolution(outputChannels: channels, kernel: Extent(3), padding: Extent(1))])
          case .averagePool3x3:
            try builder.averagePool(
              "\(layer).op", of: nodes[source], Pooling(kernel: Extent(3), stride: Extent(1), padding: Extent(1)))
          }
        edge += 1
        total = if let sum = total { try builder.add(sum, output) } else { output }
      }
      nodes.append(total ?? value)
    }
    return nodes[3]
  }

  private static func reduction(
    _ name: String, of value: ValueID, channels: Int, in builder: inout NetworkBuilder
  ) throws(NetworkError) -> ValueID {
    let main = try builder.reluConvolution(
      "\(name).conv_a.op", of: value,
      [Convolution(outputChannels: channels, kernel: Extent(3), stride: Extent(2), padding: Extent(1))])
    let second = try builder.reluConvolution(
      "\(name).conv_b.op", of: main,
      [Convolution(outputChannels: channels, kernel: Extent(3), padding: Extent(1))])
    let pooled = try builder.averagePool(
      "\(name).downsample.0", of: value, Pooling(kernel: Extent(2), stride: Extent(2)))
    let residual = try builder.convolution(
      "\(name).downsample.1", of: pooled, Convolution(outputChannels: channels, kernel: Extent(1)))
    return try builder.add(residual, second)
  }
}
