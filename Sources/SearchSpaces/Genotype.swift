/// The two cells of a cell network, as DARTS (Liu, Simonyan and Yang, ICLR 2019) writes them down.
public struct Genotype: Hashable, Sendable {
  /// An operation on a state: 0 is the cell before the last, 1 the last, 2 and up are the nodes of this cell.
  public struct Edge: Hashable, Sendable {
    public var operation: CellOperation
    /// The number of the state that is read.
    public var source: Int

    public init(_ operation: CellOperation, _ source: Int) {
      self.operation = operation
      self.source = source
    }
  }

  /// Nodes that each add up two edges.
  public struct Cell: Hashable, Sendable {
    /// Two for each node, node by node.
    public let edges: [Edge]
    /// The states whose channels are the cell's output, in this order.
    public let concatenation: [Int]

    /// The most nodes of a cell, and the most states of a concatenation.
    public static let maximumNodes = 32

    /// The number of nodes, each with two edges.
    public var nodes: Int { edges.count / 2 }

    /// - Throws: where a node lacks an edge, a state is not there yet or there is too much of something.
    public init(edges: [Edge], concatenation: [Int]) throws(ArchitectureError) {
      guard !edges.isEmpty, edges.count.isMultiple(of: 2) else {
        throw ArchitectureError(text: "", reason: "a cell has two edges a node, not \(edges.count) in all")
      }
      guard edges.count <= 2 * Self.maximumNodes, concatenation.count <= Self.maximumNodes else {
        throw ArchitectureError(text: "", reason: "a cell has at most \(Self.maximumNodes) nodes")
      }
      for (position, edge) in edges.enumerated() where !(0..<position / 2 + 2).contains(edge.source) {
        throw ArchitectureError(
          text: "",
          reason: "node \(position / 2 + 2) reads state \(edge.source), which is not one of the states before it")
      }
      guard !concatenation.isEmpty else { throw ArchitectureError(text: "", reason: "a cell concatenates no state") }
      for state in concatenation where !(0..<edges.count / 2 + 2).contains(state) {
        throw ArchitectureError(text: "", reason: "the concatenation has state \(state), which the cell lacks")
      }
      self.edges = edges
      self.concatenation = concatenation
    }
  }

  /// The cell that keeps the size of the image.
  public var normal: Cell
  /// The cell that halves the size of the image.
  public var reduction: Cell

  public init(normal: Cell, reduction: Cell) {
    self.normal = normal
    self.reduction = reduction
  }

  /// As Python prints it: DARTS's training code takes it as it is.
  public var text: String {
    func edges(_ cell: Cell) -> String {
      cell.edges.map { "('\($0.operation.rawValue)', \($0.source))" }.joined(separator: ", ")
    }
    func states(_ cell: Cell) -> String { cell.concatenation.map { "\($0)" }.joined(separator: ", ") }
    return "Genotype(normal=[\(edges(normal))], normal_concat=[\(states(normal))], "
      + "reduce=[\(edges(reduction))], reduce_concat=[\(states(reduction))])"
  }
}
