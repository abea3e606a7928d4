import SearchSpaces

/// What a drawing shows of a cell: states, and edges from each to later ones.
struct CellGraph: Hashable, Sendable {
  enum Role: Hashable, Sendable {
    case input, node, output
  }

  struct State: Hashable, Sendable {
    var name: String
    var role: Role
  }

  struct Edge: Hashable, Sendable {
    var source: Int
    var target: Int
    /// Nil for a state that is part of the output as it is.
    var operation: String?
  }

  /// Inputs first, the output last.
  let states: [State]
  /// Without those that give zeros.
  let edges: [Edge]

  /// Names as DARTS draws them.
  init(_ cell: Genotype.Cell) {
    let output = cell.nodes + 2
    states =
      ["c_{k-2}", "c_{k-1}"].map { State(name: $0, role: .input) }
      + (0..<cell.nodes).map { State(name: "\($0)", role: .node) } + [State(name: "c_{k}", role: .output)]
    edges =
      cell.edges.enumerated().filter { $1.operation != .none }.map { position, edge in
        Edge(source: edge.source, target: position / 2 + 2, operation: edge.operation.rawValue)
      } + cell.concatenation.map { Edge(source: $0, target: output) }
  }

  /// The four nodes of NAS-Bench-201.
  init(_ operations: [NASBench201.EdgeOperation]) {
    states = [
      State(name: "input", role: .input), State(name: "1", role: .node), State(name: "2", role: .node),
      State(name: "output", role: .output),
    ]
    let ends = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    edges = zip(ends, operations).filter { $1 != .none }.map { ends, operation in
      Edge(source: ends.0, target: ends.1, operation: operation.rawValue)
    }
  }

  /// How many edges the longest path to each state has; the output comes after all others.
  var ranks: [Int] {
    var ranks = states.map { $0.role == .input ? 0 : 1 }
    for target in states.indices {
      for edge in edges where edge.target == target { ranks[target] = max(ranks[target], ranks[edge.source] + 1) }
    }
    ranks[states.count - 1] = (ranks.dropLast().max() ?? 0) + 1
    return ranks
  }
}
