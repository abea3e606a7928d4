import ArchitectureLists
public import Files
import Scoring
public import SearchSpaces

/// The rows of a study by architecture: those of a file, and those that are scored since.
public struct ScoredRows: Sendable {
  private let study: Study
  private var rows: [Study.Key: Row] = [:]

  /// Takes the rows of a file, without those that lack one of the study's proxies.
  ///
  /// - Throws: an error where a row belongs to a run with other settings.
  public init(_ study: Study, stored: [Row]) throws(FileError) {
    self.study = study
    try study.check(stored)
    for row in stored where row.covers(study.scorer.proxies) { append(row) }
  }

  /// How many rows there are.
  public var count: Int { rows.count }

  /// Adds a row, unless there is one of its architecture and seed already.
  public mutating func append(_ row: Row) {
    let key = row.key
    if rows[key] == nil { rows[key] = row }
  }

  /// The items of these architectures that have no row yet.
  public func missing(_ architectures: [ParsedArchitecture]) -> [Study.Item] {
    study.items(architectures.map { ListedArchitecture($0) }).filter { rows[$0.key] == nil }
  }

  /// The rows of an architecture, in the order of the study's seeds; seeds without a row are left out.
  public func rows(of architecture: Architecture) -> [Row] {
    study.seeds.compactMap { rows[Study.Key(architecture: architecture, seed: $0)] }
  }

  /// All rows of an architecture; nil where a seed of the study has no row yet.
  public func scored(_ architecture: Architecture) -> ScoredArchitecture? {
    let rows = rows(of: architecture)
    guard rows.count == study.seeds.count, let first = rows.first else { return nil }
    var scored = ScoredArchitecture(first)
    for row in rows.dropFirst() { scored.append(row) }
    return scored
  }
}
