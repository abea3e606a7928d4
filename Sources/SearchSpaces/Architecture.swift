/// The name of an architecture in rows and files: its canonical text, and its index where the space is enumerated.
public struct Architecture: Hashable, Sendable {
  /// As the space writes it: equal architectures have equal texts.
  public var text: String
  /// The position in the space; nil where the space is not enumerated.
  public var index: Int?

  public init(text: String, index: Int? = nil) {
    self.text = text
    self.index = index
  }
}

/// An architecture that its space has read.
///
/// It carries what the space needs to build the network, to mutate the architecture and to draw it, so that a text is
/// parsed once. It is small: the network itself is built when the space is asked for it. Equal are those with one key.
public struct ParsedArchitecture: Hashable, Sendable {
  /// What rows and files call it.
  public let key: Architecture
  /// A digest of the network, where it does not follow from the text.
  public let graph: String?
  /// What the space has read, a `Blueprint` of its type.
  let blueprint: any Sendable

  /// - Parameter space: any of the type; its macro architecture does not matter.
  public init<Space: SearchSpace>(_ blueprint: Space.Blueprint, of space: Space) {
    key = space.key(of: blueprint)
    graph = space.graph(of: blueprint)
    self.blueprint = blueprint
  }

  /// The canonical text.
  public var text: String { key.text }

  /// The index where the space is enumerated.
  public var index: Int? { key.index }

  public static func == (one: Self, other: Self) -> Bool { one.key == other.key }

  /// An index tells architectures apart as well as their texts, in less time.
  public func hash(into hasher: inout Hasher) {
    if let index { hasher.combine(index) } else { hasher.combine(text) }
  }
}
