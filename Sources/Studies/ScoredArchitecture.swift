import Scoring
public import SearchSpaces
import Statistics

/// All rows of one architecture, one for each seed, and their means and deviations.
///
/// A metric has a mean only where every seed has a value, because a mean over fewer seeds is no fair comparison.
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

  /// What the list calls the architecture; nil where it does not.
  public var name: String? { rows[0].name }

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

  /// The values of a metric, one for each seed; nil where a seed has no finite value.
  ///
  /// A run that was continued with another proxy leaves several rows of one seed: the first with a value counts.
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

  /// Why a metric has no mean: the reason of the first row that failed. Nil where it has a mean.
  public func failure(of metric: Metric) -> String? {
    guard values(of: metric) == nil else { return nil }
    return rows.first { $0.status == .failed }.map { $0.error ?? "no reason" } ?? "no value of \(metric.key)"
  }
}
