public import NetworkGraph

/// The macro architecture around cells, where a space leaves it open.
public struct MacroArchitecture: Hashable, Sendable {
  /// Channels of the first cells' nodes.
  public var width: Int
  /// Cells in a row.
  public var depth: Int
  /// Whether a second classifier is there, as in training.
  public var hasAuxiliaryHead: Bool

  /// The widths that are taken.
  public static let widths = 1...1024
  /// The depths that are taken.
  public static let depths = 1...100

  public init(width: Int = 16, depth: Int = 8, hasAuxiliaryHead: Bool = false) {
    self.width = width
    self.depth = depth
    self.hasAuxiliaryHead = hasAuxiliaryHead
  }
}

/// What is known of a space by its name alone. What else it can do shows in the protocols that the space conforms to.
public struct SpaceDescription: Sendable {
  /// The name on the command line and in rows, and no other space's.
  public let name: String
  /// The images that the networks are made for.
  public let imageShape: TensorShape
  /// Whether the macro architecture is left open, so that `space(_:)` takes it.
  public let hasOpenMacroArchitecture: Bool
  private let make: @Sendable (MacroArchitecture) -> any SearchSpace

  /// A space with one macro architecture, or whose texts say it.
  init(_ space: any SearchSpace, imageShape: TensorShape) {
    name = space.name
    self.imageShape = imageShape
    hasOpenMacroArchitecture = false
    make = { _ in space }
  }

  /// A space whose macro architecture is left open.
  init(imageShape: TensorShape, make: @escaping @Sendable (MacroArchitecture) -> any SearchSpace) {
    name = make(MacroArchitecture()).name
    self.imageShape = imageShape
    hasOpenMacroArchitecture = true
    self.make = make
  }

  /// The space.
  ///
  /// - Parameter macroArchitecture: matters to the networks of a space that leaves it open, and to nothing else.
  public func space(_ macroArchitecture: MacroArchitecture = MacroArchitecture()) -> any SearchSpace {
    make(macroArchitecture)
  }
}

extension SpaceDescription {
  /// Every space, in the order of listings.
  public static let all =
    [NASBench201.description] + CellSpace.descriptions + [NDSSpace.description, NDSSpace.imageNetDescription]

  /// - Returns: nil where no space has this name.
  public static func named(_ name: String) -> SpaceDescription? { all.first { $0.name == name } }
}

extension TensorShape {
  /// An image of CIFAR.
  static let cifar = TensorShape(channels: 3, height: 32, width: 32)
  /// An image of ImageNet.
  static let imageNet = TensorShape(channels: 3, height: 224, width: 224)
}
