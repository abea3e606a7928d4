import Accuracies
import Files
import Latency
import SearchSpaces
import Statistics
import Studies
import TestSupport
import Testing

@Suite struct ParetoCandidatesTests {
  private func candidates(
    _ scores: [String], _ latencies: [String]? = nil, objective: Metric? = nil, cost: Metric = .latency,
    _ selection: LatencySelection = LatencySelection()
  ) throws -> ParetoCandidates {
    try ParetoCandidates(
      scores: StoredRows.rows(scores), latencies: latencies.map { try StoredRows.rows($0) }, objective: objective,
      cost: cost, selection: selection)
  }

  private func expectError(
    _ parts: String..., from body: () throws -> ParetoCandidates, at location: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: location) { _ = try body() }
    let reason = error.map { "\($0)" } ?? ""
    for part in parts { #expect(reason.contains(part), "\(reason)", sourceLocation: location) }
  }

  @Test func rowsJoinByArchitecture() throws {
    let joined = try candidates(
      [
        StoredRows.score("a", epads: 1, params: 5), StoredRows.score("b", epads: 4), StoredRows.score("c", epads: 9),
        StoredRows.score("a", epads: 2, seed: 2), StoredRows.score("d", epads: 1), StoredRows.score("e", epads: 1),
        StoredRows.score("d", epads: nil, seed: 2),
      ],
      [
        StoredRows.latency("b", 2), StoredRows.latency("x", 7), StoredRows.latency("a", 3),
        StoredRows.latency("c", nil),
        StoredRows.latency("d", 1, others: ["doubt": "busy"]),
        StoredRows.latency("e", 5, others: ["space": "darts"]), StoredRows.latency("b", nil),
      ])
    #expect(joined.candidates.map(\.architecture.text) == ["a", "b"])
    #expect(joined.objective == .epads)
    #expect(joined.scores == [1.5, 4] && joined.costs == [3, 2])
    #expect(joined.setting?.description == "batch 1 of cifar10 (3x32x32) on cpu, Processor One with 2 threads")
    let omissions = joined.omissions
    #expect(omissions.withoutScore == 1 && omissions.firstFailure == "d: no ReLU")
    #expect(omissions.withoutLatency == 1 && omissions.firstLatencyFailure == "c: out of memory")
    #expect(omissions.onlyScored == 1 && omissions.onlyTimed == 1 && omissions.otherNetworks == 1)
    #expect(omissions.differing == 1 && omissions.doubtful == 0)
  }

  @Test func latenciesInDoubtCanBeLeftOut() throws {
    let scores = try ["a", "b", "c", "d"].map { try StoredRows.score($0, epads: 1) }
    let busy = ["doubt": "busy"]
    let latencies = [
      try StoredRows.latency("a", 2), try StoredRows.latency("b", 3, others: busy),
      try StoredRows.latency("c", 4, others: ["doubt": "hot"]), try StoredRows.latency("x", 4, others: busy),
    ]
    let all = try candidates(scores, latencies)
    #expect(all.omissions.doubtful == 2 && all.omissions.firstDoubt == "busy" && all.omissions.excludedDoubts == 0)
    #expect(all.candidates.map(\.isDoubtful) == [false, true, true])
    func trusted(_ rows: [String], _ latencies: [String], cost: Metric = .latency) throws -> ParetoCandidates {
      try ParetoCandidates(
        scores: StoredRows.rows(rows), latencies: StoredRows.rows(latencies), cost: cost, excludingDoubtful: true)
    }
    let some = try trusted(scores, latencies)
    #expect(some.candidates.map(\.architecture.text) == ["a"])
    #expect(some.omissions.excludedDoubts == 2 && some.omissions.doubtful == 0)
    #expect(some.omissions.onlyScored == 1 && some.omissions.onlyTimed == 0)
    // One that can be trusted stands in for one that cannot.
    let again = try trusted(scores, latencies + [StoredRows.latency("b", 5)])
    #expect(again.costs == [2, 5] && again.omissions.excludedDoubts == 1)
    // Beside another cost the latency alone is left out.
    let beside = try trusted(scores, latencies, cost: .parameters)
    #expect(beside.candidates.map { $0.latency?.latency?.median } == [2, nil, nil, nil])
    #expect(beside.omissions.excludedDoubts == 2)
    let error = #expect(throws: DoubtfulLatenciesError.self) { _ = try trusted(Array(scores[1...2]), latencies) }
    #expect(error?.count == 2 && error?.firstDoubt == "busy")
    expectError("no architecture has both a score and a latency") { try trusted([scores[3]], latencies) }
  }

  @Test func macroArchitecturesJoinWhereBothAreKnown() throws {
    let macro = ["macro": "width 16, depth 8"]
    let scores = try ["a", "b", "c"].map { try StoredRows.score($0, epads: 1, others: macro) }
    let joined = try candidates(
      scores,
      [
        StoredRows.latency("a", 1, others: macro), StoredRows.latency("b", 2),
        StoredRows.latency("c", 3, others: ["macro": "width 36, depth 20"]),
      ])
    #expect(joined.candidates.map(\.architecture.text) == ["a", "b"])
    #expect(joined.omissions.otherNetworks == 1)
  }

  @Test func costsOfScoresNeedNoLatency() throws {
    let scores = [
      try StoredRows.score("a", epads: 1, params: 5, flops: 7, others: ["naswot": 3]),
      try StoredRows.score("b", epads: 2, params: 6, flops: 8, others: ["naswot": 2]),
    ]
    #expect(try candidates(scores, cost: .parameters).costs == [5, 6])
    #expect(try candidates(scores, objective: .naswot, cost: .multiplyAccumulates).scores == [3, 2])
    #expect(try candidates(scores, cost: .multiplyAccumulates).costs == [7, 8])
    // Latencies stand beside another cost where there are any.
    let beside = try candidates(scores, [StoredRows.latency("b", 2)], cost: .parameters)
    #expect(beside.candidates.map { $0.latency?.latency?.median } == [nil, 2])
    #expect(beside.omissions.onlyScored == 0)
  }

  @Test func naswotCountsWhereNoRowHasEPADS() throws {
    let scores = [
      try StoredRows.score("a", epads: nil, others: ["status": "ok", "naswot": 3]),
      try StoredRows.score("b", epads: nil, others: ["status": "ok", "naswot": 4]),
    ]
    #expect(try candidates(scores, cost: .parameters).objective == .naswot)
    expectError("no architecture has a value of epads") {
      try candidates(scores, objective: .epads, cost: .parameters)
    }
    expectError("no row has a value of epads or naswot", "a: no ReLU") {
      try candidates([StoredRows.score("a", epads: nil)], cost: .parameters)
    }
  }

  @Test func latenciesOfSeveralSettingsAreChosenFrom() throws {
    let scores = try ["a", "b"].map { try StoredRows.score($0, epads: 1) }
    let other: [String: Any] = ["device": "NVIDIA H100", "backend": "opencl", "device_ms": 0.5]
    let latencies = [
      try StoredRows.latency("a", 1), try StoredRows.latency("a", 2, batch: 8), try StoredRows.latency("b", 3),
      try StoredRows.latency("a", 4, others: other), try StoredRows.latency("a", 5, others: ["threads": 1]),
      try StoredRows.latency("a", 6, others: ["input": "3x16x16", "dataset": "imagenet16-120"]),
    ]
    expectError(
      "they differ in device, batch, threads, input", "batch 8 of cifar10",
      "on opencl, NVIDIA H100"
    ) { try candidates(scores, latencies) }
    func costs(_ selection: LatencySelection) throws -> [Double] { try candidates(scores, latencies, selection).costs }
    let first = LatencySelection(device: "processor", batch: 1, threads: 2, input: "3x32x32")
    #expect(try costs(first) == [1, 3])
    #expect(try costs(LatencySelection(device: "cpu", batch: 8)) == [2])
    #expect(try costs(LatencySelection(device: "h100")) == [4])
    #expect(try costs(LatencySelection(device: "OpenCL")) == [4])
    #expect(try costs(LatencySelection(threads: 1)) == [5])
    #expect(try costs(LatencySelection(input: "imagenet16-120")) == [6])
    expectError("no latency was measured as asked for; there are ") {
      try candidates(scores, latencies, .init(batch: 3))
    }
    #expect(
      try candidates(scores, latencies, cost: .deviceLatency, LatencySelection(device: "h100")).costs == [0.5])
    expectError("both a score and a device latency", "a: no device latency in its row") {
      try candidates(scores, latencies, cost: .deviceLatency, first)
    }
  }

  @Test func whatCannotBeComparedIsAnError() throws {
    let one = try StoredRows.score("a", epads: 1)
    expectError("a has several latencies of batch 1", "leave one row") {
      try candidates([one], [StoredRows.latency("a", 1), StoredRows.latency("a", 2)])
    }
    expectError("of several runs", "sigma is 1.0 and 0.05") {
      try candidates([one, StoredRows.score("b", epads: 1, others: ["sigma": 0.05])], cost: .parameters)
    }
    expectError("of several runs", "width 4") {
      try candidates([one, StoredRows.score("b", epads: 1, others: ["macro": "width 4"])], cost: .parameters)
    }
    expectError("no architecture has both a score and a latency") {
      try candidates([one], [StoredRows.latency("b", 1)])
    }
    expectError("a front against latency needs rows of latency") { try candidates([one]) }
    expectError("no row of scores") { try candidates([], cost: .parameters) }
  }

  // MARK: - Reports

  private func truth(_ accuracies: [(String, Double)]) -> ParetoReport.Accuracy {
    ParetoReport.Accuracy(
      truth: GroundTruth(
        space: "nasbench201", source: "test", architectures: accuracies.map { .init(text: $0.0) },
        accuracies: [(name: "acc", values: accuracies.map(\.1))]), dataSet: "acc")
  }

  @Test func membersHaveTheirRegret() throws {
    let all = try candidates(
      [
        StoredRows.score("a", epads: 1, params: 1), StoredRows.score("b", epads: 2, params: 2),
        StoredRows.score("c", epads: 1.5, params: 2), StoredRows.score("d", epads: 3, params: 3),
      ], cost: .parameters)
    let report = ParetoReport(all, accuracy: truth([("a", 50), ("b", 60), ("c", 80)]))
    #expect(report.members.map(\.candidate.architecture.text) == ["a", "b", "d"])
    #expect(report.members.map(\.regret) == [0, 20, nil])
    #expect(report.members.map(\.mean) == [50, 190 / 3.0, 190 / 3.0])
    #expect(report.withoutAccuracy == 1)
    // The cost is no baseline.
    #expect(report.entries.map(\.metric) == [.epads, .multiplyAccumulates, .reluSites, .reluUnits])
    #expect(report.entries.first?.quality.regret == 10)
    let unknown = ParetoReport(all, accuracy: truth([("x", 1)]))
    #expect(unknown.entries.isEmpty && unknown.accuracy == nil)
    #expect(unknown.members.count == 3)
  }
}
