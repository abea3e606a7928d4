public import Randomness

/// A space whose architectures have indices.
public protocol EnumeratedSpace: SearchSpace {
  /// The number of architectures; their indices are `0 ..< count`.
  var count: Int { get }

  /// - Throws: where the index is out of range.
  func blueprint(index: Int) throws(ArchitectureError) -> Blueprint
}

extension EnumeratedSpace {
  func enumerated(index: Int) throws(ArchitectureError) -> ParsedArchitecture {
    ParsedArchitecture(try blueprint(index: index), of: self)
  }
}

/// A space that architectures can be drawn from at random, which is what samples and searches need.
public protocol SampledSpace: SearchSpace {
  /// A random architecture, every choice of the space equally likely.
  func randomBlueprint(_ draws: inout RandomDraws) -> Blueprint

  /// The architecture with one random change: another operation, or another source of an edge where the space has that.
  func mutated(_ blueprint: Blueprint, _ draws: inout RandomDraws) -> Blueprint
}

extension SampledSpace {
  /// A random architecture, every choice of the space equally likely.
  public func randomArchitecture(_ draws: inout RandomDraws) -> ParsedArchitecture {
    ParsedArchitecture(randomBlueprint(&draws), of: self)
  }

  /// The architecture with one random change.
  ///
  /// - Throws: where it is of another space.
  public func mutated(
    _ architecture: ParsedArchitecture, _ draws: inout RandomDraws
  ) throws(ArchitectureError) -> ParsedArchitecture {
    ParsedArchitecture(mutated(try blueprint(of: architecture), &draws), of: self)
  }
}

/// A space whose architectures are cells that can be drawn.
public protocol DrawnSpace: SearchSpace {
  /// The cells of an architecture, in the order in which they are drawn.
  func cells(of blueprint: Blueprint) -> [CellGraph]
}

extension DrawnSpace {
  /// The cells of an architecture, in the order in which they are drawn.
  ///
  /// - Throws: where it is of another space.
  public func cells(of architecture: ParsedArchitecture) throws(ArchitectureError) -> [CellGraph] {
    cells(of: try blueprint(of: architecture))
  }
}
