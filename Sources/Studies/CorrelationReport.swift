public import Accuracies
public import Figures
public import Scoring
import SearchSpaces
public import Statistics

/// How well proxies, and the baselines that they have to beat, rank architectures by trained accuracy.
///
/// All predictors are compared over the same architectures: those with ground truth for which none of them failed. An
/// architecture with several seeds counts once, with the mean of its rows.
public struct CorrelationReport: Sendable {
  /// One predictor against one data set.
  public struct Entry: Sendable {
    public var predictor: Predictor
    public var dataSet: String
    /// Nil where either side has no two different values.
    public var estimate: CorrelationEstimate?
  }

  public let entries: [Entry]
  public let truth: GroundTruth
  /// Architectures in the comparison.
  public let count: Int
  /// Architectures that a proxy failed on.
  public let failures: Int
  /// Architectures without ground truth.
  public let withoutTruth: Int
  /// The mean over architectures of a predictor's standard deviation over seeds; empty for one seed.
  public let deviations: [Predictor: Double]
  private let values: [Predictor: [Double]]
  private let accuracies: [String: [Double]]

  public init(
    rows: [Row], proxies: Set<Proxy>, truth: GroundTruth, bootstrap: Bootstrap = Bootstrap(), threads: Int? = nil
  ) {
    let predictors = Predictor.all(with: proxies) + truth.published.map(Predictor.published)
    var order: [String] = []
    var groups: [String: [Row]] = [:]
    for row in rows {
      if groups[row.arch] == nil { order.append(row.arch) }
      groups[row.arch, default: []].append(row)
    }
    var values = [Predictor: [Double]](uniqueKeysWithValues: predictors.map { ($0, []) })
    var deviations: [Predictor: [Double]] = [:]
    var accuracies = [String: [Double]](uniqueKeysWithValues: truth.dataSets.map { ($0, []) })
    var failures = 0
    var withoutTruth = 0
    for rows in order.compactMap({ groups[$0] }) {
      let architecture = Architecture(text: rows[0].arch, index: rows[0].index)
      guard truth.dataSets.allSatisfy({ truth.accuracy(of: architecture, dataSet: $0) != nil }) else {
        withoutTruth += 1
        continue
      }
      let samples = predictors.map { predictor in
        if case .published(let name) = predictor {
          return rows.compactMap { _ in truth.published(name, of: architecture) }
        }
        return rows.compactMap(predictor.value)
      }
      guard rows.allSatisfy({ $0.status == .ok }), samples.allSatisfy({ $0.count == rows.count }) else {
        failures += 1
        continue
      }
      for (predictor, sample) in zip(predictors, samples) {
        values[predictor]?.append(sample.mean)
        if sample.count > 1 { deviations[predictor, default: []].append(sample.standardDeviation) }
      }
      for dataSet in truth.dataSets {
        accuracies[dataSet]?.append(truth.accuracy(of: architecture, dataSet: dataSet) ?? .nan)
      }
    }
    entries = truth.dataSets.flatMap { dataSet in
      let pairs = predictors.map { RankCorrelation(values[$0] ?? [], accuracies[dataSet] ?? []) }
      var estimates = bootstrap.estimates(of: pairs.compactMap(\.self), name: dataSet, threads: threads).makeIterator()
      return zip(predictors, pairs).map { predictor, pair in
        Entry(predictor: predictor, dataSet: dataSet, estimate: pair == nil ? nil : estimates.next() ?? nil)
      }
    }
    self.truth = truth
    self.count = values[predictors[0]]?.count ?? 0
    self.failures = failures
    self.withoutTruth = withoutTruth
    self.deviations = deviations.mapValues(\.mean)
    self.values = values
    self.accuracies = accuracies
  }

  /// Score against accuracy, a panel a proxy and data set.
  public func plot(title: String, of proxies: [Predictor]) -> ScatterPlot {
    let panels = proxies.filter { values[$0] != nil }.flatMap { predictor in
      truth.dataSets.map { dataSet in
        ScatterPlot.Panel(
          title: "\(predictor.title), \(dataSet)", xLabel: predictor.title, yLabel: truth.label(of: dataSet),
          x: values[predictor] ?? [], y: accuracies[dataSet] ?? [],
          kendallTauB: entries.first { $0.predictor == predictor && $0.dataSet == dataSet }?.estimate?.kendallTauB)
      }
    }
    return ScatterPlot(title: title, panels: panels, columns: truth.dataSets.count)
  }
}
