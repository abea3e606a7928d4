public import Files
import Scoring
public import SearchSpaces

/// The rows of a study by architecture: those that a file holds, and those that are made.
public struct ScoredRows: Sendable {
  private let study: Study
  private var rows: [Study.Key: Row] = [:]

  /// - Throws: where a row belongs to a run with other settings.
  public init(_ study: Study, stored: [Row]) throws(FileError) {
    self.study = study
    try study.check(stored)
    for row in stored where row.covers(study.scorer.proxies) { append(row) }
  }

  /// How many rows there are.
  public var count: Int { rows.count }

  public mutating func append(_ row: Row) {
    let key = row.key
    if rows[key] == nil { rows[key] = row }
  }

  /// What is left to score for these architectures.
  public func missing(_ architectures: [ParsedArchitecture]) -> [Study.Item] {
    study.items(architectures).filter { rows[$0.key] == nil }
  }

  /// The rows of an architecture, one a seed of the study.
  public func rows(of architecture: Architecture) -> [Row] {
    study.seeds.compactMap { rows[Study.Key(architecture: architecture, seed: $0)] }
  }

  /// The rows of an architecture together; nil where a seed of the study has none yet.
  public func scored(_ architecture: Architecture) -> ScoredArchitecture? {
    let rows = rows(of: architecture)
    guard rows.count == study.seeds.count, let first = rows.first else { return nil }
    var scored = ScoredArchitecture(first)
    for row in rows.dropFirst() { scored.append(row) }
    return scored
  }
}
