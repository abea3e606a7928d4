import Foundation
import Statistics

/// The times of the runs of one architecture, in milliseconds, by the round in which they were taken.
package struct LatencySamples {
  /// The runs of each round, in the order in which they were made.
  package private(set) var rounds: [[Double]] = []

  /// Adds a round of at least one run.
  package mutating func append(_ round: [Double]) { rounds.append(round) }

  /// No round yet.
  package init() {}

  /// The number of runs of all rounds.
  package var count: Int { rounds.reduce(0) { $0 + $1.count } }

  /// The median of each round.
  package var medians: [Double] { rounds.map { $0.sorted().quantile(0.5) } }

  /// Quantiles of all runs, and the 95 % confidence interval of the median; nil before there are two rounds.
  ///
  /// The interval is Student's. It takes its width from the medians of the rounds, not from the runs, because runs that
  /// follow each other are alike while rounds lie apart in time.
  package var milliseconds: LatencyRow.Milliseconds? {
    let medians = medians
    guard medians.count > 1 else { return nil }
    let runs = rounds.flatMap(\.self).sorted()
    let median = runs.quantile(0.5)
    let halfWidth =
      studentQuantile(degrees: medians.count - 1) * medians.standardDeviation / Double(medians.count).squareRoot()
    return LatencyRow.Milliseconds(
      median: median, p10: runs.quantile(0.1), p90: runs.quantile(0.9), p99: runs.quantile(0.99),
      low: max(0, median - halfWidth), high: median + halfWidth)
  }
}

extension LatencyRow.Milliseconds {
  /// Half the width of the confidence interval, as a share of the median.
  public var precision: Double { median > 0 ? (high - median) / median : 0 }
}
