import Scoring
public import SearchSpaces
import Statistics

/// All rows of one architecture, one a seed, and what they come to together.
///
/// An architecture has a number only where every one of its rows has it: with the mean of some seeds it would be set against others
/// unequally.
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

  /// The values of a metric, one a row; nil where a row failed or has no finite value.
  public func values(of metric: Metric) -> [Double]? {
    var values: [Double] = []
    for row in rows {
      guard row.status == .ok, let value = metric.value(of: row), value.isFinite else { return nil }
      values.append(value)
    }
    return values
  }

  /// The mean over the seeds; nil where a row failed or has no finite value.
  public func mean(of metric: Metric) -> Double? { values(of: metric)?.mean }

  /// The standard deviation over the seeds; nil where there is no mean or one seed alone.
  public func deviation(of metric: Metric) -> Double? {
    values(of: metric).flatMap { $0.count > 1 ? $0.standardDeviation : nil }
  }

  /// Why there is no value of a metric: the first row's reason; nil where there is one.
  public func failure(of metric: Metric) -> String? {
    if let failed = rows.first(where: { $0.status == .failed }) { return failed.error ?? "no reason" }
    return values(of: metric) == nil ? "no value of \(metric.key)" : nil
  }
}
