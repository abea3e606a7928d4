import Foundation

/// The times of the runs of one architecture, in milliseconds, by the round in which they were taken.
package struct LatencySamples {
  package private(set) var rounds: [[Double]] = []

  /// Adds the runs of a round; at least one.
  package mutating func append(_ round: [Double]) { rounds.append(round) }

  package init() {}

  package var count: Int { rounds.reduce(0) { $0 + $1.count } }

  /// The median of each round.
  package var medians: [Double] { rounds.map { $0.sorted().quantile(0.5) } }

  /// Quantiles of all runs, and the 95 % confidence interval of the median: nil before two rounds.
  ///
  /// Runs that follow each other are alike, rounds lie apart in time: so the interval is Student's, of the medians of rounds,
  /// around the median of all runs.
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

extension [Double] {
  /// A quantile of sorted numbers, linear between the two that it lies between; 0 of none.
  package func quantile(_ share: Double) -> Double {
    guard let last = indices.last else { return 0 }
    let place = share * Double(last)
    let lower = Swift.min(last, Int(place))
    let upper = Swift.min(last, lower + 1)
    return self[lower] + (place - Double(lower)) * (self[upper] - self[lower])
  }
}

/// The 97.5 % quantile of Student's t distribution: exact for 1 and 2 degrees of freedom, else by the expansion around the
/// normal distribution (Abramowitz and Stegun 26.7.5), which is within 0.3 % from 3 on.
package func studentQuantile(degrees: Int) -> Double {
  switch degrees {
  case ...1: return 12.7062
  case 2: return 4.30265
  default:
    let z = 1.959964
    let n = Double(degrees)
    let first = (pow(z, 3) + z) / 4
    let second = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96
    let third = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384
    let fourth = (79 * pow(z, 9) + 776 * pow(z, 7) + 1482 * pow(z, 5) - 1920 * pow(z, 3) - 945 * z) / 92160
    return z + first / n + second / pow(n, 2) + third / pow(n, 3) + fourth / pow(n, 4)
  }
}
