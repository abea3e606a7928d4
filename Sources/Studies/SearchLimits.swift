public import NetworkGraph
public import Scoring
public import SearchSpaces

/// What a network may cost.
public struct SearchLimits: Hashable, Sendable {
  /// Trainable parameters at most.
  public var parameters: Int?
  /// Multiply-accumulates of convolutions and linear layers at most.
  public var multiplyAccumulates: Int?

  public init(parameters: Int? = nil, multiplyAccumulates: Int? = nil) {
    self.parameters = parameters
    self.multiplyAccumulates = multiplyAccumulates
  }

  /// Whether there is no limit.
  public var isEmpty: Bool { parameters == nil && multiplyAccumulates == nil }

  public func allow(_ network: Network) -> Bool {
    network.parameterCount <= parameters ?? .max && network.multiplyAccumulates <= multiplyAccumulates ?? .max
  }

  /// The same for an architecture, whose network is made only where there is a limit.
  public func allow(
    _ architecture: ParsedArchitecture, of space: any SearchSpace, for dataSet: DataSet
  ) throws(ArchitectureError) -> Bool {
    guard !isEmpty else { return true }
    return allow(try space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes))
  }
}
