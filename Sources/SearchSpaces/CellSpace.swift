public import NetworkGraph

/// Networks of two kinds of cells: the spaces of DARTS, ENAS, PNAS, NASNet and AmoebaNet, which differ in what a random
/// architecture is made of. Any of them reads any genotype, and the names of `KnownGenotype`.
public struct CellSpace: SearchSpace {
  /// What random architectures are made of.
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

  /// Every family with both stems.
  static let descriptions = [false, true].flatMap { hasImageNetStem in
    Family.allCases.map { family in
      SpaceDescription(imageShape: hasImageNetStem ? .imageNet : .cifar) { macro in
        CellSpace(
          family,
          macroArchitecture: CellNetwork(
            width: macro.width, depth: macro.depth, hasAuxiliaryHead: macro.hasAuxiliaryHead,
            hasImageNetStem: hasImageNetStem))
      }
    }
  }

  public var example: String { Genotype.example }

  public func name(in text: String) -> String? { Genotype.name(in: text) }

  public func blueprint(text: String) throws(ArchitectureError) -> Genotype { try Genotype(text: text) }

  public func key(of genotype: Genotype) -> Architecture { Architecture(text: genotype.text) }

  public func network(of genotype: Genotype, input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    try macroArchitecture.network(of: genotype, input: input, classes: classes)
  }
}

extension CellSpace: DrawnSpace {
  public func cells(of genotype: Genotype) -> [CellGraph] {
    [graph(of: genotype.normal, title: "normal cell"), graph(of: genotype.reduction, title: "reduction cell")]
  }

  /// States have the names that DARTS's drawings give them.
  private func graph(of cell: Genotype.Cell, title: String) -> CellGraph {
    let inputs = ["c_{k-2}", "c_{k-1}"].map { CellGraph.State(name: $0, role: .input) }
    let nodes = (0..<cell.nodes).map { CellGraph.State(name: "\($0)", role: .node) }
    let output = CellGraph.State(name: "c_{k}", role: .output)
    let operations = cell.edges.enumerated().filter { $1.operation != .none }.map { position, edge in
      CellGraph.Edge(source: edge.source, target: position / 2 + 2, operation: edge.operation.rawValue)
    }
    let concatenated = cell.concatenation.map { CellGraph.Edge(source: $0, target: cell.nodes + 2) }
    return CellGraph(title: title, states: inputs + nodes + [output], edges: operations + concatenated)
  }
}
