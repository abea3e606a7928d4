public import NetworkGraph
public import Scoring
public import SearchSpaces

/// How large the networks of a search may be. A limit that is nil is none.
public struct SearchLimits: Hashable, Sendable {
  /// The most trainable parameters.
  public var parameters: Int?
  /// The most multiply-accumulates of an image, of convolutions and linear layers.
  public var multiplyAccumulates: Int?

  /// Limits of parameters, of multiply-accumulates, or of both.
  public init(parameters: Int? = nil, multiplyAccumulates: Int? = nil) {
    self.parameters = parameters
    self.multiplyAccumulates = multiplyAccumulates
  }

  /// Whether there is no limit.
  public var isEmpty: Bool { parameters == nil && multiplyAccumulates == nil }

  /// Whether a network is within the limits.
  public func allow(_ network: Network) -> Bool {
    network.parameterCount <= parameters ?? .max && network.multiplyAccumulates <= multiplyAccumulates ?? .max
  }

  /// Whether an architecture's network is within the limits. The network is built only where there is a limit.
  public func allow(
    _ architecture: Architecture, of space: any SearchSpace, for dataSet: DataSet
  ) throws(ArchitectureError) -> Bool {
    guard !isEmpty else { return true }
    return allow(try space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes))
  }
}
