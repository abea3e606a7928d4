import Accuracies
package import Figures
import Latency
import Statistics
package import Studies

extension ParetoReport {
  /// Score against cost with the front. Where accuracies are known, a second panel has accuracy against cost, with the
  /// accuracies of the front and the true front. That panel leaves out architectures of the lowest tenth of accuracies
  /// that are in neither front, because they would press the fronts together.
  package func plot(title: String) -> ScatterPlot {
    let cost = candidates.cost
    let costs = candidates.costs.map { $0 / cost.scale }
    let label = "\(cost.title), \(cost.unit)"
    // What is said of a latency belongs to a picture that has latencies.
    let isHollow = cost.isLatency ? candidates.candidates.map(\.isDoubtful) : []
    let intervals = cost == .latency ? candidates.candidates.map { Self.interval(of: $0.latency?.latency) } : []
    let names = candidates.candidates.map(\.scored.name)
    func series(_ name: String, _ positions: [Int], _ y: [Double], _ style: ScatterPlot.Series.Style)
      -> ScatterPlot.Series
    {
      ScatterPlot.Series(
        name: name, x: positions.map { costs[$0] }, y: positions.map { y[$0] }, style: style,
        isHollow: isHollow.isEmpty ? [] : positions.map { isHollow[$0] },
        names: style == .chosen ? positions.map { names[$0] } : [])
    }
    let objective = candidates.objective.title
    var panels = [
      ScatterPlot.Panel(
        title: "\(objective) against \(cost.title)", xLabel: label, yLabel: objective, x: costs, y: candidates.scores,
        series: [series("front of \(objective)", front.positions, candidates.scores, .chosen)],
        caption: "\(front.positions.count) of \(candidates.candidates.count) architectures are on the front",
        xIntervals: intervals, isHollow: isHollow, names: names)
    ]
    if let accuracy, let quality = entries.first?.quality {
      let values = accuracies.map { $0 ?? .nan }
      let known = front.positions.filter { accuracies[$0] != nil }
      let trueFront = ParetoFront(scores: values, costs: candidates.costs).positions
      let sorted = values.filter(\.isFinite).sorted()
      let lowest = (known + trueFront).map { values[$0] }.min() ?? sorted[0]
      let floor = min(lowest, sorted[sorted.count / 10])
      let below = sorted.count { $0 < floor }
      panels.append(
        ScatterPlot.Panel(
          title: "what the front is worth: \(accuracy.title)", xLabel: label,
          yLabel: accuracy.truth.label(of: accuracy.dataSet), x: costs, y: values.map { $0 < floor ? .nan : $0 },
          series: [
            series("true front", trueFront, values, .reference),
            series("front of \(objective)", known, values, .chosen),
          ],
          caption: "mean regret \(Self.points(quality.regret)), "
            + "of a random choice \(Self.points(quality.randomRegret))"
            + (below > 0 ? "; \(below) architectures are below" : ""), xIntervals: intervals,
          isHollow: isHollow, names: names))
    }
    return ScatterPlot(title: title, panels: panels, columns: 2, panelWidth: 480, panelHeight: 400)
  }

  /// The 95 % confidence interval of the median; nil where a file has bounds that are none.
  private static func interval(of latency: LatencyRow.Milliseconds?) -> ClosedRange<Double>? {
    latency.flatMap { $0.low <= $0.high ? $0.low...$0.high : nil }
  }

  /// Percentage points with two decimals.
  private static func points(_ value: Double) -> String {
    let hundredths = Int((min(value, 1e6) * 100).rounded())
    return "\(hundredths / 100)." + String(100 + hundredths % 100).dropFirst()
  }
}
