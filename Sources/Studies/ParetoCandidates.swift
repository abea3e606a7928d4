public import Files
public import Latency
import Scoring
public import SearchSpaces

/// Architectures with a score and a cost, from rows of scores and of latencies.
///
/// Rows join by architecture, space and, where both have it, the macro architecture. An architecture with several rows of
/// scores, one a seed, has their mean; where one of them has no score it is no candidate.
public struct ParetoCandidates: Sendable {
  public struct Candidate: Sendable {
    public var architecture: Architecture
    /// One a seed, at least one.
    public var rows: [Row]
    public var latency: LatencyRow?

    public var parameters: Int { rows[0].params }
    public var multiplyAccumulates: Int { rows[0].flops }
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
  public let objective: Predictor
  public let cost: ArchitectureCost
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
  /// - Throws: where rows are of several runs, latencies of several settings, an architecture has two latencies, or nothing
  ///   is left.
  public init(
    scores rows: [Row], latencies: [LatencyRow]?, objective: Predictor? = nil, cost: ArchitectureCost,
    selection: LatencySelection = LatencySelection()
  ) throws(FileError) {
    guard let example = rows.first else { throw FileError(.unreadable, "there is no row of scores") }
    try Self.checkRun(of: rows)
    let chosen: Predictor
    if let objective { chosen = objective } else { chosen = try Self.defaultObjective(rows) }
    var omissions = Omissions()
    var scored = Self.scored(rows, chosen, &omissions)
    guard !scored.isEmpty else {
      let reason = omissions.firstFailure.map { "; the first: \($0)" } ?? ""
      throw FileError(
        .unreadable, "no architecture has a value of \(chosen.name): name another --objective\(reason)")
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
      throw FileError(.unreadable, "a front against \(cost.title) needs rows of latency: name a file with --latency")
    }
    self.example = example
    self.objective = chosen
    self.cost = cost
    self.omissions = omissions
    self.setting = setting
    candidates = scored
    scores = Self.values(of: chosen, scored) ?? []
    costs = scored.map { candidate in
      switch cost {
      case .latency, .deviceLatency: candidate.latency.flatMap(cost.milliseconds) ?? .nan
      case .parameters: Double(candidate.parameters)
      case .multiplyAccumulates: Double(candidate.multiplyAccumulates)
      }
    }
  }

  /// The predictor's value for each candidate, the mean over seeds; nil where a row has none.
  public func values(of predictor: Predictor) -> [Double]? { Self.values(of: predictor, candidates) }

  private static func values(of predictor: Predictor, _ candidates: [Candidate]) -> [Double]? {
    var values: [Double] = []
    values.reserveCapacity(candidates.count)
    for candidate in candidates {
      guard let value = mean(of: predictor, candidate.rows) else { return nil }
      values.append(value)
    }
    return values
  }

  private static func mean(of predictor: Predictor, _ rows: [Row]) -> Double? {
    var sum = 0.0
    for row in rows {
      guard row.status == .ok, let value = predictor.value(of: row), value.isFinite else { return nil }
      sum += value
    }
    return sum / Double(rows.count)
  }

  private static func defaultObjective(_ rows: [Row]) throws(FileError) -> Predictor {
    for predictor in [Predictor.epads, .naswot] where rows.contains(where: { predictor.value(of: $0) != nil }) {
      return predictor
    }
    let reason = rows.first { $0.status == .failed }.map { "; the first: \($0.arch): \($0.error ?? "no reason")" } ?? ""
    throw FileError(.unreadable, "no row has a value of epads or naswot: name another --objective\(reason)")
  }

  /// - Throws: where scores cannot be compared.
  private static func checkRun(of rows: [Row]) throws(FileError) {
    let first = rows[0]
    for row in rows {
      func differs<Value: Equatable>(_ label: String, _ value: (Row) -> Value) -> String? {
        value(row) == value(first) ? nil : "\(label) \(value(first)) and \(value(row))"
      }
      let difference =
        differs("space", \.space) ?? differs("networks around the cells", { $0.macro ?? "fixed" })
        ?? differs("data set", \.dataset) ?? differs("images", { $0.images.suffix(16) })
        ?? differs("batch", \.batch) ?? differs("sigma", \.sigma) ?? differs("numerics", \.numerics)
      guard let difference else { continue }
      throw FileError(
        .otherRun, "rows of scores are of several runs and cannot be compared (\(difference)): take one run's alone")
    }
  }

  private static func scored(_ rows: [Row], _ objective: Predictor, _ omissions: inout Omissions) -> [Candidate] {
    var positions: [String: Int] = [:]
    var groups: [Candidate] = []
    for row in rows {
      if let position = positions[row.arch] {
        groups[position].rows.append(row)
      } else {
        positions[row.arch] = groups.count
        groups.append(Candidate(architecture: Architecture(text: row.arch, index: row.index), rows: [row]))
      }
    }
    let scored = groups.filter { mean(of: objective, $0.rows) != nil }
    omissions.withoutScore = groups.count - scored.count
    omissions.firstFailure = groups.lazy.filter { mean(of: objective, $0.rows) == nil }.first.map { group in
      let failure = group.rows.first { $0.status == .failed }
      return "\(group.architecture.text): \(failure.map { $0.error ?? "no reason" } ?? "no value of \(objective.name)")"
    }
    return scored
  }

  /// The row of each architecture; nil for one whose latency could not be measured.
  private static func times(
    _ rows: [LatencyRow], _ cost: ArchitectureCost, _ omissions: inout Omissions
  ) throws(FileError) -> [String: LatencyRow?] {
    var times: [String: LatencyRow?] = [:]
    var failures: [(arch: String, reason: String)] = []
    for row in rows {
      guard row.status == .ok, let value = cost.milliseconds(of: row), value.isFinite else {
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
