import Compute
public import NetworkGraph

// Networks of what only files have: functions, gates, attention, normalisations, copies. Shapes are odd and small.
extension ConformanceCase {
  /// An operation of networks from files; each stands between a convolution and a site that sees what it makes.
  public enum TensorOperation: String, CaseIterable, Sendable {
    case bias, storedWeights, storedNormalization, twoNormalizations, unevenPadding, ceilingPools
    case multiply, multiplyByChannel, multiplyByPosition, divideConstants, extremes
    case shuffle, reversed, repeated, padded, besideEachOther, constantChannels
    case products, transposedProducts, attention, softmax
    case layerNormalization, groupNormalization, instanceNormalization
    case meanOfChannels, normOfChannels, largestOfPositions, sumOfPositions, interpolation
    case activationOfActivation, activationReadTwice, siteOfConstant, noNormalization, linearBeforeSite
  }

  public static func tensorOperation(_ operation: TensorOperation) throws -> ConformanceCase {
    var parts = TensorParts(TensorShape(channels: 3, height: 5, width: 7))
    let value = try parts.apply(operation, to: parts.convolved(parts.builder.input, 13))
    let last = parts.builder.relu("last", of: try parts.convolved(value, 9))
    return try ConformanceCase(
      operation.rawValue, parts.builder.network(output: last), batches: [.distances: 3, .agreement: 4], seed: 5)
  }

  /// Every function, as an activation that a 3x3, a depthwise and a grouped convolution, a sum and a pool read.
  public static func function(_ function: Function) throws -> ConformanceCase {
    var parts = TensorParts(TensorShape(channels: 3, height: 6, width: 5))
    var value = try parts.convolved(parts.builder.input, 12)
    let activation = NetworkGraph.Activation(.silu, function)
    for (number, convolution) in [
      Convolution(outputChannels: 12, kernel: Extent(3), padding: Extent(1)),
      Convolution(outputChannels: 12, kernel: Extent(3), padding: Extent(1), groups: 12),
      Convolution(outputChannels: 12, kernel: Extent(1), groups: 3),
    ].enumerated() {
      // Values for which no function is infinite, or not a number.
      let positive = parts.builder.function("", of: value, .sigmoid)
      let active = parts.builder.activation("f.\(number)", of: function == .squareRoot ? positive : value, activation)
      let isSteep = [.reciprocal, .exponential, .square].contains(function)
      let bounded =
        isSteep ? parts.builder.function("", of: active, .clip(lower: -9, upper: 9)) : active
      value = try parts.builder.convolution("read.\(number)", of: bounded, convolution)
      value = parts.builder.batchNormalization("read.\(number).bn", of: value)
      value = try parts.builder.add(value, bounded)
      value = try parts.builder.maxPool(
        "", of: parts.builder.activation("again.\(number)", of: value, .leakyReLU()),
        Pooling(kernel: Extent(2), stride: Extent(1), padding: Extent(1), trailingPadding: Extent(0)))
    }
    let last = parts.builder.relu("last", of: try parts.convolved(value, 5))
    return try ConformanceCase(
      "\(function)", parts.builder.network(output: last), batches: [.distances: 2, .agreement: 3], seed: 9)
  }

  public static let functions: [Function] = [
    .relu6, .leakyReLU(slope: 0.1), .silu, .gelu, .geluTanh, .hardSwish, .elu(positive: 1.05, negative: 1.7, rate: 0.8),
    .mish, .sigmoid, .hardSigmoid(slope: 0.2, offset: 0.5), .tanh, .clip(lower: -0.5, upper: 0.7),
    .clip(lower: 0.1, upper: 2), .exponential, .errorFunction, .squareRoot, .reciprocal, .absolute, .negative, .square,
  ]
}

private struct TensorParts: ~Copyable {
  var builder: NetworkBuilder
  private var count = 0

  init(_ input: TensorShape) { builder = NetworkBuilder(input: input) }

  /// A normalised 1x1 convolution.
  mutating func convolved(_ value: ValueID, _ channels: Int) throws -> ValueID {
    count += 1
    let result = try builder.convolution(
      "c.\(count)", of: value, Convolution(outputChannels: channels, kernel: Extent(1)), bias: .drawn("c.\(count).bias")
    )
    return builder.batchNormalization("c.\(count).bn", of: result)
  }

  private func numbers(_ count: Int, _ scale: Float = 1) -> StoredTensor {
    StoredTensor((0..<count).map { scale * (Float($0 * 37 % 19) / 9 - 0.93) })
  }

  private mutating func constant(_ channels: Int, _ height: Int, _ width: Int, _ scale: Float = 1) throws -> ValueID {
    let shape = TensorShape(channels: channels, height: height, width: width)
    return try builder.constant("constant", shape, numbers(shape.count, scale))
  }

  mutating func apply(_ operation: ConformanceCase.TensorOperation, to value: ValueID) throws -> ValueID {
    let shape = builder.shape(of: value)
    let other = try convolved(value, 13)
    switch operation {
    case .bias:
      return try builder.convolution(
        "b",
        of: builder.convolution(
          "a", of: value, Convolution(outputChannels: 16, kernel: Extent(3), padding: Extent(1)), bias: .drawn("a.bias")
        ),
        Convolution(outputChannels: 8, kernel: Extent(3), padding: Extent(1), groups: 8), bias: .drawn("b.bias"))
    case .storedWeights:
      let dense = Convolution(outputChannels: 10, kernel: Extent(3), padding: Extent(1))
      let stored = try builder.convolution(
        "a", of: value, dense, weights: .stored("a", numbers(10 * 13 * 9, 0.1)), bias: .stored("a.b", numbers(10)))
      let grouped = Convolution(outputChannels: 10, kernel: Extent(2), groups: 5)
      return try builder.convolution("b", of: stored, grouped, weights: .stored("b", numbers(10 * 2 * 4)))
    case .storedNormalization:
      return builder.batchNormalization(
        "n", of: value, BatchNormalization(epsilon: 0.3, scale: numbers(13), shift: numbers(13, 2)))
    case .twoNormalizations:
      let convolved = try builder.convolution("a", of: value, Convolution(outputChannels: 13, kernel: Extent(1)))
      let first = builder.batchNormalization("n", of: convolved)
      return try builder.add(
        first, builder.batchNormalization("m", of: convolved, BatchNormalization(epsilon: 0.01, shift: numbers(13))))
    case .unevenPadding:
      let uneven = Convolution(
        outputChannels: 9, kernel: Extent(3), stride: Extent(2), padding: Extent(0, 1), trailingPadding: Extent(1, 2))
      let winograd = Convolution(
        outputChannels: 9, kernel: Extent(3), padding: Extent(0, 1), trailingPadding: Extent(2, 0))
      return try builder.convolution("b", of: builder.convolution("a", of: value, uneven), winograd)
    case .ceilingPools:
      let pooling = Pooling(kernel: Extent(3), stride: Extent(2), isCeiling: true)
      return try builder.add(
        builder.averagePool("a", of: value, pooling), builder.maxPool("b", of: other, pooling))
    case .multiply: return try builder.multiply(builder.activation("s", of: value, .silu), other)
    case .multiplyByChannel:
      let gate = try convolved(builder.globalAveragePool(of: value), 13)
      return try builder.multiply(value, builder.function("g", of: gate, .sigmoid))
    case .multiplyByPosition:
      return try builder.binary("m", .multiply, builder.reduce("r", value, Reduction(.mean, over: .channels)), other)
    case .divideConstants:
      let scaled = try builder.binary("d", .divide, value, constant(13, 1, 1, 3))
      let shifted = try builder.binary("e", .subtract, constant(1, 1, 1), scaled)
      return try builder.add(builder.binary("f", .add, shifted, constant(1, 5, 7)), constant(13, 5, 7))
    case .extremes:
      return try builder.binary("a", .maximum, builder.binary("b", .minimum, value, constant(1, 1, 1)), other)
    case .shuffle: return try builder.shuffle(builder.channels(1..<13, of: value), groups: 3)
    case .reversed:
      let part = Arrangement.Part(
        source: Arrangement.Step(channels: 12, positions: 34),
        axes: [
          Arrangement.Axis(
            count: 35, source: Arrangement.Step(positions: -1), target: Arrangement.Step(positions: 1)),
          Arrangement.Axis(count: 13, source: Arrangement.Step(channels: -1), target: Arrangement.Step(channels: 1)),
        ])
      return try builder.arrange("a", [value], into: shape, Arrangement(parts: [part]))
    case .repeated:
      let pooled = builder.globalAveragePool(of: value)
      let part = Arrangement.Part(axes: [
        Arrangement.Axis(count: 35, source: Arrangement.Step(), target: Arrangement.Step(positions: 1)),
        Arrangement.Axis(count: 13, source: Arrangement.Step(channels: 1), target: Arrangement.Step(channels: 1)),
      ])
      return try builder.add(builder.arrange("a", [pooled], into: shape, Arrangement(parts: [part])), value)
    case .padded, .besideEachOther:
      let wide = TensorShape(channels: 13, height: 5, width: 15)
      let parts = (0..<(operation == .padded ? 1 : 2)).map { number in
        Arrangement.Part(
          input: number, target: Arrangement.Step(positions: number * 8),
          axes: [
            Arrangement.Axis(
              count: 5, source: Arrangement.Step(positions: 7), target: Arrangement.Step(positions: 15)),
            Arrangement.Axis(
              count: 7, source: Arrangement.Step(positions: 1), target: Arrangement.Step(positions: 1)),
            Arrangement.Axis(count: 13, source: Arrangement.Step(channels: 1), target: Arrangement.Step(channels: 1)),
          ])
      }
      return try builder.arrange(
        "a", operation == .padded ? [value] : [value, other], into: wide, Arrangement(parts: parts, fill: 0.4))
    case .constantChannels: return try builder.concatenate([value, constant(3, 5, 7)])
    case .products:
      // 5 matrices of 7 x 13 and 13 x 7.
      let turned = try transposed(other, rows: 7)
      return try builder.matrixProduct("p", value, turned, MatrixProduct(count: 5))
    case .transposedProducts:
      return try builder.matrixProduct("p", value, other, MatrixProduct(count: 5, isRightTransposed: true))
    case .attention:
      let scores = try builder.matrixProduct("p", value, other, MatrixProduct(isRightTransposed: true))
      return try builder.matrixProduct("q", builder.softmax("s", of: scores), value, MatrixProduct())
    case .softmax: return builder.softmax("s", of: value)
    case .layerNormalization: return try builder.normalization("n", of: value, GroupNormalization(.position))
    case .groupNormalization:
      let even = try convolved(value, 12)
      return try builder.normalization("n", of: even, GroupNormalization(.channels(groups: 4), epsilon: 1e-3))
    case .instanceNormalization:
      return try builder.normalization("n", of: value, GroupNormalization(.channels(groups: 13)))
    case .meanOfChannels: return builder.reduce("r", value, Reduction(.mean, over: .channels))
    case .normOfChannels: return builder.reduce("r", value, Reduction(.norm, over: .channels))
    case .largestOfPositions:
      return try builder.add(
        builder.reduce("r", value, Reduction(.maximum, over: .positions)),
        builder.reduce("s", value, Reduction(.minimum, over: .positions)))
    case .sumOfPositions:
      return try builder.add(
        builder.reduce("r", value, Reduction(.sum, over: .positions)),
        builder.reduce("s", value, Reduction(.norm, over: .positions)))
    case .interpolation:
      func samples(_ own: Int, _ count: Int) -> [Interpolation.Sample] {
        (0..<count).map { index in
          let first = index * (own - 1) / count
          return Interpolation.Sample(first: first, second: first + 1, weight: Float(index % 4) / 4)
        }
      }
      return try builder.interpolate("i", value, Interpolation(rows: samples(5, 9), columns: samples(7, 4)))
    case .activationOfActivation:
      return builder.activation("b", of: builder.activation("a", of: value, .silu), .hardSwish)
    case .activationReadTwice:
      let active = builder.activation("a", of: value, .gelu)
      return try builder.add(builder.activation("b", of: active, .relu), convolved(active, 13))
    case .siteOfConstant: return try builder.add(value, builder.relu("a", of: constant(13, 5, 7)))
    case .noNormalization:
      var result = value
      for number in 0..<4 {
        let convolved = try builder.convolution(
          "n.\(number)", of: result, Convolution(outputChannels: 13, kernel: Extent(3), padding: Extent(1)),
          bias: .drawn("n.\(number).bias"))
        result = try builder.add(builder.activation("a.\(number)", of: convolved, .gelu), result)
      }
      return result
    case .linearBeforeSite: return builder.relu("a", of: try builder.linear("l", of: value, outputs: 21))
    }
  }

  /// Channels and the positions of each row of a value in each other's places.
  private mutating func transposed(_ value: ValueID, rows: Int) throws -> ValueID {
    let shape = builder.shape(of: value)
    let part = Arrangement.Part(axes: [
      Arrangement.Axis(
        count: shape.positions / rows, source: Arrangement.Step(positions: rows),
        target: Arrangement.Step(positions: shape.channels)),
      Arrangement.Axis(
        count: shape.channels, source: Arrangement.Step(channels: 1), target: Arrangement.Step(positions: 1)),
      Arrangement.Axis(count: rows, source: Arrangement.Step(positions: 1), target: Arrangement.Step(channels: 1)),
    ])
    let result = TensorShape(channels: rows, height: shape.positions / rows, width: shape.channels)
    return try builder.arrange("t", [value], into: result, Arrangement(parts: [part]))
  }
}
