import Scoring
public import SearchSpaces
import Statistics

/// All rows of one architecture, one for each seed, and their means and deviations.
///
/// A metric has a mean only where every row has a value, because a mean over fewer seeds is no fair comparison.
public struct ScoredArchitecture: Sendable {
  /// The architecture that all rows are of.
  public let architecture: Architecture
  /// The rows, at least one, in the order in which they came.
  public private(set) var rows: [Row]

  /// An architecture with its first row.
  public init(_ row: Row) {
    architecture = Architecture(text: row.arch, index: row.index)
    rows = [row]
  }

  /// Adds another row of this architecture.
  public mutating func append(_ row: Row) { rows.append(row) }

  /// Groups rows by architecture, in the order of each architecture's first row.
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

  /// The values of a metric, one for each row; nil where a row failed or has no finite value.
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

  /// Why a metric has no mean: the reason of the first row that failed. Nil where it has a mean.
  public func failure(of metric: Metric) -> String? {
    if let failed = rows.first(where: { $0.status == .failed }) { return failed.error ?? "no reason" }
    return values(of: metric) == nil ? "no value of \(metric.key)" : nil
  }
}
