public import NetworkGraph
public import Randomness

/// Why a text or an index names no architecture.
public struct ArchitectureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was given.
  public var text: String
  /// Where in `text`, in characters from 0; nil where the whole is meant.
  public var position: Int?
  public var reason: String

  public init(text: String, position: Int? = nil, reason: String) {
    self.text = text
    self.position = position
    self.reason = reason
  }

  public var description: String {
    guard let position, !text.isEmpty else { return "\(Self.printable(reason)): \(Self.shortened(text))" }
    let (excerpt, column) = excerpt(around: position)
    return "\(Self.printable(reason)) at character \(position + 1)\n  \(Self.printable(excerpt))\n"
      + "  \(String(repeating: " ", count: column))^"
  }

  /// The text, or of a long one what is near a position; and the column of that position.
  private func excerpt(around position: Int) -> (text: String, column: Int) {
    guard text.count > 160 else { return (text, position) }
    let dropped = max(0, position - 60)
    let rest = text.dropFirst(dropped)
    let (before, after) = (dropped > 0 ? "..." : "", rest.count > 120 ? "..." : "")
    return (before + rest.prefix(120) + after, before.count + position - dropped)
  }

  private static func shortened(_ text: String) -> String {
    "'" + printable(text.prefix(120)) + (text.count > 120 ? "..." : "") + "'"
  }

  /// A blank for every character that moves the cursor or talks to the terminal.
  private static func printable(_ text: some StringProtocol) -> String {
    String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
  }
}

/// An architecture of a search space: its canonical text, and its index where the space is enumerated.
public struct Architecture: Hashable, Sendable {
  public var text: String
  public var index: Int?

  public init(text: String, index: Int? = nil) {
    self.text = text
    self.index = index
  }
}

/// A set of architectures that text, and an index where there is one, name.
public protocol SearchSpace: Sendable {
  /// The name on the command line and in rows.
  var name: String { get }

  /// The architectures that have an index, `0 ..< count`; 0 where the space is not enumerated.
  var count: Int { get }

  /// Reads one architecture. Two texts of one architecture give equal values.
  func architecture(text: String) throws(ArchitectureError) -> Architecture

  func architecture(index: Int) throws(ArchitectureError) -> Architecture

  /// What else than its text an architecture's network depends on, such as `width 16, depth 8`; nil where there is nothing.
  var macro: String? { get }

  /// A random architecture, every choice of the space equally likely.
  func randomArchitecture(_ draws: inout RandomDraws) -> Architecture

  /// The architecture with one random change: another operation, or another source of an edge where the space has that.
  func mutated(_ architecture: Architecture, _ draws: inout RandomDraws) throws(ArchitectureError) -> Architecture

  /// The network of an architecture, with the module names of the reference model.
  ///
  /// - Parameters:
  ///   - input: the shape of one image.
  ///   - classes: the number of logits.
  func network(of architecture: Architecture, input: TensorShape, classes: Int) throws(ArchitectureError) -> Network
}

/// A space that is not enumerated, and whose texts say everything.
extension SearchSpace {
  public var count: Int { 0 }

  public var macro: String? { nil }

  public func architecture(index: Int) throws(ArchitectureError) -> Architecture {
    throw ArchitectureError(text: "\(index)", reason: "the architectures of \(name) have no index")
  }
}
