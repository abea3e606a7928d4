public import NetworkGraph

/// Networks of two kinds of cells: the spaces of DARTS, ENAS, PNAS, NASNet and AmoebaNet, which differ in what a random
/// architecture is made of. Any of them reads any genotype, and the names of `KnownGenotype`.
public struct CellSpace: SearchSpace {
  public let family: Family
  /// The network that the cells stand in.
  public let surroundings: CellNetwork

  public init(_ family: Family, surroundings: CellNetwork = CellNetwork()) {
    self.family = family
    self.surroundings = surroundings
  }

  public var name: String { family.rawValue + (surroundings.hasImageNetStem ? "_in" : "") }
  public var macro: String? {
    "width \(surroundings.width), depth \(surroundings.depth)"
      + (surroundings.hasAuxiliaryHead ? ", auxiliary head" : "")
  }

  public func architecture(text: String) throws(ArchitectureError) -> Architecture {
    Architecture(text: try Genotype(text: text).text)
  }

  public func network(
    of architecture: Architecture, input: TensorShape, classes: Int
  ) throws(ArchitectureError) -> Network {
    let genotype = try Genotype(text: architecture.text)
    do {
      return try surroundings.network(of: genotype, input: input, classes: classes)
    } catch {
      throw ArchitectureError(text: architecture.text, reason: "\(error)")
    }
  }
}
