public import Files
public import SearchSpaces
import Statistics

/// The rows of a study by architecture: those that a file holds, and those that are made.
public struct ScoredRows: Sendable {
  private let study: Study
  private var rows: [Study.Item: Row] = [:]

  /// - Throws: where a row belongs to a run with other settings.
  public init(_ study: Study, stored: [Row]) throws(FileError) {
    self.study = study
    try study.check(stored)
    for row in stored where study.configuration.covers(row) { append(row) }
  }

  /// How many rows there are.
  public var count: Int { rows.count }

  public mutating func append(_ row: Row) {
    let item = Study.Item(row)
    if rows[item] == nil { rows[item] = row }
  }

  /// What is left to score for these architectures.
  public func missing(_ architectures: [Architecture]) -> [Study.Item] {
    study.items(architectures).filter { rows[$0] == nil }
  }

  /// The rows of an architecture, one a seed of the study.
  public func rows(of architecture: Architecture) -> [Row] { study.items([architecture]).compactMap { rows[$0] } }

  /// The mean over the seeds of the study; nil where one has no value.
  public func value(of architecture: Architecture, _ predictor: Predictor) -> Double? {
    let values = rows(of: architecture).compactMap(predictor.value)
    return values.count == study.seeds.count ? values.mean : nil
  }
}
