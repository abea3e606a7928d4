import Files
public import Latency
import Scoring
public import SearchSpaces

/// Architectures with a score and a cost, from rows of scores and of latencies.
///
/// Rows join by architecture, space and, where both have it, the macro architecture. An architecture with several rows of
/// scores, one a seed, has their mean; where one of them has no score it is no candidate.
public struct ParetoCandidates: Sendable {
  public struct Candidate: Sendable {
    public let scored: ScoredArchitecture
    public internal(set) var latency: LatencyRow?

    public var architecture: Architecture { scored.architecture }
    public var parameters: Int { scored.rows[0].params }
    /// Of an image.
    public var multiplyAccumulates: Int { scored.rows[0].flops }

    /// The value of a metric: the mean over seeds, or of the row of latency; nil where there is none.
    public func value(of metric: Metric) -> Double? {
      metric.isLatency ? latency.flatMap(metric.value) : scored.mean(of: metric)
    }
  }

  /// What was left out, and what speaks against what was not.
  public struct Omissions: Sendable {
    /// Architectures without a score.
    public var withoutScore = 0
    /// Why the first of them has none.
    public var firstFailure: String?
    /// Architectures whose latency could not be measured.
    public var withoutLatency = 0
    public var firstLatencyFailure: String?
    /// Architectures that have a score and no row of latency.
    public var onlyScored = 0
    /// Architectures that have a latency and no row of scores.
    public var onlyTimed = 0
    /// Rows of latency of another space, or with another macro architecture.
    public var otherNetworks = 0
    /// Candidates whose parameters or FLOPs are not the same in both files.
    public var differing = 0
    /// Candidates whose latency is in doubt.
    public var doubtful = 0
    public var firstDoubt: String?
  }

  public let candidates: [Candidate]
  public let omissions: Omissions
  public let objective: Metric
  public let cost: Metric
  /// What the latencies were measured with; nil where there are none.
  public let setting: LatencySelection.Setting?
  /// One for each candidate.
  public let scores: [Double]
  /// One for each candidate: milliseconds, parameters or multiply-accumulates.
  public let costs: [Double]

  /// A row of the scores: what it was scored with holds for all.
  public let example: Row

  /// - Parameters:
  ///   - latencies: nil where there is no file of them.
  ///   - objective: nil for ePADS, or NASWOT where no row has ePADS.
  /// - Throws: `FileError` where rows are of several runs, an architecture has two latencies, or nothing is left;
  ///   `LatencySelectionError` where latencies are of several settings.
  public init(
    scores rows: [Row], latencies: [LatencyRow]?, objective: Metric? = nil, cost: Metric,
    selection: LatencySelection = LatencySelection()
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
      let times = try Self.times(selected.rows, cost.isLatency ? cost : .latency, &omissions)
      let untimed = scored
      for position in scored.indices { scored[position].latency = times[scored[position].architecture.text] ?? nil }
      if cost.isLatency {
        scored.removeAll { $0.latency == nil }
        omissions.onlyScored = untimed.count { times[$0.architecture.text] == nil }
      }
      let known = Set(rows.map(\.arch))
      omissions.onlyTimed = times.keys.count { !known.contains($0) }
      omissions.inspect(scored)
      guard !scored.isEmpty else {
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

  /// A metric's value for each candidate, the mean over seeds; nil where one has none.
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
    omissions.firstFailure = groups.lazy.compactMap { group in
      group.failure(of: objective).map { "\(group.architecture.text): \($0)" }
    }.first
    return scored.map { Candidate(scored: $0, latency: nil) }
  }

  /// The row of each architecture; nil for one whose latency could not be measured.
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

extension ParetoCandidates.Omissions {
  /// Looks for what speaks against latencies.
  fileprivate mutating func inspect(_ candidates: [ParetoCandidates.Candidate]) {
    differing = candidates.count { candidate in
      candidate.latency.map { ($0.params, $0.flops) != (candidate.parameters, candidate.multiplyAccumulates) } ?? false
    }
    let doubts = candidates.compactMap(\.latency?.doubt)
    doubtful = doubts.count
    firstDoubt = doubts.first
  }
}
