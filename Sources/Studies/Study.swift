public import Compute
public import Files
public import Scoring
public import SearchSpaces

/// Scores many architectures, each with every seed.
public struct Study: Sendable {
  public let space: any SearchSpace
  public let scorer: Scorer
  public let settings: RunSettings
  public let seeds: [UInt64]
  /// Whether rows list their ReLU sites.
  public let layers: Bool

  public init(space: any SearchSpace, scorer: Scorer, seeds: [UInt64], layers: Bool = false) {
    self.space = space
    self.scorer = scorer
    self.seeds = seeds
    self.layers = layers
    settings = RunSettings(space: space, images: scorer.images, sigma: scorer.sigma)
  }

  /// One piece of work.
  public struct Item: Sendable {
    public var architecture: ParsedArchitecture
    public var seed: UInt64

    init(architecture: ParsedArchitecture, seed: UInt64) {
      self.architecture = architecture
      self.seed = seed
    }

    /// What its row is found by.
    var key: Key { Key(architecture: architecture.key, seed: seed) }
  }

  /// What a row is the outcome of.
  struct Key: Hashable {
    var architecture: Architecture
    var seed: UInt64
  }

  /// Every architecture with every seed, in order, without what `rows` hold already.
  ///
  /// - Throws: where a row belongs to a run with other settings.
  public func items(_ architectures: [ParsedArchitecture], without rows: [Row]) throws(FileError) -> [Item] {
    try check(rows)
    let done = Set(rows.filter { $0.covers(scorer.proxies) }.map(\.key))
    return items(architectures).filter { !done.contains($0.key) }
  }

  /// - Throws: where a row belongs to a run with other settings.
  func check(_ rows: [Row]) throws(FileError) {
    for row in rows {
      if let difference = RunSettings(row).difference(from: settings) { throw .ofAnotherRun(difference) }
    }
  }

  /// Those of `rows` that belong to these architectures and the study's seeds and have what the study would compute, one
  /// for each architecture and seed.
  public func wanted(_ rows: [Row], of architectures: [ParsedArchitecture]) -> [Row] {
    var missing = Set(items(architectures).map(\.key))
    return rows.filter { $0.covers(scorer.proxies) && missing.remove($0.key) != nil }
  }

  /// Every architecture with every seed, in order.
  func items(_ architectures: [ParsedArchitecture]) -> [Item] {
    architectures.flatMap { architecture in seeds.map { Item(architecture: architecture, seed: $0) } }
  }

  /// The row of one item, and why its device failed where that is so: a reason that says nothing of the network.
  ///
  /// A network that has no score makes a failed row. What is no architecture of the space is an error.
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
