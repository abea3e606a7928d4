/// A cell as a graph of states, with operations on the edges between them: what a drawing shows.
public struct CellGraph: Hashable, Sendable {
  /// Where a state comes from and goes to: an input is made by cells before this one, the output is read by those after
  /// it.
  public enum Role: Hashable, Sendable {
    case input, node, output
  }

  /// A value that operations read and make.
  public struct State: Hashable, Sendable {
    public var name: String
    public var role: Role

    public init(name: String, role: Role) {
      self.name = name
      self.role = role
    }
  }

  /// Leads from a state to a later one; both are positions in `states`.
  public struct Edge: Hashable, Sendable {
    /// Positions in `CellGraph.states`.
    public var source: Int
    public var target: Int
    /// The name of the operation; nil where the state is part of the output as it is.
    public var operation: String?

    public init(source: Int, target: Int, operation: String? = nil) {
      self.source = source
      self.target = target
      self.operation = operation
    }
  }

  /// What the cell is called, such as `normal cell`.
  public let title: String
  /// Inputs first, the output last.
  public let states: [State]
  /// Without those that give zeros.
  public let edges: [Edge]

  public init(title: String, states: [State], edges: [Edge]) {
    self.title = title
    self.states = states
    self.edges = edges
  }
}
