import Files
import SearchSpaces
import Studies
import TestSupport
import Testing

/// A run that was continued with another proxy has two rows of an architecture and seed: one result, not two seeds.
@Suite struct ContinuedRowsTests {
  private let space = NASBench201()

  /// Two seeds of ePADS alone; then the first seed once more with both.
  private func lines() throws -> [String] {
    try (1...3).flatMap { index in
      let text = try space.architecture(index: index).text
      func line(_ seed: Int, _ epads: Double?, _ others: [String: Any] = [:]) throws -> String {
        try StoredRows.score(text, index: index, epads: epads, seed: seed, others: others)
      }
      return [
        try line(1, Double(index)), try line(2, Double(index) + 4),
        try line(1, Double(index), ["naswot": 10 * Double(index)]),
        try line(2, nil, ["status": "ok", "naswot": 10 * Double(index) + 2]),
      ]
    }
  }

  @Test func aSearchOverThemCountsEachSeedOnce() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(lines().map { $0 + "\n" }.joined(), "rows")
    for (metric, first) in [(Metric.epads, 3.0), (.naswot, 11)] {
      let scores = try StoredScores(path: path, metric: metric, space: space)
      #expect(scores.count == 3 && scores.scored == 3)
      #expect(scores.value(of: try space.architecture(index: 1)) == first)
    }
  }

  @Test func aFrontOfThemCountsEachSeedOnce() throws {
    let rows: [Row] = try StoredRows.rows(lines())
    let epads = try ParetoCandidates(scores: rows, latencies: nil, cost: .parameters)
    #expect(epads.objective == .epads && epads.scores == [3, 4, 5] && epads.omissions.withoutScore == 0)
    #expect(epads.values(of: .naswot) == [11, 21, 31])
    let naswot = try ParetoCandidates(scores: rows, latencies: nil, objective: .naswot, cost: .parameters)
    #expect(naswot.scores == [11, 21, 31])
  }

  /// The same architectures with another sigma are another run.
  @Test func rowsOfAnotherRunAreRefusedStill() throws {
    let folder = try ScratchFolder()
    let other = try StoredRows.score(
      space.architecture(index: 1).text, index: 1, epads: 9, others: ["sigma": 2])
    let path = try folder.write((lines() + [other]).map { $0 + "\n" }.joined(), "rows")
    #expect(throws: FileError.self) { try StoredScores(path: path, metric: .epads, space: space) }
    #expect(throws: FileError.self) {
      try ParetoCandidates(scores: StoredRows.rows(lines() + [other]), latencies: nil, cost: .parameters)
    }
  }

  /// Images that were read by another path are the same, as where a run is continued.
  @Test func imagesOfAnotherNameAreTheSame() throws {
    let folder = try ScratchFolder()
    let other = try StoredRows.score(
      space.architecture(index: 9).text, index: 9, epads: 9, others: ["images": "a copy 0123456789abcdef"])
    let path = try folder.write((lines() + [other]).map { $0 + "\n" }.joined(), "rows")
    #expect(try StoredScores(path: path, metric: .epads, space: space).scored == 4)
  }
}
