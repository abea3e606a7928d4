public import Accuracies
public import Scoring
import SearchSpaces
public import Statistics

/// How well proxies, and the baselines that they have to beat, rank architectures by trained accuracy.
///
/// All metrics are compared over the same architectures: those whose accuracy is known and for which no metric failed.
/// An architecture with several seeds counts once, with the mean of its rows.
public struct CorrelationReport: Sendable {
  /// The correlation of one metric with the accuracies on one data set.
  public struct Entry: Sendable {
    public var metric: Metric
    /// One of `GroundTruth.dataSets`.
    public var dataSet: String
    /// Nil where the metric or the accuracy has no two different values.
    public var estimate: CorrelationEstimate?
  }

  /// The entries by data set, and within each the proxies, the baselines, and the published numbers of a file.
  public let entries: [Entry]
  /// The accuracies that metrics are compared with.
  public let truth: GroundTruth
  /// How many architectures are compared.
  public let count: Int
  /// How many architectures are left out because a metric failed.
  public let failures: Int
  /// How many architectures are left out because their accuracy is not known.
  public let withoutTruth: Int
  /// For each metric its standard deviation over seeds, as the mean over architectures; empty for one seed.
  public let deviations: [Metric: Double]
  /// What the list calls each architecture that is compared; nil where it does not.
  public let names: [String?]
  private let values: [Metric: [Double]]
  private let accuracies: [String: [Double]]

  /// Compares metrics with accuracies.
  ///
  /// - Parameters:
  ///   - rows: the rows of one run, in any order.
  ///   - proxies: the proxies that the rows were scored with.
  ///   - threads: the most threads of the bootstrap; nil leaves that to the system.
  public init(
    rows: [Row], proxies: Set<Proxy>, truth: GroundTruth, bootstrap: Bootstrap = Bootstrap(), threads: Int? = nil
  ) {
    let metrics = Metric.measured(by: proxies) + truth.published.map(Metric.published)
    var values = [Metric: [Double]](uniqueKeysWithValues: metrics.map { ($0, []) })
    var deviations: [Metric: [Double]] = [:]
    var accuracies = [String: [Double]](uniqueKeysWithValues: truth.dataSets.map { ($0, []) })
    var names: [String?] = []
    var failures = 0
    var withoutTruth = 0
    for scored in ScoredArchitecture.grouping(rows) {
      // What names no architecture has failed, whatever its accuracy.
      guard scored.rows.contains(where: { $0.params != nil }) else {
        failures += 1
        continue
      }
      let known = truth.dataSets.compactMap { truth.accuracy(of: scored.architecture, dataSet: $0) }
      guard known.count == truth.dataSets.count else {
        withoutTruth += 1
        continue
      }
      let means = metrics.compactMap { Self.value(of: $0, scored, truth) }
      guard means.count == metrics.count, scored.rows.allSatisfy({ $0.status == .ok }) else {
        failures += 1
        continue
      }
      names.append(scored.name)
      for (metric, mean) in zip(metrics, means) {
        values[metric]?.append(mean)
        if let deviation = scored.deviation(of: metric) { deviations[metric, default: []].append(deviation) }
      }
      for (dataSet, accuracy) in zip(truth.dataSets, known) { accuracies[dataSet]?.append(accuracy) }
    }
    entries = truth.dataSets.flatMap { dataSet in
      let pairs = metrics.map { RankCorrelation(values[$0] ?? [], accuracies[dataSet] ?? []) }
      var estimates = bootstrap.estimates(of: pairs.compactMap(\.self), name: dataSet, threads: threads).makeIterator()
      return zip(metrics, pairs).map { metric, pair in
        Entry(metric: metric, dataSet: dataSet, estimate: pair == nil ? nil : estimates.next() ?? nil)
      }
    }
    self.truth = truth
    self.names = names
    self.count = values[metrics[0]]?.count ?? 0
    self.failures = failures
    self.withoutTruth = withoutTruth
    self.deviations = deviations.mapValues(\.mean)
    self.values = values
    self.accuracies = accuracies
  }

  private static func value(of metric: Metric, _ scored: ScoredArchitecture, _ truth: GroundTruth) -> Double? {
    if case .published(let column) = metric.source { return truth.published(column, of: scored.architecture) }
    return scored.mean(of: metric)
  }

  /// The values of a metric, one for each architecture that is compared; nil where the metric is not compared.
  public func values(of metric: Metric) -> [Double]? { values[metric] }

  /// The accuracies on a data set, in percent, in the order of `values(of:)`; nil for an unknown data set.
  public func accuracies(on dataSet: String) -> [Double]? { accuracies[dataSet] }

  /// Kendall's tau-b of a metric on a data set; nil where it is undefined.
  public func kendallTauB(of metric: Metric, on dataSet: String) -> Estimate? {
    entries.first { $0.metric == metric && $0.dataSet == dataSet }?.estimate?.kendallTauB
  }
}
