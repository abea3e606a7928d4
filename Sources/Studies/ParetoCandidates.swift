import Files
public import Latency
import Scoring
public import SearchSpaces

/// Architectures with a score and a cost, from rows of scores and rows of latency.
///
/// Rows are joined by architecture, space and, where both have one, macro architecture. An architecture with several
/// rows of scores, one for each seed, has their mean; where one of them has no score it is no candidate.
public struct ParetoCandidates: Sendable {
  /// An architecture that may be in the front.
  public struct Candidate: Sendable {
    /// Its rows of scores, one for each seed.
    public let scored: ScoredArchitecture
    /// Its row of latency; nil where there is none, which only a cost that is no latency allows.
    public internal(set) var latency: LatencyRow?

    public var architecture: Architecture { scored.architecture }
    /// The number of trainable parameters.
    public var parameters: Int? { scored.rows[0].params }
    /// Multiply-accumulates of an image.
    public var multiplyAccumulates: Int? { scored.rows[0].flops }

    /// Whether its latency has a measurement warning.
    public var isDoubtful: Bool { latency?.doubt != nil }

    /// The value of a metric, from the row of latency or as the mean over seeds; nil where there is none.
    public func value(of metric: Metric) -> Double? {
      metric.isLatency ? latency.flatMap(metric.value) : scored.mean(of: metric)
    }
  }

  /// What was left out of the candidates, and which of them may be wrong.
  public struct Omissions: Sendable {
    /// How many architectures have no score.
    public var withoutScore = 0
    /// The first of them, and why it has no score.
    public var firstFailure: String?
    /// How many architectures have a row of latency that failed.
    public var withoutLatency = 0
    /// The first of them, and why its latency could not be measured.
    public var firstLatencyFailure: String?
    /// How many architectures have a score and no row of latency.
    public var onlyScored = 0
    /// How many architectures have a latency and no row of scores.
    public var onlyTimed = 0
    /// How many rows of latency are of another space, or of another macro architecture.
    public var otherNetworks = 0
    /// How many candidates differ in parameters or multiply-accumulates between scores and latencies.
    public var differing = 0
    /// How many architectures with a score have a latency that was left out for its measurement warning.
    public var excludedDoubts = 0
    /// How many candidates have a latency with a measurement warning.
    public var doubtful = 0
    /// The first of these warnings.
    public var firstDoubt: String?
  }

  /// In the order of the rows of scores.
  public let candidates: [Candidate]
  /// What was left out.
  public let omissions: Omissions
  /// The score that is maximised.
  public let objective: Metric
  /// The cost that is minimised.
  public let cost: Metric
  /// The setting that latencies were measured in; nil where there are no latencies.
  public let setting: LatencySelection.Setting?
  /// The objective of each candidate, the mean over its seeds.
  public let scores: [Double]
  /// The cost of each candidate, in milliseconds, parameters or multiply-accumulates.
  public let costs: [Double]

  /// The first row of scores: its settings are those of all rows.
  public let example: Row

  /// Joins scores and costs.
  ///
  /// - Parameters:
  ///   - latencies: nil where only the cost of the scores' rows is known.
  ///   - objective: nil for ePADS, or for NASWOT where no row has ePADS.
  ///   - excludingDoubtful: whether latencies with a measurement warning are left out.
  /// - Throws: `FileError` where rows are of several runs, an architecture has two latencies, or nothing is left;
  ///   `DoubtfulLatenciesError` where nothing is left for measurement warnings; `LatencySelectionError` where latencies
  ///   are of several settings.
  public init(
    scores rows: [Row], latencies: [LatencyRow]?, objective: Metric? = nil, cost: Metric,
    selection: LatencySelection = LatencySelection(), excludingDoubtful: Bool = false
  ) throws {
    guard let example = rows.first else { throw FileError(.unreadable, "there is no row of scores") }
    if let difference = RunSettings.difference(among: rows) {
      throw FileError(
        .otherRun,
        "rows of scores are of several runs and cannot be compared (\(difference.setting) is \(difference.first) and "
          + "\(difference.second)): take one run's alone")
    }
    let chosen: Metric
    if let objective { chosen = objective } else { chosen = try Self.defaultObjective(rows) }
    var omissions = Omissions()
    var scored = Self.scored(rows, chosen, &omissions)
    guard !scored.isEmpty else {
      let reason = omissions.firstFailure.map { "; the first: \($0)" } ?? ""
      throw FileError(
        .noValue, "no architecture has a value of \(chosen.key)\(reason)")
    }
    var setting: LatencySelection.Setting?
    if let latencies {
      let matching = latencies.filter { row in
        row.space == example.space && (row.macro == nil || example.macro == nil || row.macro == example.macro)
      }
      omissions.otherNetworks = latencies.count - matching.count
      let selected = try selection.select(matching)
      setting = selected.setting
      let doubtful = selected.rows.filter { excludingDoubtful && $0.status == .ok && $0.doubt != nil }
      let trusted = excludingDoubtful ? selected.rows.filter { $0.status != .ok || $0.doubt == nil } : selected.rows
      let times = try Self.times(trusted, cost.isLatency ? cost : .latency, &omissions)
      let excluded = Set(doubtful.map(\.arch)).subtracting(times.keys)
      omissions.excludedDoubts = scored.count { excluded.contains($0.architecture.text) }
      let untimed = scored
      for position in scored.indices { scored[position].latency = times[scored[position].architecture.text] ?? nil }
      if cost.isLatency {
        scored.removeAll { $0.latency == nil }
        omissions.onlyScored = untimed.count { times[$0.architecture.text] == nil } - omissions.excludedDoubts
      }
      let known = Set(rows.map(\.arch))
      omissions.onlyTimed = times.keys.count { !known.contains($0) }
      omissions.inspect(scored)
      guard !scored.isEmpty else {
        if let doubt = doubtful.first?.doubt, omissions.excludedDoubts > 0 {
          throw DoubtfulLatenciesError(count: omissions.excludedDoubts, firstDoubt: doubt)
        }
        let reason = omissions.firstLatencyFailure.map { "; the first without: \($0)" } ?? ""
        throw FileError(.unreadable, "no architecture has both a score and a \(cost.title)\(reason)")
      }
    } else if cost.isLatency {
      throw FileError(.noLatency, "a front against \(cost.title) needs rows of latency")
    }
    self.example = example
    self.objective = chosen
    self.cost = cost
    self.omissions = omissions
    self.setting = setting
    candidates = scored
    scores = scored.map { $0.value(of: chosen) ?? .nan }
    costs = scored.map { $0.value(of: cost) ?? .nan }
  }

  /// The values of a metric, one for each candidate; nil where a candidate has none.
  public func values(of metric: Metric) -> [Double]? {
    let values = candidates.compactMap { $0.value(of: metric) }
    return values.count == candidates.count ? values : nil
  }

  private static func defaultObjective(_ rows: [Row]) throws(FileError) -> Metric {
    for metric in [Metric.epads, .naswot] where rows.contains(where: { metric.value(of: $0) != nil }) { return metric }
    let reason = rows.first { $0.status == .failed }.map { "; the first: \($0.arch): \($0.error ?? "no reason")" } ?? ""
    throw FileError(.noValue, "no row has a value of epads or naswot\(reason)")
  }

  private static func scored(_ rows: [Row], _ objective: Metric, _ omissions: inout Omissions) -> [Candidate] {
    let groups = ScoredArchitecture.grouping(rows)
    let scored = groups.filter { $0.mean(of: objective) != nil }
    omissions.withoutScore = groups.count - scored.count
    omissions.firstFailure =
      groups.lazy.compactMap { group in
        group.failure(of: objective).map { "\(group.architecture.text): \($0)" }
      }.first
    return scored.map { Candidate(scored: $0, latency: nil) }
  }

  /// The row of each architecture by its text; nil for one whose latency could not be measured.
  private static func times(
    _ rows: [LatencyRow], _ cost: Metric, _ omissions: inout Omissions
  ) throws(FileError) -> [String: LatencyRow?] {
    var times: [String: LatencyRow?] = [:]
    var failures: [(arch: String, reason: String)] = []
    for row in rows {
      guard row.status == .ok, let value = cost.value(of: row), value.isFinite else {
        failures.append((row.arch, row.error ?? "no \(cost.title) in its row"))
        if times[row.arch] == nil { times[row.arch] = .some(nil) }
        continue
      }
      if case .some(.some) = times[row.arch] {
        throw FileError(
          .malformed,
          "\(row.arch) has several latencies of \(LatencySelection.Setting(row)): leave one row of them in the file")
      }
      times[row.arch] = row
    }
    let failed = failures.filter { (times[$0.arch] ?? nil) == nil }
    omissions.withoutLatency = Set(failed.map(\.arch)).count
    omissions.firstLatencyFailure = failed.first.map { "\($0.arch): \($0.reason)" }
    return times
  }
}

/// Every latency that could have been a cost was left out for its measurement warning.
public struct DoubtfulLatenciesError: Error, Sendable, CustomStringConvertible {
  /// How many architectures with a score have such a latency.
  public let count: Int
  /// The first of the warnings.
  public let firstDoubt: String

  public var description: String {
    "no architecture is left: \(count) with a score have a latency in doubt; the first: \(firstDoubt)"
  }
}

extension ParetoCandidates.Omissions {
  /// Counts the candidates whose latency may be wrong.
  fileprivate mutating func inspect(_ candidates: [ParetoCandidates.Candidate]) {
    differing = candidates.count { candidate in
      candidate.latency.map { ($0.params, $0.flops) != (candidate.parameters, candidate.multiplyAccumulates) } ?? false
    }
    let doubts = candidates.compactMap(\.latency?.doubt)
    doubtful = doubts.count
    firstDoubt = doubts.first
  }
}
