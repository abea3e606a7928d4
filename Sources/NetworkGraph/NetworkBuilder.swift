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

  /// A network whose images have this shape.
  public init(input: TensorShape) {
    operations = [Operation(kind: .input, inputs: [], shape: input, name: "")]
  }

  /// The images.
  public var input: ValueID { ValueID(0) }

  /// The shape of a value for one image.
  public func shape(of value: ValueID) -> TensorShape { operations[value.index].shape }

  /// A convolution without bias. The output has `outputChannels` and as many positions as the window has places on the
  /// padded input.
  ///
  /// - Throws: where groups do not divide the channels, a number is not positive, or the window does not fit.
  public mutating func convolution(
    _ name: String, of value: ValueID, _ convolution: Convolution
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
    let kernel = Extent(
      (convolution.kernel.height - 1) * convolution.dilation.height + 1,
      (convolution.kernel.width - 1) * convolution.dilation.width + 1)
    let extent = try slid(name, kernel, stride: convolution.stride, padding: convolution.padding, over: input)
    return append(
      .convolution(convolution), [value],
      TensorShape(channels: convolution.outputChannels, height: extent.height, width: extent.width), name)
  }

  /// A batch normalisation with the statistics of the batch, gamma 1 and beta 0; the shape stays.
  public mutating func batchNormalization(_ name: String, of value: ValueID) -> ValueID {
    append(.batchNormalization, [value], shape(of: value), name)
  }

  /// A ReLU: a site whose input signs are the code; the shape stays. Its name is the stream of its permutation.
  public mutating func relu(_ name: String, of value: ValueID) -> ValueID {
    append(.relu, [value], shape(of: value), name)
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

  /// A fully connected layer with bias over all units of the value: `outputs` channels, height and width 1.
  ///
  /// - Throws: where there are no outputs.
  public mutating func linear(_ name: String, of value: ValueID, outputs: Int) throws(NetworkError) -> ValueID {
    guard outputs > 0 else { throw NetworkError(module: name, reason: "a linear layer needs outputs") }
    return append(.linear(outputs: outputs), [value], TensorShape(channels: outputs, height: 1, width: 1), name)
  }

  /// The network that ends in these logits.
  public consuming func network(output: ValueID) -> Network { Network(operations: operations, output: output) }

  private mutating func append(
    _ kind: Operation.Kind, _ inputs: [ValueID], _ shape: TensorShape, _ name: String
  ) -> ValueID {
    operations.append(Operation(kind: kind, inputs: inputs, shape: shape, name: name))
    return ValueID(operations.count - 1)
  }

  private func pooled(_ name: String, _ value: ValueID, _ pooling: Pooling) throws(NetworkError) -> TensorShape {
    let input = shape(of: value)
    guard pooling.padding.height < pooling.kernel.height, pooling.padding.width < pooling.kernel.width else {
      throw NetworkError(module: name, reason: "a pooling window must reach beyond its padding")
    }
    let extent = try slid(name, pooling.kernel, stride: pooling.stride, padding: pooling.padding, over: input)
    return TensorShape(channels: input.channels, height: extent.height, width: extent.width)
  }

  /// Positions of a window that slides over a padded input.
  private func slid(
    _ name: String, _ window: Extent, stride: Extent, padding: Extent, over input: TensorShape
  ) throws(NetworkError) -> Extent {
    guard min(window.height, window.width, stride.height, stride.width) > 0, min(padding.height, padding.width) >= 0
    else { throw NetworkError(module: name, reason: "kernel, stride and dilation must be positive") }
    let room = Extent(
      input.height + 2 * padding.height - window.height, input.width + 2 * padding.width - window.width)
    guard room.height >= 0, room.width >= 0 else {
      throw NetworkError(
        module: name, reason: "a window of \(window.height)x\(window.width) does not fit into \(input)")
    }
    return Extent(room.height / stride.height + 1, room.width / stride.width + 1)
  }
}
