public import Compute
public import NetworkGraph
public import SearchSpaces

/// Networks with images, on which every backend has to count what the scalar reference counts.
public struct ConformanceCase: Sendable, CustomStringConvertible {
  public var description: String
  public var network: Network
  public var plans: [Plan]
  public var seed: UInt64
  /// What the images are multiplied by.
  var scale: Float = 1

  init(_ description: String, _ network: Network, batches: [Measurement: Int], seed: UInt64, scale: Float = 1) throws {
    self.description = description
    self.network = network
    self.seed = seed
    self.scale = scale
    plans = try [Measurement.distances, .agreement].compactMap { measurement in
      try batches[measurement].map { try Plan(network, measurement: measurement, batch: $0, seed: seed) }
    }
  }

  public func images(for plan: Plan) -> ImageBatch {
    let images = RandomCases.images(for: plan, seed: seed)
    guard scale != 1 else { return images }
    return ImageBatch(shape: images.shape, count: images.count, values: images.values.map { $0 * scale })
  }

  /// The backends that count otherwise than the reference, or fail, each with the measurement.
  public func differences(
    of backends: [(label: String, backend: any Backend)], from reference: any Backend = ScalarBackend()
  ) throws -> [String] {
    var differences: [String] = []
    for plan in plans {
      let images = images(for: plan)
      let expected = try reference.run(plan, images: images).counts
      for (label, backend) in backends {
        do throws(BackendError) {
          guard try backend.run(plan, images: images).counts != expected else { continue }
          differences.append("\(label), \(plan.measurement)")
        } catch {
          differences.append("\(label), \(plan.measurement): \(error)")
        }
      }
    }
    return differences
  }
}

// MARK: - Cases

extension ConformanceCase {
  /// Small networks of random parts.
  public static func randomNetwork(seed: UInt64) throws -> ConformanceCase {
    try ConformanceCase(
      "random network", RandomCases.network(seed: seed), batches: [.distances: 3, .agreement: 5], seed: seed)
  }

  /// A cell of the real widths a stage.
  public static func nasBench201(seed: UInt64) throws -> ConformanceCase {
    let space = NASBench201(channels: 16, cellsPerStage: 1)
    let network = try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 12, width: 12), classes: 10)
    return try ConformanceCase("NAS-Bench-201 cells", network, batches: [.distances: 2, .agreement: 3], seed: seed)
  }

  /// A network as it is scored; the scalar reference takes minutes for it.
  public static func wholeNASBench201(_ architecture: Architecture, size: Int, seed: UInt64) throws -> ConformanceCase {
    let network = try NASBench201().network(
      of: architecture, input: TensorShape(channels: 3, height: size, width: size), classes: 10)
    return try ConformanceCase("whole network", network, batches: [.distances: 2], seed: seed)
  }

  /// All-skip cells double and double again; their statistics need the coarse integers.
  public static func scaled(by scale: Float) throws -> ConformanceCase {
    let space = NASBench201(channels: 8, cellsPerStage: 3)
    let text = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|nor_conv_1x1~2|"
    let network = try space.network(
      of: space.architecture(text: text), input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
    return try ConformanceCase("scaled", network, batches: [.distances: 4], seed: 1, scale: scale)
  }

  /// A depthwise convolution between an input of several tiles and a ReLU.
  public static func depthwise(kernel: Extent, dilation: Int, stride: Int) throws -> ConformanceCase {
    try ConformanceCase(
      "depthwise", input: TensorShape(channels: 19, height: 19, width: 22),
      Convolution(
        outputChannels: 19, kernel: kernel, stride: Extent(stride),
        padding: Extent(kernel.height / 2 * dilation, kernel.width / 2 * dilation), dilation: Extent(dilation),
        groups: 19))
  }

  /// A dense convolution, direct and so wide.
  public static func dense(kernel: Extent, stride: Int, width: Int) throws -> ConformanceCase {
    try ConformanceCase(
      "dense", input: TensorShape(channels: 5, height: 7, width: (width - 1) * stride + 1),
      Convolution(
        outputChannels: 43, kernel: kernel, stride: Extent(stride), padding: Extent(kernel.height / 2, kernel.width / 2)
      ))
  }

  /// A convolution, normalised, and a ReLU.
  private init(_ name: String, input: TensorShape, _ convolution: Convolution) throws {
    var builder = NetworkBuilder(input: input)
    let convolved = try builder.convolution("convolution", of: builder.input, convolution)
    let value = builder.batchNormalization("normalization", of: convolved)
    let network = builder.network(output: builder.relu("relu", of: value))
    try self.init(name, network, batches: [.distances: 2], seed: 3)
  }

  /// One operation between an odd input and a ReLU.
  public enum Operation: String, CaseIterable, Sendable {
    case pointwise, dense, strided, dilated, wide, tall, large, unpadded, manyChannels, oneUnit
    case depthwise, depthwiseStrided, grouped, groupsOfMany
    case winograd, winogradUnpadded, winogradPaddedTwice, winogradOneRow, winogradManyChannels
    case averagePool, stridedPool, largePool, maxPool, stridedMaxPool
    case offset, offsetDense, concatenation, separable
    case sum, manyTerms, doubleReLU, rectifiedTwice

    fileprivate var input: TensorShape {
      switch self {
      case .winograd: TensorShape(channels: 8, height: 5, width: 7)
      case .winogradUnpadded: TensorShape(channels: 13, height: 7, width: 9)
      case .winogradPaddedTwice: TensorShape(channels: 9, height: 5, width: 6)
      case .winogradOneRow: TensorShape(channels: 11, height: 3, width: 12)
      case .depthwise, .depthwiseStrided: TensorShape(channels: 35, height: 9, width: 6)
      case .grouped, .groupsOfMany: TensorShape(channels: 24, height: 6, width: 5)
      case .winogradManyChannels: TensorShape(channels: 70, height: 3, width: 5)
      default: TensorShape(channels: 3, height: 5, width: 7)
      }
    }
  }

  public static func operation(_ operation: Operation, batch: Int) throws -> ConformanceCase {
    var builder = NetworkBuilder(input: operation.input)
    func convolve(
      _ outputs: Int, _ kernel: Extent, padding: Extent, stride: Int = 1, dilation: Int = 1, offset: Int = 0,
      groups: Int = 1
    ) throws -> ValueID {
      let convolved = try builder.convolution(
        "convolution", of: builder.input,
        Convolution(
          outputChannels: outputs, kernel: kernel, stride: Extent(stride), padding: padding, dilation: Extent(dilation),
          offset: Extent(offset), groups: groups))
      return builder.batchNormalization("normalization", of: convolved)
    }
    func pool(_ kernel: Int, stride: Int, padding: Int) throws -> ValueID {
      let pooling = Pooling(kernel: Extent(kernel), stride: Extent(stride), padding: Extent(padding))
      let pooled = try builder.averagePool("pool", of: builder.relu("before", of: builder.input), pooling)
      return builder.batchNormalization("normalization", of: pooled)
    }
    func maximum(_ kernel: Int, stride: Int, padding: Int) throws -> ValueID {
      let pooling = Pooling(kernel: Extent(kernel), stride: Extent(stride), padding: Extent(padding))
      return builder.batchNormalization(
        "normalization", of: try builder.maxPool("pool", of: builder.input, pooling))
    }
    // Parts at odd channels: sums, pools, a zero, rectified and normalised ones, added to a whole one and to other
    // parts.
    func concatenation() throws -> ValueID {
      let rectified = builder.relu("before", of: builder.input)
      let window = Pooling(kernel: Extent(3), stride: Extent(1), padding: Extent(1))
      let parts = [
        try convolve(17, Extent(3), padding: Extent(1)), try builder.add(rectified, builder.input),
        builder.zero(like: builder.input), try builder.maxPool("maximum", of: rectified, window),
        try builder.averagePool("average", of: builder.input, window), rectified,
      ]
      let whole = try builder.concatenate(parts)
      let channels = builder.shape(of: whole).channels
      let pointwise = builder.batchNormalization(
        "b", of: try builder.convolution("a", of: whole, Convolution(outputChannels: channels, kernel: Extent(1))))
      return try builder.add(builder.add(whole, builder.concatenate(parts.reversed())), pointwise)
    }
    // A tree of convolutions without anything in between, one of them by Winograd's algorithm.
    func separable() throws -> ValueID {
      func convolution(_ name: String, of value: ValueID, _ convolution: Convolution) throws -> ValueID {
        try builder.convolution(name, of: value, convolution)
      }
      let root = try convolution(
        "a", of: builder.relu("before", of: builder.input),
        Convolution(outputChannels: 3, kernel: Extent(3), padding: Extent(1), groups: 3))
      let wide = try convolution("b", of: root, Convolution(outputChannels: 19, kernel: Extent(1)))
      let across = try convolution(
        "c", of: root, Convolution(outputChannels: 6, kernel: Extent(1, 5), stride: Extent(1, 2), padding: Extent(0, 2))
      )
      let down = try convolution(
        "d", of: across,
        Convolution(outputChannels: 7, kernel: Extent(5, 1), stride: Extent(2, 1), padding: Extent(2, 0)))
      let second = try convolution(
        "e", of: wide, Convolution(outputChannels: 11, kernel: Extent(3), padding: Extent(1)))
      let third = try convolution(
        "f", of: wide,
        Convolution(
          outputChannels: 19, kernel: Extent(3), stride: Extent(2), padding: Extent(2), dilation: Extent(2), groups: 19)
      )
      let ends = [second, down, third].map { builder.batchNormalization("normalization", of: $0) }
      _ = builder.relu("after", of: ends[0])
      return try builder.concatenate([ends[1], ends[2]])
    }
    // More than are added up at once: normalised, pooled, rectified and plain ones in turn.
    func manyTerms() throws -> ValueID {
      var sum = builder.input
      for index in 0..<9 {
        let term: ValueID
        switch index % 3 {
        case 0: term = builder.batchNormalization("normalizations.\(index)", of: sum)
        case 1: term = try pool(3, stride: 1, padding: 1)
        default: term = builder.relu("relus.\(index)", of: builder.input)
        }
        sum = try builder.add(sum, term)
      }
      return sum
    }
    let value =
      switch operation {
      case .depthwise: try convolve(35, Extent(5), padding: Extent(4), dilation: 2, groups: 35)
      case .depthwiseStrided: try convolve(35, Extent(3), padding: Extent(1), stride: 2, groups: 35)
      case .grouped: try convolve(18, Extent(3), padding: Extent(1), groups: 6)
      case .groupsOfMany: try convolve(48, Extent(1), padding: Extent(0), groups: 2)
      case .pointwise: try convolve(17, Extent(1), padding: Extent(0))
      case .dense: try convolve(9, Extent(3), padding: Extent(1))
      case .strided: try convolve(20, Extent(3), padding: Extent(1), stride: 2)
      case .dilated: try convolve(5, Extent(3), padding: Extent(2), dilation: 2)
      case .wide: try convolve(7, Extent(1, 3), padding: Extent(0, 1))
      case .tall: try convolve(33, Extent(3, 1), padding: Extent(1, 0))
      case .large: try convolve(4, Extent(5), padding: Extent(2))
      case .unpadded: try convolve(6, Extent(5), padding: Extent(0))
      case .manyChannels: try convolve(67, Extent(1), padding: Extent(0), stride: 2)
      case .oneUnit: try convolve(1, Extent(5, 7), padding: Extent(0))
      case .winograd: try convolve(9, Extent(3), padding: Extent(1))
      case .winogradUnpadded: try convolve(33, Extent(3), padding: Extent(0))
      case .winogradPaddedTwice: try convolve(17, Extent(3), padding: Extent(2))
      case .winogradOneRow: try convolve(20, Extent(3), padding: Extent(0, 1))
      case .winogradManyChannels: try convolve(41, Extent(3), padding: Extent(1))
      case .averagePool: try pool(3, stride: 1, padding: 1)
      case .maxPool: try maximum(3, stride: 1, padding: 1)
      case .stridedMaxPool: try maximum(5, stride: 2, padding: 2)
      case .largePool: try pool(5, stride: 3, padding: 0)
      case .offset: try convolve(9, Extent(1), padding: Extent(0), stride: 2, offset: 1)
      case .offsetDense: try convolve(9, Extent(3), padding: Extent(1), offset: 1)
      case .concatenation: try concatenation()
      case .separable: try separable()
      case .stridedPool: try pool(2, stride: 2, padding: 0)
      case .sum: try builder.add(builder.input, convolve(3, Extent(3), padding: Extent(1)))
      case .manyTerms: try manyTerms()
      case .doubleReLU:
        builder.relu("before", of: builder.batchNormalization("normalization", of: builder.input))
      case .rectifiedTwice: builder.batchNormalization("twice", of: try convolve(8, Extent(1), padding: Extent(0)))
      }
    let network = builder.network(output: builder.relu("relu", of: value))
    return try ConformanceCase(
      "\(operation)", network, batches: [.distances: batch, .agreement: batch], seed: 7)
  }

  /// Convolutions of all kinds that leave one value, some of them through a ReLU.
  public static func branches(channels: Int, batch: Int) throws -> ConformanceCase {
    var builder = NetworkBuilder(input: TensorShape(channels: channels, height: 5, width: 6))
    let value = builder.batchNormalization("value", of: builder.input)
    let rectified = builder.relu("rectified", of: value)
    let convolutions = [
      Convolution(outputChannels: 17, kernel: Extent(3), padding: Extent(1)),
      Convolution(outputChannels: 9, kernel: Extent(1)),
      Convolution(outputChannels: 10, kernel: Extent(3), stride: Extent(2), padding: Extent(1)),
      Convolution(outputChannels: 40, kernel: Extent(3), padding: Extent(1)),
      Convolution(outputChannels: 12, kernel: Extent(1)),
      Convolution(outputChannels: 5, kernel: Extent(3)),
      Convolution(outputChannels: 3, kernel: Extent(1), stride: Extent(2)),
      Convolution(outputChannels: 8, kernel: Extent(3), padding: Extent(2, 1)),
    ]
    var last = value
    for (index, convolution) in convolutions.enumerated() {
      let convolved = try builder.convolution(
        "convolutions.\(index)", of: index == 4 ? value : rectified, convolution)
      // One that no batch normalisation follows.
      let result = index == 1 ? convolved : builder.batchNormalization("normalizations.\(index)", of: convolved)
      last = builder.relu("relus.\(index)", of: result)
    }
    return try ConformanceCase(
      "branches", builder.network(output: last), batches: [.distances: batch, .agreement: batch], seed: 3)
  }

  /// Images with one value that the exact statistics cannot add up: every backend has to refuse them.
  public static func imagesOutOfRange() throws -> [(plan: Plan, images: ImageBatch)] {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 6, width: 6))
    let convolved = try builder.convolution("a", of: builder.input, Convolution(outputChannels: 8, kernel: Extent(1)))
    let normalized = builder.batchNormalization("b", of: convolved)
    let network = builder.network(output: builder.relu("c", of: normalized))
    let plan = try Plan(network, measurement: .agreement, batch: 4, seed: 1)
    return [Float.nan, .infinity, 1e30, -1e30].map { value in
      var values = RandomCases.images(for: plan, seed: 1).values
      values[17] = value
      return (plan, ImageBatch(shape: plan.buffers[plan.input], count: 4, values: values))
    }
  }
}
