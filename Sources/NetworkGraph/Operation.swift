/// A height and a width: of a kernel, a stride, a padding or a dilation.
public struct Extent: Hashable, Sendable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  public init(_ both: Int) { self.init(both, both) }

  /// Height times width.
  public var area: Int { height * width }
}

/// The shape of one image's activations; the batch is not part of a network.
public struct TensorShape: Hashable, Sendable, CustomStringConvertible {
  public var channels: Int
  public var height: Int
  public var width: Int

  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Units of one image.
  public var count: Int { channels * height * width }
  public var description: String { "\(channels)x\(height)x\(width)" }
}

/// A two-dimensional convolution without bias.
public struct Convolution: Hashable, Sendable {
  public var outputChannels: Int
  public var kernel: Extent
  public var stride: Extent
  public var padding: Extent
  public var dilation: Extent
  /// How much further down and right every window lies. Positions beyond the input read as zero, and the output has the
  /// shape that it would have without: as if the input had been moved up and left.
  public var offset: Extent
  /// Input and output channels fall into so many groups, each convolved by itself; as many as channels is depthwise.
  public var groups: Int

  public init(
    outputChannels: Int, kernel: Extent, stride: Extent = Extent(1), padding: Extent = Extent(0),
    dilation: Extent = Extent(1), offset: Extent = Extent(0), groups: Int = 1
  ) {
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.offset = offset
    self.groups = groups
  }
}

/// The windows of a pooling layer. Padded positions are never counted.
public struct Pooling: Hashable, Sendable {
  public var kernel: Extent
  public var stride: Extent
  public var padding: Extent

  public init(kernel: Extent, stride: Extent, padding: Extent = Extent(0)) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }
}

/// One operation of a network. Its position in `Network.operations` is the name of the value that it makes.
public struct Operation: Hashable, Sendable {
  /// What an operation does, with what it takes besides its inputs.
  public enum Kind: Hashable, Sendable {
    /// The images.
    case input
    case convolution(Convolution)
    /// Batch statistics, gamma 1 and beta 0 at initialisation, epsilon 1e-5, biased variance.
    case batchNormalization
    /// A ReLU: a site whose input signs are the code.
    case relu
    case averagePool(Pooling)
    case maxPool(Pooling)
    case add
    /// The inputs one after the other along the channels.
    case concatenation
    /// A constant zero that still counts as depending on its input, as NAS-Bench-201's `none` does (it multiplies by
    /// 0).
    case zero
    case globalAveragePool
    /// A fully connected layer with bias.
    case linear(outputs: Int)
  }

  public var kind: Kind
  /// The values that it reads, in order; each comes before it.
  public var inputs: [ValueID]
  /// Of its output, for one image.
  public var shape: TensorShape
  /// The module's name in the reference model, such as `cells.3.layers.2.op.1`; empty where no module stands behind it.
  public var name: String

  /// The name of the convolution's or linear layer's weights in the reference model's `state_dict`.
  public var weightName: String { name + ".weight" }

  /// The name of the linear layer's bias there.
  public var biasName: String { name + ".bias" }
}

/// A value of a network: the output of the operation at this position.
public struct ValueID: Hashable, Sendable {
  public var index: Int
  public init(_ index: Int) { self.index = index }
}
