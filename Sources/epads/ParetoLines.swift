import Latency
import Accuracies
import SearchSpaces
import Statistics
import Studies

/// An architecture of a front, as programs read it.
struct MemberLine: Encodable {
  var kind = "member"
  var rank: Int
  var arch: String
  var index: Int?
  var space: String
  var macro: String?
  var objective: String
  var score: Double
  var costName: String
  /// In milliseconds, parameters or multiply-accumulates.
  var cost: Double
  var params: Int
  var flops: Int
  var latencyMilliseconds: Double?
  var deviceMilliseconds: Double?
  var accuracyName: String?
  var accuracy: Double?
  var bestAccuracy: Double?
  var meanAccuracy: Double?
  var regret: Double?

  enum CodingKeys: String, CodingKey {
    case kind, rank, arch, index, space, macro, objective, score
    case costName = "cost_name"
    case cost, params, flops
    case latencyMilliseconds = "latency_ms"
    case deviceMilliseconds = "device_ms"
    case accuracyName = "accuracy_name"
    case accuracy
    case bestAccuracy = "best_accuracy"
    case meanAccuracy = "mean_accuracy"
    case regret
  }

  init(_ member: ParetoReport.Member, of report: ParetoReport) {
    let candidate = member.candidate
    rank = member.rank
    arch = candidate.architecture.text
    index = candidate.architecture.index
    space = candidate.rows[0].space
    macro = candidate.rows[0].macro
    objective = report.candidates.objective.name
    score = member.score
    costName = report.candidates.cost.rawValue
    cost = member.cost
    params = candidate.parameters
    flops = candidate.multiplyAccumulates
    latencyMilliseconds = candidate.latency?.latency?.median
    deviceMilliseconds = candidate.latency?.deviceMilliseconds
    accuracyName = report.accuracy?.dataSet
    accuracy = member.accuracy
    bestAccuracy = member.best
    meanAccuracy = member.mean
    regret = member.regret
  }

  private static let columns: [(key: CodingKeys, cell: @Sendable (MemberLine) -> String)] = [
    (.rank, { "\($0.rank)" }), (.arch, { CSV.quoted($0.arch) }), (.index, { CSV.text($0.index) }),
    (.space, { $0.space }), (.macro, { CSV.quoted($0.macro ?? "") }), (.objective, { $0.objective }),
    (.score, { "\($0.score)" }), (.costName, { $0.costName }), (.cost, { "\($0.cost)" }),
    (.params, { "\($0.params)" }), (.flops, { "\($0.flops)" }),
    (.latencyMilliseconds, { CSV.text($0.latencyMilliseconds) }),
    (.deviceMilliseconds, { CSV.text($0.deviceMilliseconds) }),
    (.accuracyName, { CSV.quoted($0.accuracyName ?? "") }), (.accuracy, { CSV.text($0.accuracy) }),
    (.bestAccuracy, { CSV.text($0.bestAccuracy) }), (.meanAccuracy, { CSV.text($0.meanAccuracy) }),
    (.regret, { CSV.text($0.regret) }),
  ]

  static let header = columns.map(\.key.rawValue).joined(separator: ",")

  var csv: String { Self.columns.map { $0.cell(self) }.joined(separator: ",") }
}

/// What a front is worth, as programs read it.
struct FrontQualityLine: Encodable {
  var kind = "worth"
  var objective: String
  var costName: String
  var accuracyName: String?
  /// Those whose accuracy is known.
  var architectures: Int
  /// Of the front; equal members share one.
  var ranks: Int
  var regret: Double
  var randomRegret: Double
  var budgetRegret: Double
  var randomBudgetRegret: Double
  var hypervolume: Double?
  var randomHypervolume: Double?
  var source: String?

  enum CodingKeys: String, CodingKey {
    case kind, objective
    case costName = "cost_name"
    case accuracyName = "accuracy_name"
    case architectures, ranks, regret
    case randomRegret = "random_regret"
    case budgetRegret = "budget_regret"
    case randomBudgetRegret = "random_budget_regret"
    case hypervolume
    case randomHypervolume = "random_hypervolume"
    case source
  }

  init(_ entry: ParetoReport.Entry, of report: ParetoReport) {
    objective = entry.predictor.name
    costName = report.candidates.cost.rawValue
    accuracyName = report.accuracy?.dataSet
    architectures = report.candidates.candidates.count - report.withoutAccuracy
    ranks = entry.worth.count
    regret = entry.worth.regret
    randomRegret = entry.worth.randomRegret
    budgetRegret = entry.worth.budgetRegret
    randomBudgetRegret = entry.worth.randomBudgetRegret
    hypervolume = entry.worth.hypervolumeShare
    randomHypervolume = entry.worth.randomHypervolumeShare
    source = report.accuracy?.truth.source
  }
}
