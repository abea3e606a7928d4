public import ArchitectureLists
public import Compute
public import Files
public import NetworkGraph
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

  /// What is scored and how, in a line: the space, the images, the batch, sigma and the seeds.
  public var title: String {
    let network = space.name + (space.macro.map { " (\($0))" } ?? "")
    let more = seeds.count > 1 ? " and \(seeds.count - 1) more" : ""
    return "\(network), \(settings.images.source) images as \(settings.dataSet), batch \(settings.batch), "
      + "sigma \(settings.sigma), seed \(seeds.first ?? 0)\(more)"
  }

  /// One piece of work, which makes one row.
  public struct Item: Sendable {
    public var listed: ListedArchitecture
    /// The seed of weights, noise and permutations.
    public var seed: UInt64

    public init(listed: ListedArchitecture, seed: UInt64) {
      self.listed = listed
      self.seed = seed
    }

    /// The key of the item's row.
    var key: Key { Key(architecture: listed.key, seed: seed) }
  }

  /// What tells the rows of a study apart.
  struct Key: Hashable {
    var architecture: Architecture
    var seed: UInt64
  }

  /// Every entry with every seed, in order, without those that `rows` have already. An entry that a list has twice
  /// needs two rows.
  ///
  /// - Throws: an error where a row belongs to a run with other settings.
  public func items(_ entries: [ListedArchitecture], without rows: [Row]) throws(FileError) -> [Item] {
    var done = try RowsToContinue(self, rows)
    return items(entries).filter { done.take($0) == nil }
  }

  /// - Throws: an error where a row belongs to a run with other settings.
  func check(_ rows: [Row]) throws(FileError) {
    for row in rows {
      if let difference = RunSettings(row).difference(from: settings) { throw .ofAnotherRun(difference) }
    }
  }

  /// Every entry with every seed, in order.
  public func items(_ entries: [ListedArchitecture]) -> [Item] { entries.flatMap { items(of: $0) } }

  /// An entry with every seed.
  public func items(of entry: ListedArchitecture) -> [Item] { seeds.map { Item(listed: entry, seed: $0) } }

  /// Throws where a network must not be scored, such as one that the machine has too little memory for.
  public typealias NetworkCheck = @Sendable (Network) throws -> Void

  /// The row of one item.
  ///
  /// An entry that cannot be read, and a network that cannot be built or has no score, make a failed row. So does a
  /// failing device, whose error is returned beside the row: it says nothing about the network, so the item may be
  /// tried again.
  ///
  /// - Parameter check: refuses a network, which makes a failed row.
  public func row(_ item: Item, allowing check: NetworkCheck? = nil) -> (row: Row, deviceError: BackendError?) {
    let dataSet = scorer.images.dataSet
    func failed(_ reason: String) -> (row: Row, deviceError: BackendError?) {
      (failedRow(of: item, reason), nil)
    }
    guard let architecture = item.listed.parsed else { return failed(item.listed.failure ?? "no architecture") }
    do {
      let network = try space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes)
      try check?(network)
      let score = scorer.score(network, seed: item.seed)
      return (
        Row(
          score, of: item.listed, seed: item.seed, settings: settings, layers: layers,
          functions: space.activations == nil ? nil : network.siteFunctions), score.backendError
      )
    } catch let error as ArchitectureError {
      return failed(error.reason)
    } catch {
      return failed("\(error)")
    }
  }

  /// The row of an item that has no network.
  public func failedRow(of item: Item, _ reason: String) -> Row {
    Row(failed: item.listed, reason, seed: item.seed, settings: settings, device: scorer.backend.device)
  }
}

/// Rows that a run has already, each to be taken once.
public struct RowsToContinue: Sendable {
  private var rows: [Study.Key: [String?: [Row]]] = [:]

  /// Takes the rows that have everything the study would compute.
  ///
  /// - Throws: an error where a row belongs to a run with other settings.
  public init(_ study: Study, _ stored: [Row]) throws(FileError) {
    try study.check(stored)
    // The last is taken first.
    for row in stored.reversed() where row.covers(study.scorer.proxies) {
      rows[row.key, default: [:]][row.name, default: []].append(row)
    }
  }

  /// Takes a row of an item; nil where none is left, and the item has to be scored.
  public mutating func take(_ item: Study.Item) -> Row? {
    // Files of earlier versions have no names.
    rows[item.key]?[item.listed.name]?.popLast() ?? rows[item.key]?[nil]?.popLast()
  }
}

extension Row {
  var key: Study.Key { Study.Key(architecture: Architecture(text: arch, index: index), seed: seed) }
}
