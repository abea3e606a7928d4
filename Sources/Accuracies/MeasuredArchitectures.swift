public import ArchitectureLists
import Files
public import SearchSpaces

/// No column of a table looks like an accuracy, and none was named.
public struct NoAccuracyColumn: Error, Hashable, Sendable, CustomStringConvertible {
  /// What messages call the table.
  public var table: String
  /// The columns that it has.
  public var columns: [String]

  init(table: String, columns: [String]) {
    self.table = table
    self.columns = columns
  }

  /// What is wrong.
  public var summary: String { "no column of \(table) is called an accuracy (acc, val_acc, test_accuracy)" }

  /// The columns that could be named instead.
  public var present: String {
    let more = columns.count - 12
    return columns.isEmpty
      ? "there are no other columns"
      : "there are \(columns.prefix(12).joined(separator: ", "))" + (more > 0 ? " and \(more) more" : "")
  }

  public var description: String { "\(summary); \(present)" }
}

/// Architectures of a file, each once, with the accuracies that the file has of them.
public struct MeasuredArchitectures: Sendable {
  /// In the order in which they come first in the file.
  public let architectures: [ListedArchitecture]
  /// Entries that name no architecture.
  public let unreadable: [ListedArchitecture]
  /// Their accuracies in percent, means where an architecture has several entries.
  public let truth: GroundTruth
  /// Entries that were left out because an accuracy or a published number was missing or not finite.
  public let incomplete: Int
  /// Entries whose architecture stood in the file before: their numbers went into its means.
  public let repeated: Int
  /// Accuracies that the file has as shares, from 0 to 1, and that were made percent.
  public let shares: [String]
  /// What speaks against the numbers being accuracies in percent, a sentence a column.
  public let doubts: [String]

  /// The names of the list's columns, or that there are none, for messages.
  public static func present(in list: ArchitectureList) -> String {
    NoAccuracyColumn(table: list.name, columns: list.columns).present
  }

  /// Takes accuracies from columns of a list.
  ///
  /// - Parameters:
  ///   - accuracies: names of columns; without any, every column whose name says that it is one.
  ///   - published: names of columns with other numbers to compare.
  /// - Throws: `NoAccuracyColumn`; `FileError` where a column is missing, a cell is no number, or nothing is left, with
  ///   the line.
  public init(
    _ list: ArchitectureList, of space: any SearchSpace, accuracies: [String], published: [String] = []
  ) throws {
    if let nothing = list.nothingReadable { throw FileError(.malformed, nothing.reason) }
    let chosen = accuracies.isEmpty ? Self.accuracies(of: list) : accuracies
    guard !chosen.isEmpty else { throw NoAccuracyColumn(table: list.name, columns: list.columns) }
    func columns(_ names: [String]) throws(FileError) -> [(name: String, values: [Double?])] {
      var columns: [(name: String, values: [Double?])] = []
      for name in names { columns.append((name, try list.numbers(name))) }
      return columns
    }
    try self.init(
      list.entries, space: space.name, source: list.name, accuracies: columns(chosen), published: columns(published))
  }

  /// The columns that are accuracies by their names; those without any number, such as `acc_source`, are none where
  /// there are others.
  private static func accuracies(of list: ArchitectureList) -> [String] {
    let named = list.columns.filter(AccuracyColumns.isAccuracy)
    let numbers = named.filter { column in
      list.entries.contains { entry in
        switch entry.input[column] {
        case .integer, .number: true
        case .text(let text): Double(cell: text, separator: list.separator) != nil
        case .boolean, nil: false
        }
      }
    }
    return numbers.isEmpty ? named : numbers
  }

  init(
    _ entries: [ListedArchitecture], space: String, source: String,
    accuracies: [(name: String, values: [Double?])], published: [(name: String, values: [Double?])]
  ) throws(FileError) {
    let shares = Set(accuracies.filter { Self.areShares($0.values) }.map(\.name))
    let columns =
      accuracies.map { column in
        (
          name: column.name,
          values: shares.contains(column.name) ? column.values.map { $0.map(Self.percent) } : column.values
        )
      } + published
    var positions: [String: Int] = [:]
    var kept: [ListedArchitecture] = []
    var counts: [Double] = []
    var sums = [[Double]](repeating: [], count: columns.count)
    var incomplete = 0
    var readable = 0
    for (row, entry) in entries.enumerated() where entry.parsed != nil {
      readable += 1
      let numbers = columns.compactMap { $0.values[row] }.filter(\.isFinite)
      guard numbers.count == columns.count else {
        incomplete += 1
        continue
      }
      let position = positions[entry.key.text] ?? kept.count
      if position == kept.count {
        positions[entry.key.text] = position
        kept.append(entry)
        counts.append(0)
        for column in columns.indices { sums[column].append(0) }
      }
      counts[position] += 1
      for column in columns.indices { sums[column][position] += numbers[column] }
    }
    guard !kept.isEmpty else { throw FileError(.malformed, "no architecture of \(source) has an accuracy") }
    let means = zip(columns, sums).map { column, sums in
      (name: column.name, values: zip(sums, counts).map { $0 / $1 })
    }
    architectures = kept
    unreadable = entries.filter { $0.parsed == nil }
    self.incomplete = incomplete
    doubts = accuracies.compactMap { Self.doubts($0.name, shares.contains($0.name) ? [] : $0.values) }
    self.shares = accuracies.map(\.name).filter(shares.contains)
    repeated = readable - incomplete - kept.count
    truth = GroundTruth(
      space: space, source: source, architectures: kept.map(\.key), accuracies: Array(means.prefix(accuracies.count)),
      published: Array(means.dropFirst(accuracies.count)))
  }

  /// A share in percent, without the last digits that only the multiplication has.
  private static func percent(_ share: Double) -> Double { (share * 1e12).rounded() / 1e10 }

  /// Accuracies that are no percentages, or that look like shares among percentages.
  private static func doubts(_ name: String, _ values: [Double?]) -> String? {
    let known = values.compactMap(\.self).filter(\.isFinite)
    let outside = known.count { !(0...100).contains($0) }
    if outside > 0 { return "\(outside) of \(known.count) numbers in column '\(name)' are outside 0 to 100" }
    let small = known.count { $0 > 0 && $0 <= 1 }
    guard small > known.count / 2, known.contains(where: { $0 > 1 }) else { return nil }
    return "\(small) of \(known.count) numbers in column '\(name)' are shares and the others percent: no two compare"
  }

  /// Whether accuracies are shares of 1 rather than percent: none of them is above 1, and one is above 0.
  private static func areShares(_ values: [Double?]) -> Bool {
    let known = values.compactMap(\.self).filter(\.isFinite)
    return known.allSatisfy { (0...1).contains($0) } && known.contains { $0 > 0 }
  }
}
