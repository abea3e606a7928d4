public import Randomness

extension CellSpace: SampledSpace {
  /// A random genotype of the family: both cells, and of each every operation and source, drawn independently.
  public func randomBlueprint(_ draws: inout RandomDraws) -> Genotype {
    let normal = randomCell(&draws)
    let reduction = randomCell(&draws)
    return Genotype(normal: normal, reduction: reduction)
  }

  /// The genotype with another operation or another source of one edge, as Real et al. (AAAI 2019) evolve them.
  ///
  /// The cell, which of the two changes, the edge and what it gets are drawn in this order, each uniformly. The new
  /// operation or source is one that the family has in this place, whether or not the rest of the genotype is of the
  /// family. With another source, a family that concatenates loose ends has another concatenation, too.
  public func mutated(_ genotype: Genotype, _ draws: inout RandomDraws) -> Genotype {
    var genotype = genotype
    if draws.index(below: 2) == 0 {
      genotype.normal = mutated(genotype.normal, &draws)
    } else {
      genotype.reduction = mutated(genotype.reduction, &draws)
    }
    return genotype
  }

  private func randomCell(_ draws: inout RandomDraws) -> Genotype.Cell {
    var edges: [Genotype.Edge] = []
    for position in 0..<2 * family.nodes {
      let operation = draws.element(of: family.operations)
      edges.append(Genotype.Edge(operation, draws.element(of: sources(ofEdge: position, in: edges))))
    }
    let nodes = Array(2..<family.nodes + 2)
    return Genotype.Cell(
      fitting: edges, concatenation: family.concatenatesLooseEnds ? Self.looseEnds(of: edges) : nodes)
  }

  private func mutated(_ cell: Genotype.Cell, _ draws: inout RandomDraws) -> Genotype.Cell {
    var edges = cell.edges
    let otherSources = edges.indices.map { position in
      sources(ofEdge: position, in: edges).filter { $0 != edges[position].source }
    }
    // The first node of DARTS reads both of the states before it: there is no other source.
    let movable = edges.indices.filter { !otherSources[$0].isEmpty }
    if draws.index(below: 2) == 0, !movable.isEmpty {
      let position = draws.element(of: movable)
      edges[position].source = draws.element(of: otherSources[position])
      let concatenation = family.concatenatesLooseEnds ? Self.looseEnds(of: edges) : cell.concatenation
      return Genotype.Cell(fitting: edges, concatenation: concatenation)
    }
    let position = draws.index(below: edges.count)
    edges[position].operation = draws.element(of: family.operations.filter { $0 != edges[position].operation })
    return Genotype.Cell(fitting: edges, concatenation: cell.concatenation)
  }

  /// The states that an edge of the family can read, given the other edge of its node where it is there already.
  private func sources(ofEdge position: Int, in edges: [Genotype.Edge]) -> [Int] {
    let partner = position ^ 1
    let excluded = family.hasDistinctSources && partner < edges.count ? edges[partner].source : nil
    return (0..<position / 2 + 2).filter { $0 != excluded }
  }

  /// The nodes that no other node reads; the last one at least.
  private static func looseEnds(of edges: [Genotype.Edge]) -> [Int] {
    let read = Set(edges.map(\.source))
    return (2..<edges.count / 2 + 2).filter { !read.contains($0) }
  }
}

extension Genotype.Cell {
  /// A cell of edges and states that are known to fit together.
  fileprivate init(fitting edges: [Genotype.Edge], concatenation: [Int]) {
    self.edges = edges
    self.concatenation = concatenation
  }
}
