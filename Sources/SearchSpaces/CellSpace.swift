public import NetworkGraph

/// Networks of two kinds of cells: the spaces of DARTS, ENAS, PNAS, NASNet and AmoebaNet, which differ in what a random
/// architecture is made of. Any of them reads any genotype, and the names of `KnownGenotype`.
public struct CellSpace: SearchSpace {
  public let family: Family
  /// The network that the cells stand in.
  public let macroArchitecture: CellNetwork

  public init(_ family: Family, macroArchitecture: CellNetwork = CellNetwork()) {
    self.family = family
    self.macroArchitecture = macroArchitecture
  }

  public var name: String { family.rawValue + (macroArchitecture.hasImageNetStem ? "_in" : "") }
  public var macro: String? {
    "width \(macroArchitecture.width), depth \(macroArchitecture.depth)"
      + (macroArchitecture.hasAuxiliaryHead ? ", auxiliary head" : "")
  }

  public func architecture(text: String) throws(ArchitectureError) -> Architecture {
    Architecture(text: try Genotype(text: text).text)
  }

  public func network(
    of architecture: Architecture, input: TensorShape, classes: Int
  ) throws(ArchitectureError) -> Network {
    let genotype = try Genotype(text: architecture.text)
    do {
      return try macroArchitecture.network(of: genotype, input: input, classes: classes)
    } catch {
      throw ArchitectureError(text: architecture.text, reason: "\(error)")
    }
  }
}
