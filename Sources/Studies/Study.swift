import Compute
public import Scoring
public import SearchSpaces

/// Scores many architectures, each with every seed.
public struct Study: Sendable {
  public let space: any SearchSpace
  public let scorer: Scorer
  public let configuration: RunConfiguration
  public let seeds: [UInt64]
  /// Whether rows list their ReLU sites.
  public let layers: Bool

  public init(space: any SearchSpace, scorer: Scorer, seeds: [UInt64], layers: Bool = false) {
    self.space = space
    self.scorer = scorer
    self.seeds = seeds
    self.layers = layers
    configuration = RunConfiguration(
      space: space, images: scorer.images, sigma: scorer.sigma, proxies: scorer.proxies)
  }

  /// One piece of work.
  public struct Item: Hashable, Sendable {
    public var architecture: Architecture
    public var seed: UInt64
  }

  /// Every architecture with every seed, in order, without what `rows` hold already.
  ///
  /// - Throws: where a row belongs to a run with other settings.
  public func items(_ architectures: [Architecture], without rows: [Row]) throws(FileError) -> [Item] {
    var done = Set<Item>()
    for row in rows {
      if let mismatch = configuration.mismatch(row) {
        throw FileError(.alreadyThere, "the rows in the file are of another run: \(mismatch)")
      }
      if configuration.covers(row) {
        done.insert(Item(architecture: Architecture(text: row.arch, index: row.index), seed: row.seed))
      }
    }
    return architectures.flatMap { architecture in
      seeds.map { Item(architecture: architecture, seed: $0) }.filter { !done.contains($0) }
    }
  }

  /// The row of one item. A network that cannot be built or scored makes a failed row.
  public func row(_ item: Item) throws(ArchitectureError) -> Row {
    let network = try space.network(
      of: item.architecture, input: configuration.dataSet.shape, classes: configuration.dataSet.classes)
    let device = scorer.backend.device
    return Row(
      scorer.score(network, seed: item.seed), of: item.architecture, seed: item.seed, configuration: configuration,
      device: device.name, backend: device.backend, layers: layers)
  }
}
