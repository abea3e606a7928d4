public import NetworkGraph

/// A network of the vanilla, ResNet and ResNeXt families of NDS (Radosavovic, Johnson, Xie, Lo and Dollár, "On Network
/// Design Spaces for Visual Recognition", ICCV 2019), as pycls builds its `AnyNet` for CIFAR.
///
/// A 3x3 convolution as stem, stages of blocks of one width, average pooling and a linear layer. The first block of a
/// stage has the stage's stride; where a residual block changes the shape, a 1x1 convolution stands beside it.
public struct ResNet: Hashable, Sendable {
  /// The raw value is pycls's name.
  public enum Block: String, CaseIterable, Sendable {
    /// Twice 3x3 convolution, batch normalisation, ReLU.
    case vanilla = "vanilla_block"
    /// The same with a residual connection; the second ReLU follows the sum.
    case basic = "res_basic_block"
    /// 1x1, 3x3 (in groups), 1x1 with a residual connection.
    case bottleneck = "res_bottleneck_block"
  }

  /// Blocks of one width.
  public struct Stage: Hashable, Sendable {
    /// The number of blocks.
    public var depth: Int
    /// Channels that a block makes.
    public var width: Int
    /// Of the first block; the others have stride 1.
    public var stride: Int
    /// The channels of a bottleneck's 3x3 convolution as a share of `width`.
    public var bottleneck: Double
    /// The groups of a bottleneck's 3x3 convolution.
    public var groups: Int

    public init(depth: Int, width: Int, stride: Int, bottleneck: Double = 1, groups: Int = 1) {
      self.depth = depth
      self.width = width
      self.stride = stride
      self.bottleneck = bottleneck
      self.groups = groups
    }

    /// The channels of a bottleneck's 3x3 convolution: halves round to even, as in Python.
    var bottleneckWidth: Int { Int((Double(width) * bottleneck).rounded(.toNearestOrEven)) }
  }

  /// What every stage is made of.
  public let block: Block
  /// Channels that the stem makes.
  public let stemWidth: Int
  public let stemStride: Int
  /// From the image to the classifier.
  public let stages: [Stage]

  static let maximumStages = 16
  static let maximumDepth = 1000
  static let maximumWidth = 8192

  /// - Throws: where a number is out of range.
  public init(block: Block, stemWidth: Int = 16, stemStride: Int = 1, stages: [Stage]) throws(ArchitectureError) {
    func check(_ what: String, _ value: Int, _ range: ClosedRange<Int>) throws(ArchitectureError) {
      guard range.contains(value) else {
        throw ArchitectureError(
          text: "\(value)", reason: "\(what) is from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("the number of stages", stages.count, 1...Self.maximumStages)
    try check("a width", stemWidth, 1...Self.maximumWidth)
    try check("a stride", stemStride, 1...8)
    for stage in stages {
      try check("a depth", stage.depth, 1...Self.maximumDepth)
      try check("a width", stage.width, 1...Self.maximumWidth)
      try check("a stride", stage.stride, 1...8)
      guard block == .bottleneck else { continue }
      guard stage.bottleneck > 0, stage.bottleneck <= 64 else {
        throw ArchitectureError(
          text: "\(stage.bottleneck)", reason: "a multiplier of a bottleneck is above 0 and at most 64")
      }
      try check("the channels in a bottleneck", stage.bottleneckWidth, 1...Self.maximumWidth)
      try check("the number of groups", stage.groups, 1...stage.bottleneckWidth)
    }
    self.block = block
    self.stemWidth = stemWidth
    self.stemStride = stemStride
    self.stages =
      block == .bottleneck
      ? stages : stages.map { Stage(depth: $0.depth, width: $0.width, stride: $0.stride) }
  }

  /// The network, with pycls's module names.
  ///
  /// - Parameters:
  ///   - input: the shape of one image.
  ///   - classes: the number of logits.
  public func network(input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    var layers = ResNetLayers(input: input)
    var value = try layers.normalized(
      "stem.conv", "stem.bn", of: layers.builder.input, width: stemWidth, kernel: 3, stride: stemStride)
    value = layers.builder.relu("stem.relu", of: value)
    for (position, stage) in stages.enumerated() {
      for index in 1...stage.depth {
        let name = "s\(position + 1).b\(index)"
        let stride = index == 1 ? stage.stride : 1
        switch block {
        case .vanilla:
          value = try layers.twoConvolutions(name, of: value, width: stage.width, stride: stride)
          value = layers.builder.relu("\(name).b_relu", of: value)
        case .basic:
          value = try layers.residual(name, of: value, width: stage.width, stride: stride) {
            layers throws(NetworkError) in
            try layers.twoConvolutions("\(name).f", of: value, width: stage.width, stride: stride)
          }
        case .bottleneck:
          value = try layers.residual(name, of: value, width: stage.width, stride: stride) {
            layers throws(NetworkError) in
            try layers.bottleneck("\(name).f", of: value, stage, stride: stride)
          }
        }
      }
    }
    let features = layers.builder.globalAveragePool(of: value)
    let logits = try layers.builder.linear("head.fc", of: features, outputs: classes)
    return layers.builder.network(output: logits)
  }
}

/// What the networks are made of.
private struct ResNetLayers: ~Copyable {
  var builder: NetworkBuilder

  init(input: TensorShape) { builder = NetworkBuilder(input: input) }

  /// A convolution that keeps the size but for its stride, and batch normalisation.
  mutating func normalized(
    _ convolution: String, _ normalization: String, of value: ValueID, width: Int, kernel: Int, stride: Int = 1,
    groups: Int = 1
  ) throws(NetworkError) -> ValueID {
    try builder.normalizedConvolution(
      convolution, normalization, of: value,
      Convolution(
        outputChannels: width, kernel: Extent(kernel), stride: Extent(stride), padding: Extent(kernel / 2),
        groups: groups))
  }

  /// Two 3x3 convolutions, normalised, with a ReLU between them.
  mutating func twoConvolutions(
    _ name: String, of value: ValueID, width: Int, stride: Int
  ) throws(NetworkError) -> ValueID {
    let first = try normalized("\(name).a", "\(name).a_bn", of: value, width: width, kernel: 3, stride: stride)
    let rectified = builder.relu("\(name).a_relu", of: first)
    return try normalized("\(name).b", "\(name).b_bn", of: rectified, width: width, kernel: 3)
  }

  /// 1x1, 3x3 in groups, 1x1, normalised, with a ReLU after the first two.
  mutating func bottleneck(
    _ name: String, of value: ValueID, _ stage: ResNet.Stage, stride: Int
  ) throws(NetworkError) -> ValueID {
    let width = stage.bottleneckWidth
    let first = try normalized("\(name).a", "\(name).a_bn", of: value, width: width, kernel: 1)
    let second = try normalized(
      "\(name).b", "\(name).b_bn", of: builder.relu("\(name).a_relu", of: first), width: width, kernel: 3,
      stride: stride, groups: stage.groups)
    return try normalized(
      "\(name).c", "\(name).c_bn", of: builder.relu("\(name).b_relu", of: second), width: stage.width, kernel: 1)
  }

  /// The ReLU of the sum of a value, projected where the shape changes, and of what `body` makes of it.
  mutating func residual(
    _ name: String, of value: ValueID, width: Int, stride: Int,
    _ body: (inout ResNetLayers) throws(NetworkError) -> ValueID
  ) throws(NetworkError) -> ValueID {
    var shortcut = value
    if builder.shape(of: value).channels != width || stride != 1 {
      shortcut = try normalized("\(name).proj", "\(name).bn", of: value, width: width, kernel: 1, stride: stride)
    }
    let sum = try builder.add(shortcut, body(&self))
    return builder.relu("\(name).relu", of: sum)
  }
}
