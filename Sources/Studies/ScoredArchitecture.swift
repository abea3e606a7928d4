import Scoring
public import SearchSpaces
import Statistics

/// All rows of one architecture, one a seed, and what they come to together.
///
/// An architecture has a number only where every one of its seeds has it: with the mean of some seeds it would be set against
/// others unequally.
public struct ScoredArchitecture: Sendable {
  public let architecture: Architecture
  /// At least one.
  public private(set) var rows: [Row]

  /// - Parameter row: the first of them.
  public init(_ row: Row) {
    architecture = Architecture(text: row.arch, index: row.index)
    rows = [row]
  }

  /// Takes another row of this architecture in.
  public mutating func append(_ row: Row) { rows.append(row) }

  /// Rows by architecture, in the order in which architectures come first.
  public static func grouping(_ rows: some Sequence<Row>) -> [ScoredArchitecture] {
    var positions: [String: Int] = [:]
    var groups: [ScoredArchitecture] = []
    for row in rows {
      if let position = positions[row.arch] {
        groups[position].append(row)
      } else {
        positions[row.arch] = groups.count
        groups.append(ScoredArchitecture(row))
      }
    }
    return groups
  }

  /// The values of a metric, one a seed; nil where a seed has none that is finite.
  ///
  /// A run that was continued with another proxy leaves several rows of one seed behind: the first that has the value counts.
  public func values(of metric: Metric) -> [Double]? {
    var seeds: [UInt64] = []
    var values: [UInt64: Double] = [:]
    for row in rows {
      if !seeds.contains(row.seed) { seeds.append(row.seed) }
      guard values[row.seed] == nil, row.status == .ok else { continue }
      if let value = metric.value(of: row), value.isFinite { values[row.seed] = value }
    }
    let found = seeds.compactMap { values[$0] }
    return found.count == seeds.count ? found : nil
  }

  /// The mean over the seeds; nil where a seed has no value.
  public func mean(of metric: Metric) -> Double? { values(of: metric)?.mean }

  /// The standard deviation over the seeds; nil where there is no mean or one seed alone.
  public func deviation(of metric: Metric) -> Double? {
    values(of: metric).flatMap { $0.count > 1 ? $0.standardDeviation : nil }
  }

  /// Why there is no value of a metric: the reason of the first row that failed; nil where there is one.
  public func failure(of metric: Metric) -> String? {
    guard values(of: metric) == nil else { return nil }
    return rows.first { $0.status == .failed }.map { $0.error ?? "no reason" } ?? "no value of \(metric.key)"
  }
}
