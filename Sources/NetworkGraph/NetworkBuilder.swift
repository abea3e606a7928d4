/// Why a network cannot be built.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The module's name in the reference model.
  public var module: String
  public var reason: String

  public init(module: String, reason: String) {
    self.module = module
    self.reason = reason
  }

  public var description: String { "\(module.isEmpty ? "network" : module): \(reason)" }
}

/// Appends operations in execution order and works out their shapes.
///
/// Every method returns the value that it made and throws where shapes do not fit.
public struct NetworkBuilder: ~Copyable {
  private var operations: [Operation]
  private var otherParameters = 0
  /// The fewest tiles of 4x4 outputs an image from which a 3x3 convolution is carried out by Winograd's algorithm.
  ///
  /// More is more exact, as small feature maps do without; less is faster. 1 in the search spaces, whose integers
  /// depend on it, 16 in networks from files.
  public var winogradTiles = 1

  /// A network whose images have this shape.
  public init(input: TensorShape) {
    operations = [Operation(kind: .input, inputs: [], shape: input, name: "")]
  }

  /// The images.
  public var input: ValueID { ValueID(0) }

  /// The shape of a value for one image.
  public func shape(of value: ValueID) -> TensorShape { operations[value.index].shape }

  /// The shape of the value that was made last.
  public var lastShape: TensorShape { operations[operations.count - 1].shape }

  /// Whether a value is the same for every image because it is a constant.
  public func isConstant(_ value: ValueID) -> Bool {
    if case .constant = operations[value.index].kind { true } else { false }
  }

  /// A convolution. The output has `outputChannels` and as many positions as the window has places on the padded input.
  ///
  /// - Parameters:
  ///   - name: the module's.
  ///   - weights: [output channel][input channel of its group][kernel row][kernel column]; nil for those that are drawn
  ///     from the stream `name.weight`.
  ///   - bias: one an output channel; nil for none.
  /// - Throws: where groups do not divide the channels, a number is not positive, or the window does not fit.
  public mutating func convolution(
    _ name: String, of value: ValueID, _ convolution: Convolution, weights: Parameter? = nil, bias: Parameter? = nil
  ) throws(NetworkError) -> ValueID {
    let input = shape(of: value)
    guard convolution.outputChannels > 0 else {
      throw NetworkError(module: name, reason: "a convolution needs output channels")
    }
    guard convolution.groups > 0, input.channels.isMultiple(of: convolution.groups),
      convolution.outputChannels.isMultiple(of: convolution.groups)
    else {
      throw NetworkError(
        module: name,
        reason: """
          \(convolution.groups) groups do not divide \(input.channels) input and \(convolution.outputChannels) output \
          channels
          """)
    }
    guard
      min(convolution.kernel.height, convolution.kernel.width) > 0,
      min(convolution.dilation.height, convolution.dilation.width) > 0
    else { throw NetworkError(module: name, reason: "kernel, stride and dilation must be positive") }
    guard min(convolution.offset.height, convolution.offset.width) >= 0 else {
      throw NetworkError(module: name, reason: "an offset cannot be negative")
    }
    let weights = weights ?? .drawn(name + ".weight")
    let chain = input.channels / convolution.groups * convolution.kernel.area
    try check(weights, has: convolution.outputChannels * chain, name)
    if let bias { try check(bias, has: convolution.outputChannels, name) }
    let kernel = Extent(
      (convolution.kernel.height - 1) * convolution.dilation.height + 1,
      (convolution.kernel.width - 1) * convolution.dilation.width + 1)
    let window = Window(
      extent: kernel, stride: convolution.stride, padding: convolution.padding,
      trailing: convolution.trailingPadding ?? convolution.padding, isCeiling: false)
    let extent = try slid(name, window, over: input)
    return append(
      .convolution(convolution), [value],
      TensorShape(channels: convolution.outputChannels, height: extent.height, width: extent.width), name,
      weights: weights, bias: bias)
  }

  /// A batch normalisation with the statistics of the batch; the shape stays.
  ///
  /// - Parameter normalization: its epsilon, and gamma and beta where they are not 1 and 0.
  public mutating func batchNormalization(
    _ name: String, of value: ValueID, _ normalization: BatchNormalization = BatchNormalization()
  ) -> ValueID {
    append(.batchNormalization(normalization), [value], shape(of: value), name)
  }

  /// A ReLU: a site whose input signs are the code; the shape stays. Its name is the stream of its permutation.
  public mutating func relu(_ name: String, of value: ValueID) -> ValueID { activation(name, of: value, .relu) }

  /// A call of an activation function: a site; the shape stays. Its name is the stream of its permutation.
  public mutating func activation(_ name: String, of value: ValueID, _ activation: Activation) -> ValueID {
    append(.activation(activation), [value], shape(of: value), name)
  }

  /// A function of each value, no site, such as the sigmoid of a gate; the shape stays.
  public mutating func function(_ name: String, of value: ValueID, _ function: Function) -> ValueID {
    function == .identity ? value : append(.function(function), [value], shape(of: value), name)
  }

  /// The mean of each window over the positions that are not padding; the channels stay.
  ///
  /// - Throws: where a window may lie in the padding alone, or does not fit.
  public mutating func averagePool(
    _ name: String, of value: ValueID, _ pooling: Pooling
  ) throws(NetworkError) -> ValueID {
    append(.averagePool(pooling), [value], try pooled(name, value, pooling), name)
  }

  /// The greatest value of each window; the channels stay.
  ///
  /// - Throws: where a window may lie in the padding alone, or does not fit.
  public mutating func maxPool(
    _ name: String, of value: ValueID, _ pooling: Pooling
  ) throws(NetworkError) -> ValueID {
    append(.maxPool(pooling), [value], try pooled(name, value, pooling), name)
  }

  /// The sum of two values of one shape.
  ///
  /// - Throws: where the shapes differ.
  public mutating func add(_ left: ValueID, _ right: ValueID) throws(NetworkError) -> ValueID {
    guard shape(of: left) == shape(of: right) else {
      throw NetworkError(module: "", reason: "cannot add \(shape(of: left)) and \(shape(of: right))")
    }
    return append(.add, [left, right], shape(of: left), "")
  }

  /// The values one after the other along the channels; one alone is itself.
  public mutating func concatenate(_ values: [ValueID]) throws(NetworkError) -> ValueID {
    guard let first = values.first else { throw NetworkError(module: "", reason: "nothing to concatenate") }
    guard values.count > 1 else { return first }
    var whole = shape(of: first)
    for value in values.dropFirst() {
      let part = shape(of: value)
      guard part.height == whole.height, part.width == whole.width else {
        throw NetworkError(module: "", reason: "cannot concatenate \(whole) and \(part)")
      }
      whole.channels += part.channels
    }
    return append(.concatenation, values, whole, "")
  }

  /// A zero that counts as depending on the value, of its shape, or of the shape of every `stride`-th row and column.
  public mutating func zero(like value: ValueID, stride: Int = 1) -> ValueID {
    var shape = shape(of: value)
    if stride > 1 { (shape.height, shape.width) = ((shape.height - 1) / stride + 1, (shape.width - 1) / stride + 1) }
    return append(.zero, [value], shape, "")
  }

  /// The mean over all positions of each channel: height and width become 1.
  public mutating func globalAveragePool(of value: ValueID) -> ValueID {
    append(.globalAveragePool, [value], TensorShape(channels: shape(of: value).channels, height: 1, width: 1), "")
  }

  /// A fully connected layer over all units of the value, in the order [channel][row][column]: `outputs` channels,
  /// height and width 1. One over the channels of each position is a convolution with a kernel of 1x1.
  ///
  /// - Parameters:
  ///   - weights: [output][unit]; nil for those that are drawn from the stream `name.weight`.
  ///   - bias: one an output; nil for the one that is drawn from the stream `name.bias`.
  ///   - isBiased: whether there is a bias.
  /// - Throws: where there are no outputs.
  public mutating func linear(
    _ name: String, of value: ValueID, outputs: Int, weights: Parameter? = nil, bias: Parameter? = nil,
    isBiased: Bool = true
  ) throws(NetworkError) -> ValueID {
    guard outputs > 0 else { throw NetworkError(module: name, reason: "a linear layer needs outputs") }
    let weights = weights ?? .drawn(name + ".weight")
    let bias = isBiased ? bias ?? .drawn(name + ".bias") : nil
    try check(weights, has: outputs * shape(of: value).count, name)
    if let bias { try check(bias, has: outputs, name) }
    return append(
      .linear(outputs: outputs), [value], TensorShape(channels: outputs, height: 1, width: 1), name, weights: weights,
      bias: bias)
  }

  /// Tells of trainable parameters that no convolution, batch normalisation or linear layer takes, so that they are
  /// counted.
  public mutating func count(parameters: Int) { otherParameters += parameters }

  /// The network that ends in these logits.
  public consuming func network(output: ValueID) -> Network {
    Network(operations: operations, output: output, otherParameters: otherParameters, winogradTiles: winogradTiles)
  }

  mutating func append(
    _ kind: Operation.Kind, _ inputs: [ValueID], _ shape: TensorShape, _ name: String, weights: Parameter? = nil,
    bias: Parameter? = nil
  ) -> ValueID {
    operations.append(
      Operation(kind: kind, inputs: inputs, shape: shape, name: name, weights: weights, bias: bias))
    return ValueID(operations.count - 1)
  }

  private func check(_ parameter: Parameter, has count: Int, _ name: String) throws(NetworkError) {
    guard case .stored(let tensor, let values) = parameter, values.count != count else { return }
    throw NetworkError(module: name, reason: "\(tensor) has \(values.count) values where \(count) belong")
  }

  /// What slides over an input.
  private struct Window {
    var extent: Extent
    var stride: Extent
    var padding: Extent
    var trailing: Extent
    var isCeiling: Bool
  }

  private func pooled(_ name: String, _ value: ValueID, _ pooling: Pooling) throws(NetworkError) -> TensorShape {
    let input = shape(of: value)
    let trailing = pooling.trailingPadding ?? pooling.padding
    guard max(pooling.padding.height, trailing.height) < pooling.kernel.height,
      max(pooling.padding.width, trailing.width) < pooling.kernel.width
    else { throw NetworkError(module: name, reason: "a pooling window must reach beyond its padding") }
    let window = Window(
      extent: pooling.kernel, stride: pooling.stride, padding: pooling.padding, trailing: trailing,
      isCeiling: pooling.isCeiling)
    let extent = try slid(name, window, over: input)
    return TensorShape(channels: input.channels, height: extent.height, width: extent.width)
  }

  /// Positions of a window that slides over a padded input.
  private func slid(_ name: String, _ window: Window, over input: TensorShape) throws(NetworkError) -> Extent {
    let (extent, stride) = (window.extent, window.stride)
    guard
      min(extent.height, extent.width, stride.height, stride.width) > 0,
      min(window.padding.height, window.padding.width, window.trailing.height, window.trailing.width) >= 0
    else { throw NetworkError(module: name, reason: "kernel, stride and dilation must be positive") }
    func places(_ input: Int, _ window: Int, _ stride: Int, _ before: Int, _ after: Int, _ isCeiling: Bool) -> Int {
      let room = input + before + after - window
      guard isCeiling else { return room >= 0 ? room / stride + 1 : 0 }
      // A first window that reaches beyond everything is one as well, as long as it is not a whole step too large.
      guard room > -stride else { return 0 }
      let count = room > 0 ? (room + stride - 1) / stride + 1 : 1
      // One that begins behind the input and its first padding sees nothing.
      return (count - 1) * stride >= input + before ? count - 1 : count
    }
    let result = Extent(
      places(
        input.height, extent.height, stride.height, window.padding.height, window.trailing.height, window.isCeiling),
      places(input.width, extent.width, stride.width, window.padding.width, window.trailing.width, window.isCeiling))
    guard result.height > 0, result.width > 0 else {
      throw NetworkError(
        module: name, reason: "a window of \(extent.height)x\(extent.width) does not fit into \(input)")
    }
    return result
  }
}
