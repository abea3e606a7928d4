public import Compute
public import Files
public import Scoring
public import SearchSpaces

/// Scores many architectures, each with every seed.
public struct Study: Sendable {
  /// The space that makes networks of architectures.
  public let space: any SearchSpace
  /// What computes the scores of a network.
  public let scorer: Scorer
  /// What the scores depend on beside architecture and seed.
  public let settings: RunSettings
  /// The seeds that each architecture is scored with.
  public let seeds: [UInt64]
  /// Whether rows list their ReLU sites.
  public let layers: Bool

  /// A study with a row for each architecture and seed.
  public init(space: any SearchSpace, scorer: Scorer, seeds: [UInt64], layers: Bool = false) {
    self.space = space
    self.scorer = scorer
    self.seeds = seeds
    self.layers = layers
    settings = RunSettings(space: space, images: scorer.images, sigma: scorer.sigma)
  }

  /// One piece of work, which makes one row.
  public struct Item: Sendable {
    public var architecture: ParsedArchitecture
    /// The seed of weights, noise and permutations.
    public var seed: UInt64

    init(architecture: ParsedArchitecture, seed: UInt64) {
      self.architecture = architecture
      self.seed = seed
    }

    /// The key of the item's row.
    var key: Key { Key(architecture: architecture.key, seed: seed) }
  }

  /// What tells the rows of a study apart.
  struct Key: Hashable {
    var architecture: Architecture
    var seed: UInt64
  }

  /// Every architecture with every seed, in order, without those that `rows` have already.
  ///
  /// - Throws: an error where a row belongs to a run with other settings.
  public func items(_ architectures: [ParsedArchitecture], without rows: [Row]) throws(FileError) -> [Item] {
    try check(rows)
    let done = Set(rows.filter { $0.covers(scorer.proxies) }.map(\.key))
    return items(architectures).filter { !done.contains($0.key) }
  }

  /// - Throws: an error where a row belongs to a run with other settings.
  func check(_ rows: [Row]) throws(FileError) {
    for row in rows {
      if let difference = RunSettings(row).difference(from: settings) { throw .ofAnotherRun(difference) }
    }
  }

  /// The first of `rows` for each of these architectures and each seed of the study that has everything the study would
  /// compute.
  public func wanted(_ rows: [Row], of architectures: [ParsedArchitecture]) -> [Row] {
    var missing = Set(items(architectures).map(\.key))
    return rows.filter { $0.covers(scorer.proxies) && missing.remove($0.key) != nil }
  }

  /// Every architecture with every seed, in order.
  func items(_ architectures: [ParsedArchitecture]) -> [Item] {
    architectures.flatMap { architecture in seeds.map { Item(architecture: architecture, seed: $0) } }
  }

  /// The row of one item.
  ///
  /// A network that has no score makes a failed row. So does a failing device, whose error is returned beside the row:
  /// it says nothing about the network, so the item may be tried again.
  ///
  /// - Throws: an error where the item's architecture does not belong to the space.
  public func row(_ item: Item) throws(ArchitectureError) -> (row: Row, deviceError: BackendError?) {
    let dataSet = scorer.images.dataSet
    let network = try space.network(of: item.architecture, input: dataSet.shape, classes: dataSet.classes)
    let score = scorer.score(network, seed: item.seed)
    let row = Row(score, of: item.architecture.key, seed: item.seed, settings: settings, layers: layers)
    return (row, score.backendError)
  }
}

extension Row {
  var key: Study.Key { Study.Key(architecture: Architecture(text: arch, index: index), seed: seed) }
}
