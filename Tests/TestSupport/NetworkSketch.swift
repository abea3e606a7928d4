import NetworkGraph

/// A random network in the making.
struct NetworkSketch: ~Copyable {
  private var builder: NetworkBuilder
  private var choices: RandomChoices
  private var values: [ValueID]
  private var relus = 0
  private var names = 0
  /// Multiply-accumulates of an image that are left, so that a slow backend finishes.
  private var budget = 300_000

  init(seed: UInt64) {
    var choices = RandomChoices(seed: seed, name: "network")
    let shape = TensorShape(
      channels: choices.integer(in: 1...12), height: choices.integer(in: 1...19), width: choices.integer(in: 1...19))
    self.choices = choices
    builder = NetworkBuilder(input: shape)
    values = [builder.input]
  }

  mutating func addParts() throws(NetworkError) {
    for _ in 0..<choices.integer(in: 4...14) {
      let value = anyValue()
      let result =
        switch choices.integer(in: 0...20) {
        case 0...4: try block(of: value)
        case 5...9: try sum(with: value)
        case 10: relu(of: value)
        case 11: normalization(of: value)
        case 12: try pool(of: value)
        case 13: builder.zero(like: value)
        case 14: normalization(of: relu(of: value))
        // Two sets of statistics of what may be one buffer.
        case 15: try builder.add(normalization(of: value), normalization(of: relu(of: value)))
        case 16: relu(of: relu(of: value))
        case 17, 18: try concatenation(with: value)
        case 19: try separable(of: value)
        default: try factorizedReduction(of: value)
        }
      values.append(result)
    }
    if relus == 0 { values.append(relu(of: anyValue())) }
  }

  /// Ends in the last value or another one, so that some ReLUs do not reach the output.
  consuming func network() throws(NetworkError) -> Network {
    let last = choices.happens(0.5) ? values[values.count - 1] : anyValue()
    let pooled = builder.globalAveragePool(of: last)
    let output = try builder.linear("classifier", of: pooled, outputs: 10)
    return builder.network(output: output)
  }

  /// Mostly one of the last values, so that networks grow deep.
  private mutating func anyValue() -> ValueID {
    choices.happens(0.6) ? choices.element(of: values.suffix(3)) : choices.element(of: values)
  }

  private mutating func name() -> String {
    names += 1
    return "layers.\(names)"
  }

  private mutating func relu(of value: ValueID) -> ValueID {
    relus += 1
    return builder.relu(name(), of: value)
  }

  private mutating func normalization(of value: ValueID) -> ValueID { builder.batchNormalization(name(), of: value) }

  /// A convolution with or without ReLU and batch normalisation around it.
  private mutating func block(of value: ValueID) throws(NetworkError) -> ValueID {
    var value = choices.happens(0.4) ? relu(of: value) : value
    guard let convolved = try convolution(of: value) else { return relu(of: value) }
    value = choices.happens(0.7) ? normalization(of: convolved) : convolved
    return choices.happens(0.5) ? relu(of: value) : value
  }

  /// Nil where the budget does not reach for one channel.
  private mutating func convolution(of value: ValueID) throws(NetworkError) -> ValueID? {
    let input = builder.shape(of: value)
    let isSquare = choices.happens(0.6)
    let height = window(along: input.height)
    let width = isSquare && input.height == input.width ? height : window(along: input.width)
    var convolution = Convolution(
      outputChannels: 1, kernel: Extent(height.kernel, width.kernel), stride: Extent(height.stride, width.stride),
      padding: Extent(height.padding, width.padding), dilation: Extent(height.dilation, width.dilation))
    let cost = height.positions * width.positions * convolution.kernel.area * input.channels
    guard cost <= budget else { return nil }
    convolution.outputChannels = min(choices.integer(in: 1...40), budget / cost)
    if choices.happens(0.3) {
      // Depthwise, or groups of a few channels each.
      let divisors = (2...max(2, input.channels)).filter { input.channels.isMultiple(of: $0) }
      convolution.groups = choices.happens(0.5) ? input.channels : choices.element(of: divisors + [1])
      let multiple = choices.happens(0.6) ? 1 : choices.integer(in: 1...3)
      let outputs = choices.happens(0.5) ? input.channels : convolution.groups * multiple
      if outputs <= 40, outputs <= budget / cost {
        convolution.outputChannels = outputs
      } else {
        convolution.groups = 1
      }
    }
    budget -= cost * convolution.outputChannels
    return try builder.convolution(name(), of: value, convolution)
  }

  private struct Window {
    var kernel: Int
    var stride: Int
    var padding: Int
    var dilation: Int
    var positions: Int
  }

  /// A window of a convolution in one direction that fits.
  private mutating func window(along size: Int) -> Window {
    let kernel = choices.element(of: [1, 1, 3, 3, 3, 5])
    let stride = choices.happens(0.25) ? 2 : 1
    let dilation = choices.happens(0.2) ? 2 : 1
    let extent = (kernel - 1) * dilation + 1
    // Never a window all in the padding: its sum is 0, or by Winograd's algorithm whatever rounding leaves of 0.
    let padding = choices.happens(0.6) ? extent / 2 : choices.integer(in: 0...kernel - 1)
    let fitting = size + 2 * padding < extent ? extent / 2 : padding
    return Window(
      kernel: kernel, stride: stride, padding: fitting, dilation: dilation,
      positions: (size + 2 * fitting - extent) / stride + 1)
  }

  private mutating func pool(of value: ValueID) throws(NetworkError) -> ValueID {
    let shape = builder.shape(of: value)
    let height = poolingWindow(along: shape.height)
    let width = poolingWindow(along: shape.width)
    let pooling = Pooling(
      kernel: Extent(height.kernel, width.kernel),
      stride: Extent(choices.integer(in: 1...2), choices.integer(in: 1...2)),
      padding: Extent(height.padding, width.padding))
    return choices.happens(0.5)
      ? try builder.averagePool(name(), of: value, pooling) : try builder.maxPool(name(), of: value, pooling)
  }

  /// Two to four values of one height and width, zeros and sums among them, perhaps one twice.
  private mutating func concatenation(with value: ValueID) throws(NetworkError) -> ValueID {
    let shape = builder.shape(of: value)
    let fitting = values.filter {
      let other = builder.shape(of: $0)
      return other.height == shape.height && other.width == shape.width && other.channels <= 40
    }
    guard !fitting.isEmpty else { return relu(of: value) }
    var parts = [choices.happens(0.3) ? try sum(with: value) : value]
    for _ in 0..<choices.integer(in: 1...3) {
      let part = choices.element(of: fitting)
      parts.append(choices.happens(0.2) ? builder.zero(like: part) : part)
    }
    return try builder.concatenate(parts)
  }

  /// Convolutions that read each other's output as it stands.
  private mutating func separable(of value: ValueID) throws(NetworkError) -> ValueID {
    let rectified = choices.happens(0.7) ? relu(of: value) : value
    guard let first = try convolution(of: rectified) else { return rectified }
    guard let second = try convolution(of: first) else { return relu(of: first) }
    let third = choices.happens(0.3) ? try convolution(of: choices.happens(0.5) ? second : first) : nil
    let last = normalization(of: third ?? second)
    return choices.happens(0.2) ? try builder.add(last, last) : last
  }

  /// Two halves, the second one position down and right.
  private mutating func factorizedReduction(of value: ValueID) throws(NetworkError) -> ValueID {
    let cost = builder.shape(of: value).count
    guard cost * 2 <= budget else { return normalization(of: value) }
    let channels = min(choices.integer(in: 1...18), budget / 2 / cost)
    budget -= 2 * channels * cost
    let rectified = relu(of: value)
    var halves: [ValueID] = []
    for offset in 0...1 {
      let half = try builder.convolution(
        name(), of: rectified,
        Convolution(
          outputChannels: channels, kernel: Extent(1), stride: Extent(2),
          offset: Extent(offset, choices.integer(in: 0...2))))
      halves.append(choices.happens(0.8) ? normalization(of: half) : half)
    }
    return try builder.concatenate(halves)
  }

  /// A window of a pool in one direction that fits: perhaps larger than the image, never all in the padding.
  private mutating func poolingWindow(along size: Int) -> (kernel: Int, padding: Int) {
    let kernel = choices.integer(in: 1...min(4, size + 1))
    return (kernel, kernel > size ? 1 : choices.integer(in: 0...kernel - 1))
  }

  /// A sum of two to four values in any order and nesting.
  private mutating func sum(with value: ValueID) throws(NetworkError) -> ValueID {
    let shape = builder.shape(of: value)
    var summands = [value]
    for _ in 0..<choices.integer(in: 1...3) {
      summands.insert(try branch(from: value), at: choices.integer(in: 0...summands.count))
    }
    if choices.happens(0.3) {
      let equal = values.filter { builder.shape(of: $0) == shape }
      summands[choices.integer(in: 0...summands.count - 1)] = choices.element(of: equal)
    }
    while summands.count > 1 {
      let left = choices.integer(in: 0...summands.count - 2)
      summands[left] = try builder.add(summands[left], summands[left + 1])
      summands.remove(at: left + 1)
    }
    return summands[0]
  }

  /// A value of the same shape.
  private mutating func branch(from value: ValueID) throws(NetworkError) -> ValueID {
    let shape = builder.shape(of: value)
    switch choices.integer(in: 0...7) {
    case 0: return builder.zero(like: value)
    case 1: return relu(of: value)
    case 2: return normalization(of: value)
    case 3:
      let pooling = Pooling(kernel: Extent(3), stride: Extent(1), padding: Extent(1))
      return choices.happens(0.5)
        ? try builder.averagePool(name(), of: value, pooling) : try builder.maxPool(name(), of: value, pooling)
    default:
      let kernel = choices.element(of: [1, 3])
      let cost = shape.count * shape.channels * kernel * kernel
      guard cost <= budget else { return value }
      budget -= cost
      let input = choices.happens(0.6) ? relu(of: value) : value
      let convolved = try builder.convolution(
        name(), of: input,
        Convolution(outputChannels: shape.channels, kernel: Extent(kernel), padding: Extent(kernel / 2)))
      return choices.happens(0.7) ? normalization(of: convolved) : convolved
    }
  }
}
