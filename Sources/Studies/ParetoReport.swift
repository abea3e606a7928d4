public import Accuracies
public import Figures
import Scoring
public import Statistics

/// The front of score against cost among some architectures and, where accuracies are known, what it is worth.
public struct ParetoReport: Sendable {
  /// An architecture of the front.
  public struct Member: Sendable {
    /// From 1, the cheapest; architectures that are equal in score and cost share one.
    public var rank: Int
    public var candidate: ParetoCandidates.Candidate
    public var score: Double
    /// Milliseconds, parameters or multiply-accumulates.
    public var cost: Double
    /// In percent; nil where it is not known.
    public var accuracy: Double?
    /// The highest and the mean accuracy of the candidates that cost no more, in percent; nil where none is known.
    public var best: Double?
    public var mean: Double?

    /// In percentage points.
    public var regret: Double? { best.flatMap { best in accuracy.map { best - $0 } } }
  }

  /// What the front of a predictor is worth, among the candidates whose accuracy is known.
  public struct Entry: Sendable {
    public var predictor: Predictor
    public var worth: FrontQuality
  }

  /// Accuracies to set the front against.
  public struct Accuracy: Sendable {
    public var truth: GroundTruth
    /// One of the data sets of `truth`.
    public var dataSet: String

    public init(truth: GroundTruth, dataSet: String) {
      self.truth = truth
      self.dataSet = dataSet
    }

    /// What it is called in tables.
    public var title: String { truth.title(of: dataSet) }
  }

  public let candidates: ParetoCandidates
  /// Cheapest first.
  public let members: [Member]
  /// Nil where no accuracy is known.
  public let accuracy: Accuracy?
  /// Candidates without an accuracy, where others have one.
  public let withoutAccuracy: Int
  /// The objective, then the other numbers that all rows have, but for the cost itself: the baselines that the objective
  /// has to beat. Empty where no accuracy is known.
  public let entries: [Entry]
  /// One for each candidate; nil where it is not known.
  private let accuracies: [Double?]
  private let front: ParetoFront

  public init(_ candidates: ParetoCandidates, accuracy: Accuracy? = nil) {
    let accuracies = candidates.candidates.map { candidate in
      accuracy.flatMap { $0.truth.accuracy(of: candidate.architecture, dataSet: $0.dataSet) }
    }
    let known = accuracies.indices.filter { accuracies[$0] != nil }
    let knownAccuracies = known.compactMap { accuracies[$0] }
    let knownCosts = known.map { candidates.costs[$0] }
    let atCost = AccuracyAtCost(accuracies: knownAccuracies, costs: knownCosts)
    let front = ParetoFront(scores: candidates.scores, costs: candidates.costs)
    members = zip(front.ranks, front.positions).map { rank, position in
      let cost = candidates.costs[position]
      return Member(
        rank: rank, candidate: candidates.candidates[position], score: candidates.scores[position], cost: cost,
        accuracy: accuracies[position], best: atCost.best(atMost: cost), mean: atCost.mean(atMost: cost))
    }
    entries =
      known.isEmpty
      ? []
      : Self.predictors(candidates).compactMap { predictor in
        guard let values = candidates.values(of: predictor) else { return nil }
        let front = ParetoFront(scores: known.map { values[$0] }, costs: knownCosts)
        return FrontQuality(of: front, accuracies: knownAccuracies, costs: knownCosts)
          .map { Entry(predictor: predictor, worth: $0) }
      }
    self.candidates = candidates
    self.accuracy = known.isEmpty ? nil : accuracy
    withoutAccuracy = accuracy == nil ? 0 : candidates.candidates.count - known.count
    self.accuracies = accuracies
    self.front = front
  }

  private static func predictors(_ candidates: ParetoCandidates) -> [Predictor] {
    [candidates.objective]
      + Predictor.all(with: Set(Proxy.allCases)).filter {
        $0 != candidates.objective && $0 != candidates.cost.predictor
      }
  }
}

extension ParetoReport {
  /// Score against cost with the front and, where accuracies are known, accuracy against cost with the accuracies of the
  /// front beside the true front; the tenth with the lowest accuracies may be left out there, to see the fronts apart.
  public func plot(title: String) -> ScatterPlot {
    let cost = candidates.cost
    let costs = candidates.costs.map { $0 / cost.scale }
    let label = "\(cost.title), \(cost.unit)"
    func series(_ name: String, _ positions: [Int], _ y: [Double], _ style: ScatterPlot.Series.Style)
      -> ScatterPlot.Series
    {
      ScatterPlot.Series(name: name, x: positions.map { costs[$0] }, y: positions.map { y[$0] }, style: style)
    }
    let objective = candidates.objective.title
    var panels = [
      ScatterPlot.Panel(
        title: "\(objective) against \(cost.title)", xLabel: label, yLabel: objective, x: costs, y: candidates.scores,
        series: [series("front of \(objective)", front.positions, candidates.scores, .chosen)],
        caption: "\(front.positions.count) of \(candidates.candidates.count) architectures are on the front")
    ]
    if let accuracy, let worth = entries.first?.worth {
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
          caption: "mean regret \(Self.points(worth.regret)), of a random choice \(Self.points(worth.randomRegret))"
            + (below > 0 ? "; \(below) architectures are below" : "")))
    }
    return ScatterPlot(title: title, panels: panels, columns: 2, panelWidth: 480, panelHeight: 400)
  }

  /// Percentage points with two decimals.
  private static func points(_ value: Double) -> String {
    let hundredths = Int((min(value, 1e6) * 100).rounded())
    return "\(hundredths / 100)." + String(100 + hundredths % 100).dropFirst()
  }
}
