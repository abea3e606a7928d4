import Accuracies
import Latency
import SearchSpaces
import Statistics
import Studies

/// An architecture of a front, for programs.
package struct FrontMemberRecord: Record {
  private var kind = "member"
  private var rank: Int
  private var arch: String
  private var name: String?
  private var index: Int?
  private var space: String
  private var macro: String?
  private var objective: String
  private var score: Double
  private var costName: String
  /// In milliseconds, parameters or multiply-accumulates.
  private var cost: Double
  private var params: Int?
  private var flops: Int?
  private var latencyMilliseconds: Double?
  private var deviceMilliseconds: Double?
  /// The measurement warning of the latency.
  private var doubt: String?
  private var accuracyName: String?
  private var accuracy: Double?
  private var bestAccuracy: Double?
  private var meanAccuracy: Double?
  private var regret: Double?

  enum CodingKeys: String, CodingKey {
    case kind, rank, arch, name, index, space, macro, objective, score
    case costName = "cost_name"
    case cost, params, flops
    case latencyMilliseconds = "latency_ms"
    case deviceMilliseconds = "device_ms"
    case doubt
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
    name = candidate.scored.name
    index = candidate.architecture.index
    space = candidate.scored.rows[0].space
    macro = candidate.scored.rows[0].macro
    objective = report.candidates.objective.key
    score = member.score
    costName = report.candidates.cost.key
    cost = member.cost
    params = candidate.parameters
    flops = candidate.multiplyAccumulates
    latencyMilliseconds = candidate.latency?.latency?.median
    deviceMilliseconds = candidate.latency?.deviceMilliseconds
    doubt = candidate.latency?.doubt
    accuracyName = report.accuracy?.dataSet
    accuracy = member.accuracy
    bestAccuracy = member.best
    meanAccuracy = member.mean
    regret = member.regret
  }

  /// The columns, without the kind: CSV has members of the front alone.
  package static let columns: [CSVColumn<FrontMemberRecord>] = [
    CSVColumn("rank") { "\($0.rank)" }, CSVColumn("arch") { $0.arch }, CSVColumn("name") { $0.name },
    CSVColumn("index", value: \.index),
    CSVColumn("space") { $0.space }, CSVColumn("macro") { $0.macro }, CSVColumn("objective") { $0.objective },
    CSVColumn("score") { "\($0.score)" }, CSVColumn("cost_name") { $0.costName }, CSVColumn("cost") { "\($0.cost)" },
    CSVColumn("params", value: \.params), CSVColumn("flops", value: \.flops),
    CSVColumn("latency_ms", value: \.latencyMilliseconds), CSVColumn("device_ms", value: \.deviceMilliseconds),
    CSVColumn("doubt") { $0.doubt },
    CSVColumn("accuracy_name") { $0.accuracyName }, CSVColumn("accuracy", value: \.accuracy),
    CSVColumn("best_accuracy", value: \.bestAccuracy), CSVColumn("mean_accuracy", value: \.meanAccuracy),
    CSVColumn("regret", value: \.regret),
  ]
}

/// The front quality of one metric, for programs. `FrontQuality` says what the numbers are.
struct FrontQualityRecord: Encodable {
  private var kind = "worth"
  private var objective: String
  private var costName: String
  private var accuracyName: String?
  /// The number of candidates whose accuracy is known.
  private var architectures: Int
  /// The number of ranks of the front; members that are equal share one.
  private var ranks: Int
  private var regret: Double
  private var randomRegret: Double
  private var budgetRegret: Double
  private var randomBudgetRegret: Double
  private var hypervolume: Double?
  private var randomHypervolume: Double?
  private var source: String?

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
    objective = entry.metric.key
    costName = report.candidates.cost.key
    accuracyName = report.accuracy?.dataSet
    architectures = report.candidates.candidates.count - report.withoutAccuracy
    ranks = entry.quality.count
    regret = entry.quality.regret
    randomRegret = entry.quality.randomRegret
    budgetRegret = entry.quality.budgetRegret
    randomBudgetRegret = entry.quality.randomBudgetRegret
    hypervolume = entry.quality.hypervolumeShare
    randomHypervolume = entry.quality.randomHypervolumeShare
    source = report.accuracy?.truth.source
  }
}
