public import Files
import Foundation
public import SearchSpaces
import Statistics

/// Scores of architectures by index, from a file, so that a search can be studied without a forward pass.
///
/// An architecture with several rows, one for each seed, has their mean; where one of them has no score it has none.
public struct StoredScores: Sendable {
  /// The scores by index; nil for an architecture that the file has without a score.
  private let values: [Int: Double?]

  /// The score of an architecture; nil where the file has none.
  public func value(of architecture: ParsedArchitecture) -> Double? { architecture.index.flatMap { values[$0] ?? nil } }

  /// Whether the file has the architecture, with a score or without.
  public func contains(_ architecture: ParsedArchitecture) -> Bool {
    architecture.index.map { values[$0] != nil } ?? false
  }

  /// The number of architectures in the file.
  public var count: Int { values.count }

  /// The number of architectures that have a score.
  public var scored: Int { values.values.count { $0 != nil } }

  /// Larger files are refused. All rows of NAS-Bench-201, without their layers, take 11 MiB.
  private static let maximumBytes = 1 << 30

  /// Reads rows in JSON lines, or a table in CSV whose header has `index` and the key of the metric.
  ///
  /// - Throws: an error where a line cannot be read, rows are of different runs or of another space, or no architecture
  ///   has a value.
  public init(path: String, metric: Metric, space: any SearchSpace) throws(FileError) {
    let name = ByteStream.name(ofFile: path)
    let contents = try readText(path, maximumBytes: Self.maximumBytes)
    values =
      contents.first == UInt8(ascii: "{") || RowFile<Row>.isTable(contents)
      ? try Self.values(rows: RowFile<Row>.read(contents, name).rows, path, metric, space)
      : try Self.values(table: CSVReader(ByteStream([UInt8](contents)), name: name), path, metric, space)
    guard scored > 0 else {
      throw FileError(.unreadable, "no architecture in '\(path)' has a value of \(metric.key)")
    }
  }

  private static func values(
    rows: [Row], _ path: String, _ metric: Metric, _ space: any SearchSpace
  ) throws(FileError) -> [Int: Double?] {
    if let row = rows.first(where: { $0.space != space.name }) {
      throw FileError(.otherRun, "'\(path)' has rows of \(row.space), not of \(space.name)")
    }
    if let difference = RunSettings.difference(among: rows) {
      throw FileError(
        .otherRun,
        "'\(path)' has rows of several runs: their scores cannot be compared (\(difference.setting) is "
          + "\(difference.first) and \(difference.second))")
    }
    var values: [Int: Double?] = [:]
    // What could not be read has no index, and no score either.
    for scored in ScoredArchitecture.grouping(rows.filter { $0.params != nil }) {
      guard let index = scored.architecture.index else {
        throw FileError(.unreadable, "'\(path)' has a row without an index: \(scored.architecture.text)")
      }
      values[index] = .some(scored.mean(of: metric))
    }
    return values
  }

  private static func values(
    table: consuming CSVReader, _ path: String, _ metric: Metric, _ space: any SearchSpace
  ) throws(FileError) -> [Int: Double?] {
    let header = try table.next()?.fields ?? []
    guard let indexColumn = header.firstIndex(of: "index"), let column = header.firstIndex(of: metric.key)
    else {
      throw FileError(
        .unreadable,
        "'\(path)' has neither rows of this program nor a table with columns index and \(metric.key)")
    }
    let indices = 0..<((space as? any EnumeratedSpace)?.count ?? 0)
    var groups: [Int: [Double?]] = [:]
    while let record = try table.next() {
      let cells = record.fields
      guard cells.count == header.count, let index = Int(cells[indexColumn]), indices.contains(index) else {
        throw FileError(
          .unreadable, "line \(record.line) of '\(path)' has no index of \(space.name), or cells are missing")
      }
      let cell = cells[column]
      guard let value = Double(cell) else {
        guard cell.isEmpty else {
          throw FileError(.unreadable, "line \(record.line) of '\(path)': '\(cell.prefix(40))' is no number")
        }
        groups[index, default: []].append(nil)
        continue
      }
      groups[index, default: []].append(value.isFinite ? value : nil)
    }
    return groups.mapValues { group in
      let values = group.compactMap(\.self)
      return values.count == group.count ? values.mean : nil
    }
  }
}
