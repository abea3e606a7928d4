public import Files
import Foundation
import Scoring
public import SearchSpaces
import Statistics

/// Scores of architectures by index, from a file: for studies of searches that cost no forward pass.
///
/// An architecture with several rows, one a seed, has their mean; where one of them has no score it has none.
public struct StoredScores: Sendable {
  /// Nil for an architecture that is known to have no score.
  private let values: [Int: Double?]

  /// The value of an architecture; nil where it has none.
  public func value(of architecture: Architecture) -> Double? { architecture.index.flatMap { values[$0] ?? nil } }

  /// Whether the file has the architecture, with a score or without.
  public func contains(_ architecture: Architecture) -> Bool { architecture.index.map { values[$0] != nil } ?? false }

  /// How many architectures the file has.
  public var count: Int { values.count }

  /// How many of them have a score.
  public var scored: Int { values.values.count { $0 != nil } }

  /// Longer files are refused; rows of NAS-Bench-201 without their layers are 11 MiB.
  private static let maximumBytes = 1 << 30

  /// Reads rows in JSON lines, as commands write them to `--output`, or a table with commas between cells whose header names
  /// `index` and the predictor.
  ///
  /// - Throws: where a line cannot be read, rows are of different runs or another space, or nothing has a value.
  public init(path: String, predictor: Predictor, space: any SearchSpace) throws(FileError) {
    let contents = try readFile(path, maximumBytes: Self.maximumBytes)
    let scores =
      contents.first == UInt8(ascii: "{")
      ? try Self.scores(rows: RowFile<Row>.rows(in: contents, "'\(path)'"), path, predictor, space)
      : try Self.scores(table: CSVReader(ByteStream([UInt8](contents)), name: "'\(path)'"), path, predictor, space)
    var groups: [Int: [Double?]] = [:]
    for (index, value) in scores { groups[index, default: []].append(value) }
    values = groups.mapValues { group in
      let values = group.compactMap(\.self)
      return values.count == group.count ? values.mean : nil
    }
    guard scored > 0 else {
      throw FileError(.unreadable, "no architecture in '\(path)' has a value of \(predictor.name)")
    }
  }

  private typealias Score = (index: Int, value: Double?)

  private static func scores(
    rows: [Row], _ path: String, _ predictor: Predictor, _ space: any SearchSpace
  ) throws(FileError) -> [Score] {
    var scores: [Score] = []
    for row in rows {
      guard row.space == space.name else {
        throw FileError(.otherRun, "'\(path)' has rows of \(row.space), not of \(space.name)")
      }
      let first = rows[0]
      guard
        (row.dataset, row.images, row.batch, row.sigma, row.numerics)
          == (first.dataset, first.images, first.batch, first.sigma, first.numerics)
      else { throw FileError(.otherRun, "'\(path)' has rows of several runs: their scores cannot be compared") }
      guard let index = row.index else {
        throw FileError(.unreadable, "'\(path)' has a row without an index: \(row.arch)")
      }
      scores.append((index, predictor.value(of: row)))
    }
    return scores
  }

  private static func scores(
    table: consuming CSVReader, _ path: String, _ predictor: Predictor, _ space: any SearchSpace
  ) throws(FileError) -> [Score] {
    let header = try table.next()?.fields ?? []
    guard let indexColumn = header.firstIndex(of: "index"), let column = header.firstIndex(of: predictor.name)
    else {
      throw FileError(
        .unreadable,
        "'\(path)' has neither rows of this program nor a table with columns index and \(predictor.name)")
    }
    var scores: [Score] = []
    while let record = try table.next() {
      let cells = record.fields
      guard cells.count == header.count, let index = Int(cells[indexColumn]), (0..<space.count).contains(index) else {
        throw FileError(
          .unreadable, "line \(record.line) of '\(path)' has no index of \(space.name), or cells are missing")
      }
      let cell = cells[column]
      guard let value = Double(cell) else {
        guard cell.isEmpty else {
          throw FileError(.unreadable, "line \(record.line) of '\(path)': '\(cell.prefix(40))' is no number")
        }
        scores.append((index, nil))
        continue
      }
      scores.append((index, value.isFinite ? value : nil))
    }
    return scores
  }
}
