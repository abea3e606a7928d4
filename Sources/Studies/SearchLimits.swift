public import NetworkGraph
public import Scoring
public import SearchSpaces
import Synchronization

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

  /// Tells of architectures whether their networks are within the limits. A network is built only where there is a
  /// limit, and only once: repeated searches meet the same ones again and again.
  public func filter(
    of space: any SearchSpace, for dataSet: DataSet
  ) -> @Sendable (ParsedArchitecture) throws -> Bool {
    guard !isEmpty else { return { _ in true } }
    let known = KnownNetworks()
    return { architecture in
      if let isAllowed = known.isAllowed(architecture) { return isAllowed }
      let isAllowed = allow(
        try space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes))
      known.remember(architecture, isAllowed)
      return isAllowed
    }
  }
}

/// What is known of the networks that were built before.
private final class KnownNetworks: Sendable {
  private let known = Mutex<[ParsedArchitecture: Bool]>([:])

  func isAllowed(_ architecture: ParsedArchitecture) -> Bool? { known.withLock { $0[architecture] } }

  func remember(_ architecture: ParsedArchitecture, _ isAllowed: Bool) {
    known.withLock { $0[architecture] = isAllowed }
  }
}
