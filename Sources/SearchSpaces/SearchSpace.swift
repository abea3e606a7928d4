public import NetworkGraph

/// A set of architectures that texts name.
///
/// What a space can do beyond reading texts and building networks, it says by conforming to `EnumeratedSpace`,
/// `SampledSpace` and `DrawnSpace`. To add one, write its type and name it in `SpaceDescription.all`.
public protocol SearchSpace: Sendable {
  /// What a text says once it is read: all that the architecture's network depends on, but for the macro architecture
  /// that the space itself has.
  associatedtype Blueprint: Sendable

  /// The name on the command line and in rows.
  var name: String { get }

  /// The macro architecture in words, such as `width 16, depth 8`, where the space leaves it open; nil where a text
  /// says everything.
  var macro: String? { get }

  /// Which activations are sites, and where parameters get their values, as rows write it; nil where a space leaves no
  /// choice.
  var activations: String? { get }
  var initialization: String? { get }

  /// A short text of an architecture, whole, for messages; empty where the space has none to show.
  var example: String { get }

  /// The name that a text gives its architecture, such as `MINE_V1` where it is assigned to that, or the published name
  /// that the text is; nil where it gives none, or one that any architecture could have, such as `arch`.
  func name(in text: String) -> String?

  /// Reads one architecture. Two texts of one architecture give the same key.
  ///
  /// - Throws: with the position of what is wrong, where there is one.
  func blueprint(text: String) throws(ArchitectureError) -> Blueprint

  /// The canonical text of an architecture, and its index where the space is enumerated.
  func key(of blueprint: Blueprint) -> Architecture

  /// A digest of the architecture's network, where it does not follow from the text.
  func graph(of blueprint: Blueprint) -> String?

  /// The network of an architecture, with the module names of the reference model.
  ///
  /// - Parameters:
  ///   - input: the shape of one image.
  ///   - classes: the number of logits.
  func network(of blueprint: Blueprint, input: TensorShape, classes: Int) throws(NetworkError) -> Network
}

extension SearchSpace {
  public var macro: String? { nil }
  public var activations: String? { nil }
  public var initialization: String? { nil }
  public func graph(of blueprint: Blueprint) -> String? { nil }
  public var example: String { "" }
  public func name(in text: String) -> String? { nil }

  /// Reads one architecture.
  public func architecture(text: String) throws(ArchitectureError) -> ParsedArchitecture {
    ParsedArchitecture(try blueprint(text: text), of: self)
  }

  /// The architecture of an index.
  ///
  /// - Throws: where the index is out of range or the space has none.
  public func architecture(index: Int) throws(ArchitectureError) -> ParsedArchitecture {
    guard let space = self as? any EnumeratedSpace else {
      throw ArchitectureError(text: "\(index)", reason: "the architectures of \(name) have no index")
    }
    return try space.enumerated(index: index)
  }

  /// The network of an architecture of this space, without reading its text again.
  ///
  /// - Parameters:
  ///   - input: the shape of one image.
  ///   - classes: the number of logits.
  /// - Throws: where the architecture fits no such image, or is of another space.
  public func network(
    of architecture: ParsedArchitecture, input: TensorShape, classes: Int
  ) throws(ArchitectureError) -> Network {
    let blueprint = try blueprint(of: architecture)
    do {
      return try network(of: blueprint, input: input, classes: classes)
    } catch {
      throw ArchitectureError(text: architecture.text, reason: "\(error)")
    }
  }

  /// What this space has read of an architecture.
  ///
  /// - Throws: where it was read by a space of another type.
  public func blueprint(of architecture: ParsedArchitecture) throws(ArchitectureError) -> Blueprint {
    guard let blueprint = architecture.blueprint as? Blueprint else {
      throw ArchitectureError(text: architecture.text, reason: "an architecture of another space than \(name)")
    }
    return blueprint
  }
}
