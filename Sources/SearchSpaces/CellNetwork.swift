public import NetworkGraph

/// The macro architecture around the cells of a genotype: DARTS's networks for CIFAR and for ImageNet.
public struct CellNetwork: Hashable, Sendable {
  /// Channels of the first cells' nodes; doubled in each of the two reduction cells.
  public var width: Int
  /// Cells in a row. Those at a third and at two thirds halve the image.
  public var depth: Int
  /// Whether a second classifier follows the second reduction, as in training.
  public var hasAuxiliaryHead: Bool
  /// Whether a stem of three convolutions reduces the image eightfold first, as for images of 224x224.
  public var hasImageNetStem: Bool

  public init(width: Int = 16, depth: Int = 8, hasAuxiliaryHead: Bool = false, hasImageNetStem: Bool = false) {
    self.width = width
    self.depth = depth
    self.hasAuxiliaryHead = hasAuxiliaryHead
    self.hasImageNetStem = hasImageNetStem
  }

  /// The network of a genotype, with the module names of the reference model (`CellNetwork` of the reference).
  ///
  /// - Parameters:
  ///   - input: the shape of one image.
  ///   - classes: the number of logits.
  public func network(of genotype: Genotype, input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    guard (1...1 << 16).contains(width), (1...1 << 10).contains(depth) else {
      throw NetworkError(module: "", reason: "the width must be from 1 to 65536, the depth from 1 to 1024")
    }
    var layers = CellLayers(input: input)
    var (before, last) = hasImageNetStem ? try layers.imageNetStem(width: width) : try layers.stem(width: width)
    var channels = width
    var isAfterReduction = hasImageNetStem
    for index in 0..<depth {
      let isReduction = index == depth / 3 || index == 2 * depth / 3
      if isReduction { channels *= 2 }
      let output = try layers.cell(
        "cells.\(index)", isReduction ? genotype.reduction : genotype.normal, of: before, last, channels: channels,
        isReduction: isReduction, isAfterReduction: isAfterReduction)
      (before, last, isAfterReduction) = (last, output, isReduction)
      if hasAuxiliaryHead, index == 2 * depth / 3 {
        try layers.auxiliaryHead(of: last, classes: classes, isForImageNet: hasImageNetStem)
      }
    }
    let features = layers.builder.globalAveragePool(of: last)
    let logits = try layers.builder.linear("classifier", of: features, outputs: classes)
    return layers.builder.network(output: logits)
  }
}

/// The layers that cell networks are made of.
private struct CellLayers: ~Copyable {
  var builder: NetworkBuilder

  init(input: TensorShape) { builder = NetworkBuilder(input: input) }

  // MARK: - Stems, cells, heads

  mutating func stem(width: Int) throws(NetworkError) -> (ValueID, ValueID) {
    let stem = try builder.normalizedConvolution(
      "stem.0", "stem.1", of: builder.input,
      Convolution(outputChannels: 3 * width, kernel: Extent(3), padding: Extent(1)))
    return (stem, stem)
  }

  mutating func imageNetStem(width: Int) throws(NetworkError) -> (ValueID, ValueID) {
    func halving(_ channels: Int) -> Convolution {
      Convolution(outputChannels: channels, kernel: Extent(3), stride: Extent(2), padding: Extent(1))
    }
    let half = try builder.normalizedConvolution("stem0.0", "stem0.1", of: builder.input, halving(width / 2))
    let first = try builder.normalizedConvolution(
      "stem0.3", "stem0.4", of: builder.relu("stem0.2", of: half), halving(width))
    let second = try builder.normalizedConvolution(
      "stem1.1", "stem1.2", of: builder.relu("stem1.0", of: first), halving(width))
    return (first, second)
  }

  mutating func cell(
    _ name: String, _ cell: Genotype.Cell, of before: ValueID, _ last: ValueID, channels: Int, isReduction: Bool,
    isAfterReduction: Bool
  ) throws(NetworkError) -> ValueID {
    let pointwise = Convolution(outputChannels: channels, kernel: Extent(1))
    var states = [
      isAfterReduction
        ? try factorizedReduction("\(name).preprocess0", of: before, channels: channels)
        : try builder.reluConvolution("\(name).preprocess0.op", of: before, [pointwise]),
      try builder.reluConvolution("\(name).preprocess1.op", of: last, [pointwise]),
    ]
    for node in 0..<cell.nodes {
      var terms: [ValueID] = []
      for position in 2 * node...2 * node + 1 {
        let edge = cell.edges[position]
        terms.append(
          try operation(
            edge.operation, "\(name)._ops.\(position)", of: states[edge.source],
            stride: isReduction && edge.source < 2 ? 2 : 1))
      }
      do {
        states.append(try builder.add(terms[0], terms[1]))
      } catch {
        throw NetworkError(module: "\(name), node \(node + 2)", reason: error.reason)
      }
    }
    do {
      return try builder.concatenate(cell.concatenation.map { states[$0] })
    } catch {
      throw NetworkError(module: name, reason: error.reason)
    }
  }

  /// The logits of the head are no output of the network: only its ReLUs count.
  mutating func auxiliaryHead(of value: ValueID, classes: Int, isForImageNet: Bool) throws(NetworkError) {
    let name = "auxiliary_head.features"
    let pooled = try builder.averagePool(
      "\(name).1", of: builder.relu("\(name).0", of: value),
      Pooling(kernel: Extent(5), stride: Extent(isForImageNet ? 2 : 3)))
    let narrow = try builder.normalizedConvolution(
      "\(name).2", "\(name).3", of: pooled, Convolution(outputChannels: 128, kernel: Extent(1)))
    var wide = try builder.convolution(
      "\(name).5", of: builder.relu("\(name).4", of: narrow), Convolution(outputChannels: 768, kernel: Extent(2)))
    if !isForImageNet { wide = builder.batchNormalization("\(name).6", of: wide) }
    let features = builder.relu("\(name).\(isForImageNet ? 6 : 7)", of: wide)
    guard builder.shape(of: features).count == 768 else {
      throw NetworkError(
        module: "auxiliary_head", reason: "the classifier takes 768x1x1, not \(builder.shape(of: features))")
    }
    _ = try builder.linear("auxiliary_head.classifier", of: features, outputs: classes)
  }

  // MARK: - Operations of edges

  private mutating func operation(
    _ operation: CellOperation, _ name: String, of value: ValueID, stride: Int
  ) throws(NetworkError) -> ValueID {
    switch operation {
    case .none: return builder.zero(like: value, stride: stride)
    case .skipConnect:
      return stride == 1
        ? value : try factorizedReduction(name, of: value, channels: builder.shape(of: value).channels)
    case .averagePool2x2: return try builder.averagePool(name, of: value, windows(2, stride))
    case .averagePool3x3: return try builder.averagePool(name, of: value, windows(3, stride))
    case .averagePool5x5: return try builder.averagePool(name, of: value, windows(5, stride))
    case .maxPool2x2: return try builder.maxPool(name, of: value, windows(2, stride))
    case .maxPool3x3: return try builder.maxPool(name, of: value, windows(3, stride))
    case .maxPool5x5: return try builder.maxPool(name, of: value, windows(5, stride))
    case .maxPool7x7: return try builder.maxPool(name, of: value, windows(7, stride))
    case .convolution1x1: return try plain(name, of: value, 1, stride)
    case .convolution3x3: return try plain(name, of: value, 3, stride)
    case .separableConvolution3x3: return try separable(name, of: value, 3, stride)
    case .separableConvolution5x5: return try separable(name, of: value, 5, stride)
    case .separableConvolution7x7: return try separable(name, of: value, 7, stride)
    case .dilatedConvolution3x3: return try depthwiseSeparable("\(name).op", of: value, 3, stride, dilation: 2)
    case .dilatedConvolution5x5: return try depthwiseSeparable("\(name).op", of: value, 5, stride, dilation: 2)
    case .dilatedSeparableConvolution3x3: return try separable(name, of: value, 3, stride, dilation: 2)
    case .factoredConvolution3: return try factored(name, of: value, 3, stride)
    case .factoredConvolution7: return try factored(name, of: value, 7, stride)
    }
  }

  private func windows(_ kernel: Int, _ stride: Int) -> Pooling {
    Pooling(kernel: Extent(kernel), stride: Extent(stride), padding: Extent(kernel > 2 ? kernel / 2 : 0))
  }

  private mutating func plain(
    _ name: String, of value: ValueID, _ kernel: Int, _ stride: Int
  ) throws(NetworkError) -> ValueID {
    let channels = builder.shape(of: value).channels
    return try builder.reluConvolution(
      name, of: value,
      [
        Convolution(
          outputChannels: channels, kernel: Extent(kernel), stride: Extent(stride), padding: Extent(kernel / 2))
      ])
  }

  private mutating func separable(
    _ name: String, of value: ValueID, _ kernel: Int, _ stride: Int, dilation: Int = 1
  ) throws(NetworkError) -> ValueID {
    let once = try depthwiseSeparable("\(name).op", of: value, kernel, stride, dilation: dilation)
    return try depthwiseSeparable("\(name).op", from: 4, of: once, kernel, 1, dilation: dilation)
  }

  private mutating func depthwiseSeparable(
    _ name: String, from first: Int = 0, of value: ValueID, _ kernel: Int, _ stride: Int, dilation: Int
  ) throws(NetworkError) -> ValueID {
    let channels = builder.shape(of: value).channels
    return try builder.reluConvolution(
      name, from: first, of: value,
      [
        Convolution(
          outputChannels: channels, kernel: Extent(kernel), stride: Extent(stride),
          padding: Extent(kernel / 2 * dilation), dilation: Extent(dilation), groups: channels),
        Convolution(outputChannels: channels, kernel: Extent(1)),
      ])
  }

  private mutating func factored(
    _ name: String, of value: ValueID, _ kernel: Int, _ stride: Int
  ) throws(NetworkError) -> ValueID {
    let channels = builder.shape(of: value).channels
    return try builder.reluConvolution(
      name, of: value,
      [
        Convolution(
          outputChannels: channels, kernel: Extent(1, kernel), stride: Extent(1, stride), padding: Extent(0, kernel / 2)
        ),
        Convolution(
          outputChannels: channels, kernel: Extent(kernel, 1), stride: Extent(stride, 1), padding: Extent(kernel / 2, 0)
        ),
      ])
  }

  /// DARTS's `FactorizedReduce`: two 1x1 convolutions with stride 2, the second one position down and right, side by
  /// side.
  private mutating func factorizedReduction(
    _ name: String, of value: ValueID, channels: Int
  ) throws(NetworkError) -> ValueID {
    guard channels.isMultiple(of: 2) else {
      throw NetworkError(
        module: name, reason: "a factorised reduction makes an even number of channels, not \(channels)")
    }
    let rectified = builder.relu("\(name).relu", of: value)
    var halves: [ValueID] = []
    for half in 0...1 {
      // Batch normalisation is by channel, so that each half can have its own.
      halves.append(
        try builder.normalizedConvolution(
          "\(name).conv_\(half + 1)", "\(name).bn", of: rectified,
          Convolution(outputChannels: channels / 2, kernel: Extent(1), stride: Extent(2), offset: Extent(half))))
    }
    return try builder.concatenate(halves)
  }
}
