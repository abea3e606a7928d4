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

  /// Rows times columns.
  public var positions: Int { height * width }

  public var description: String { "\(channels)x\(height)x\(width)" }
}

/// The geometry of a two-dimensional convolution.
public struct Convolution: Hashable, Sendable {
  public var outputChannels: Int
  public var kernel: Extent
  public var stride: Extent
  /// Rows above and columns on the left that read as zero.
  public var padding: Extent
  /// Rows below and columns on the right; nil for as many as `padding` has.
  public var trailingPadding: Extent?
  public var dilation: Extent
  /// How much further down and right every window lies. Positions beyond the input read as zero, and the output has the
  /// shape that it would have without: as if the input had been moved up and left.
  public var offset: Extent
  /// Input and output channels fall into so many groups, each convolved by itself; as many as channels is depthwise.
  public var groups: Int

  public init(
    outputChannels: Int, kernel: Extent, stride: Extent = Extent(1), padding: Extent = Extent(0),
    trailingPadding: Extent? = nil, dilation: Extent = Extent(1), offset: Extent = Extent(0), groups: Int = 1
  ) {
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.trailingPadding = trailingPadding == padding ? nil : trailingPadding
    self.dilation = dilation
    self.offset = offset
    self.groups = groups
  }
}

/// The windows of a pooling layer. Padded positions are never counted.
public struct Pooling: Hashable, Sendable {
  public var kernel: Extent
  public var stride: Extent
  /// Rows above and columns on the left.
  public var padding: Extent
  /// Rows below and columns on the right; nil for as many as `padding` has.
  public var trailingPadding: Extent?
  /// Whether a last window that reaches beyond the padding is one too (PyTorch's `ceil_mode`). One that would begin in
  /// the trailing padding is left out.
  public var isCeiling: Bool

  public init(
    kernel: Extent, stride: Extent, padding: Extent = Extent(0), trailingPadding: Extent? = nil,
    isCeiling: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.trailingPadding = trailingPadding == padding ? nil : trailingPadding
    self.isCeiling = isCeiling
  }
}

/// One operation of a network. Its position in `Network.operations` is the name of the value that it makes.
public struct Operation: Hashable, Sendable {
  /// What an operation does, with what it takes besides its inputs.
  public enum Kind: Hashable, Sendable {
    /// The images.
    case input
    case convolution(Convolution)
    /// Over all images and positions of a channel.
    case batchNormalization(BatchNormalization)
    /// A site: the signs of its input are a code.
    case activation(Activation)
    /// Of each value by itself; no site.
    case function(Function)
    case averagePool(Pooling)
    case maxPool(Pooling)
    /// Of two values of one shape.
    case add
    /// Of two values; one with a single channel, or a single position, is repeated along the other's.
    case binary(BinaryFunction)
    /// The inputs one after the other along the channels.
    case concatenation
    /// A constant zero that still counts as depending on its input, as NAS-Bench-201's `none` does (it multiplies by
    /// 0).
    case zero
    case globalAveragePool
    /// A fully connected layer over all units.
    case linear(outputs: Int)
    /// Numbers that are the same for every image, [channel][row][column].
    case constant(StoredTensor)
    case arrangement(Arrangement)
    case matrixProduct(MatrixProduct)
    /// Layer, group and instance normalisation.
    case normalization(GroupNormalization)
    /// Over the channels of each position.
    case softmax
    case reduction(Reduction)
    case interpolation(Interpolation)
  }

  public var kind: Kind
  /// The values that it reads, in order; each comes before it.
  public var inputs: [ValueID]
  /// Of its output, for one image.
  public var shape: TensorShape
  /// The module's name in the reference model, such as `cells.3.layers.2.op.1`, or the node's in a file; empty where no
  /// module stands behind it. That of an activation is the stream of its permutation.
  public var name: String
  /// Of a convolution or a linear layer.
  public var weights: Parameter?
  /// What is added to each of its output channels; nil for nothing.
  public var bias: Parameter?

  init(
    kind: Kind, inputs: [ValueID], shape: TensorShape, name: String, weights: Parameter? = nil, bias: Parameter? = nil
  ) {
    self.kind = kind
    self.inputs = inputs
    self.shape = shape
    self.name = name
    self.weights = weights
    self.bias = bias
  }
}

/// A value of a network: the output of the operation at this position.
public struct ValueID: Hashable, Sendable {
  public var index: Int
  public init(_ index: Int) { self.index = index }
}
