/// Which accuracies a budget allows among some architectures: the best and the mean of those that cost no more.
public struct AccuracyAtCost: Sendable {
  /// All costs in ascending order.
  private let costs: [Double]
  /// For each of `costs`, the highest accuracy among the architectures up to it.
  private let best: [Double]
  /// For each of `costs`, the mean accuracy of the architectures up to it.
  private let means: [Double]

  /// - Parameters:
  ///   - accuracies: in percent.
  ///   - costs: in any unit, one for each accuracy.
  public init(accuracies: [Double], costs: [Double]) {
    let points = zip(costs, accuracies).sorted { $0.0 < $1.0 }
    self.costs = points.map(\.0)
    var best: [Double] = []
    var means: [Double] = []
    var sum = 0.0
    for (_, accuracy) in points {
      best.append(max(best.last ?? accuracy, accuracy))
      sum += accuracy
      means.append(sum / Double(best.count))
    }
    self.best = best
    self.means = means
  }

  /// The highest accuracy among the architectures that cost no more, in percent; nil where there is none.
  public func best(atMost cost: Double) -> Double? { count(atMost: cost).map { best[$0 - 1] } }

  /// The mean accuracy of the architectures that cost no more, in percent: what a random choice among them may expect.
  /// Nil where there is none.
  public func mean(atMost cost: Double) -> Double? { count(atMost: cost).map { means[$0 - 1] } }

  /// How many architectures cost no more; nil where there is none.
  private func count(atMost cost: Double) -> Int? {
    var range = costs.startIndex..<costs.endIndex
    while let first = range.first {
      let middle = first + range.count / 2
      range = costs[middle] <= cost ? middle + 1..<range.upperBound : first..<middle
    }
    return range.lowerBound > 0 ? range.lowerBound : nil
  }
}
