public import NetworkGraph
public import Randomness

/// The old entry points, which read texts again and again: on their way out.
extension SearchSpace {
  public var count: Int { (self as? any EnumeratedSpace)?.count ?? 0 }

  public func architecture(text: String) throws(ArchitectureError) -> Architecture { try parsed(text: text).key }

  public func architecture(index: Int) throws(ArchitectureError) -> Architecture { try parsed(index: index).key }

  public func network(
    of architecture: Architecture, input: TensorShape, classes: Int
  ) throws(ArchitectureError) -> Network {
    try network(of: try parsed(text: architecture.text), input: input, classes: classes)
  }

  public func mutated(
    _ architecture: Architecture, _ draws: inout RandomDraws
  ) throws(ArchitectureError) -> Architecture {
    guard let space = self as? any SampledSpace else {
      throw ArchitectureError(text: architecture.text, reason: "\(name) has no mutations")
    }
    return try space.mutated(try parsed(text: architecture.text), &draws).key
  }

  public func randomArchitectures(
    _ count: Int, seed: UInt64, where fits: (Architecture) throws -> Bool = { _ in true }
  ) throws -> [Architecture] {
    guard let space = self as? any SampledSpace else {
      throw ArchitectureError(text: name, reason: "a space that nothing can be drawn from")
    }
    return try space.sample(count, seed: seed) { try fits($0.key) }.map(\.key)
  }
}

extension SampledSpace {
  public func randomArchitecture(_ draws: inout RandomDraws) -> Architecture { randomParsed(&draws).key }
}

extension [Architecture] {
  public func sample(_ count: Int, seed: UInt64, space: any SearchSpace) -> [Architecture] {
    let stream = RandomStream(seed: seed, domain: .architectures, name: space.name)
    return sampleWithoutReplacement(Swift.min(count, self.count), of: self.count, stream: stream).map { self[$0] }
  }
}
