import Files
public import SearchSpaces

/// Why accuracies cannot be taken from a table: none is named, and no column looks like one.
public struct NoAccuracyColumn: Error, Hashable, CustomStringConvertible {
  /// What messages call the table.
  public var table: String
  /// The columns that it has.
  public var columns: [String]

  /// What is wrong.
  public var summary: String { "no column of \(table) has acc in its name" }

  /// The columns that could be named instead.
  public var present: String { "there are \(columns.joined(separator: ", "))" }

  public var description: String { "\(summary); \(present)" }
}

/// Architectures of a file, each once, with the accuracies that the file has of them.
public struct MeasuredArchitectures: Sendable {
  /// In the order in which they come first in the file.
  public let architectures: [ParsedArchitecture]
  /// Their accuracies, means where an architecture has several entries.
  public let truth: GroundTruth
  /// Entries that were left out because an accuracy or a published number was missing or not finite.
  public let incomplete: Int
  /// Entries whose architecture stood in the file before: their numbers went into its means.
  public let repeated: Int

  /// Takes accuracies from columns of a table.
  ///
  /// - Parameters:
  ///   - accuracies: names of columns; without any, every column with `acc` in its name.
  ///   - published: names of columns with other numbers to compare.
  /// - Throws: `NoAccuracyColumn`; `FileError` where a column is missing, a cell is no number or no architecture, or
  ///   nothing is left, with the line.
  public init(
    _ table: ArchitectureTable, of space: any SearchSpace, accuracies: [String], published: [String] = []
  ) throws {
    let chosen = accuracies.isEmpty ? table.columns.filter { $0.lowercased().contains("acc") } : accuracies
    guard !chosen.isEmpty else { throw NoAccuracyColumn(table: table.name, columns: table.columns) }
    func columns(_ names: [String]) throws(FileError) -> [(name: String, values: [Double?])] {
      var columns: [(name: String, values: [Double?])] = []
      for name in names { columns.append((name, try table.numbers(name))) }
      return columns
    }
    try self.init(
      table.architectures(of: space), space: space.name, source: table.name, accuracies: columns(chosen),
      published: columns(published))
  }

  init(
    _ architectures: [ParsedArchitecture], space: String, source: String,
    accuracies: [(name: String, values: [Double?])], published: [(name: String, values: [Double?])]
  ) throws(FileError) {
    let columns = accuracies + published
    var positions: [String: Int] = [:]
    var kept: [ParsedArchitecture] = []
    var entries: [Double] = []
    var sums = [[Double]](repeating: [], count: columns.count)
    var incomplete = 0
    for (row, architecture) in architectures.enumerated() {
      let numbers = columns.compactMap { $0.values[row] }.filter(\.isFinite)
      guard numbers.count == columns.count else {
        incomplete += 1
        continue
      }
      let position = positions[architecture.text] ?? kept.count
      if position == kept.count {
        positions[architecture.text] = position
        kept.append(architecture)
        entries.append(0)
        for column in columns.indices { sums[column].append(0) }
      }
      entries[position] += 1
      for column in columns.indices { sums[column][position] += numbers[column] }
    }
    guard !kept.isEmpty else { throw FileError(.malformed, "no architecture of \(source) has an accuracy") }
    let means = zip(columns, sums).map { column, sums in (name: column.name, values: zip(sums, entries).map { $0 / $1 })
    }
    self.architectures = kept
    self.incomplete = incomplete
    repeated = architectures.count - incomplete - kept.count
    truth = GroundTruth(
      space: space, source: source, architectures: kept.map(\.key), accuracies: Array(means.prefix(accuracies.count)),
      published: Array(means.dropFirst(accuracies.count)))
  }
}
