public import Accuracies
public import Statistics

/// The front of score against cost among some architectures and, where accuracies are known, how good it is.
public struct ParetoReport: Sendable {
  /// An architecture of the front.
  public struct Member: Sendable {
    /// From 1, the cheapest; architectures that are equal in score and cost share a rank.
    public var rank: Int
    public var candidate: ParetoCandidates.Candidate
    /// The value of the objective.
    public var score: Double
    /// In milliseconds, parameters or multiply-accumulates.
    public var cost: Double
    /// In percent; nil where it is not known.
    public var accuracy: Double?
    /// The highest accuracy of the candidates that cost no more, in percent; nil where none is known.
    public var best: Double?
    /// The mean accuracy of the candidates that cost no more, in percent; nil where none is known.
    public var mean: Double?

    /// How far the accuracy is below `best`, in percentage points.
    public var regret: Double? { best.flatMap { best in accuracy.map { best - $0 } } }
  }

  /// How good the front of a metric is, among the candidates whose accuracy is known.
  public struct Entry: Sendable {
    /// The metric that makes the front.
    public var metric: Metric
    public var quality: FrontQuality
  }

  /// Accuracies that the front is compared with.
  public struct Accuracy: Sendable {
    public var truth: GroundTruth
    /// One of the data sets of `truth`.
    public var dataSet: String

    /// The accuracies on one of the data sets of `truth`.
    public init(truth: GroundTruth, dataSet: String) {
      self.truth = truth
      self.dataSet = dataSet
    }

    /// The heading in tables.
    public var title: String { truth.title(of: dataSet) }
  }

  /// What the front is chosen from.
  public let candidates: ParetoCandidates
  /// The architectures of the front, cheapest first.
  public let members: [Member]
  /// Nil where no accuracy is known.
  public let accuracy: Accuracy?
  /// How many candidates have no accuracy; 0 where no accuracies were given.
  public let withoutAccuracy: Int
  /// The front quality of the objective, then of the other metrics that all candidates have, without the cost: the
  /// objective has to beat the baselines among them. Empty where no accuracy is known.
  public let entries: [Entry]
  /// The accuracy of each candidate, in percent; nil where it is not known.
  public let accuracies: [Double?]
  /// The front as positions among the candidates.
  public let front: ParetoFront

  /// Finds the front, and how good it is where accuracies are given.
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
      : Self.metrics(candidates).compactMap { metric in
        guard let values = candidates.values(of: metric) else { return nil }
        let front = ParetoFront(scores: known.map { values[$0] }, costs: knownCosts)
        return FrontQuality(of: front, accuracies: knownAccuracies, costs: knownCosts)
          .map { Entry(metric: metric, quality: $0) }
      }
    self.candidates = candidates
    self.accuracy = known.isEmpty ? nil : accuracy
    withoutAccuracy = accuracy == nil ? 0 : candidates.candidates.count - known.count
    self.accuracies = accuracies
    self.front = front
  }

  private static func metrics(_ candidates: ParetoCandidates) -> [Metric] {
    [candidates.objective] + Metric.all.filter { $0 != candidates.objective && $0 != candidates.cost }
  }
}
