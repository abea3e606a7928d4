import SearchSpaces
import Studies
import TestSupport
import Testing

@Suite struct RankingTests {
  private func ranking(
    _ scores: [(arch: String, epads: [Double?])], by metric: Metric = .epads, others: [Metric] = []
  ) throws -> Ranking {
    let lines = try scores.flatMap { score in
      try score.epads.enumerated().map { seed, value in
        try StoredRows.score(score.arch, epads: value, seed: seed + 1, params: score.arch.count)
      }
    }
    return Ranking(try StoredRows.rows(lines) as [Row], by: metric, others: others)
  }

  private func names(_ ranking: Ranking) -> [String] { ranking.entries.map(\.scored.architecture.text) }

  @Test func theHighestIsFirst() throws {
    let ranking = try ranking([("a", [1]), ("b", [3]), ("c", [2]), ("d", [nil]), ("e", [-1])])
    #expect(names(ranking) == ["b", "c", "a", "e"])
    #expect(ranking.entries.map(\.rank) == [1, 2, 3, 4])
    #expect(ranking.entries.map(\.value) == [3, 2, 1, -1])
    #expect(ranking.entries.allSatisfy { $0.deviation == nil && !$0.isTied && !$0.isClose })
    #expect(ranking.failures.map(\.architecture.text) == ["d"])
  }

  @Test func equalScoresShareARankInTheOrderOfTheList() throws {
    let ranking = try ranking([("a", [1]), ("b", [2]), ("c", [1]), ("d", [2]), ("e", [0.5])])
    #expect(names(ranking) == ["b", "d", "a", "c", "e"])
    #expect(ranking.entries.map(\.rank) == [1, 1, 3, 3, 5])
    #expect(ranking.entries.map(\.isTied) == [true, true, true, true, false])
    #expect(ranking.entries.allSatisfy { !$0.isClose })
  }

  /// Means 10, 9, 6 and 5.9 with deviations of the square roots of 2, 2, 0 and 0.005.
  @Test func closeIsWithinTheLargerDeviation() throws {
    let ranking = try ranking([("a", [6, 6]), ("b", [9, 11]), ("c", [8, 10]), ("d", [5.85, 5.95])])
    #expect(names(ranking) == ["b", "c", "a", "d"])
    #expect(ranking.entries[0].deviation == 2.0.squareRoot() && ranking.entries[2].deviation == 0)
    #expect(ranking.entries.map(\.isClose) == [false, true, false, false])
    // One seed without a value is no mean of both.
    let partial = try self.ranking([("a", [6, nil]), ("b", [9, 11])])
    #expect(names(partial) == ["b"] && partial.failures.map(\.architecture.text) == ["a"])
  }

  @Test func othersGiveTheirOwnRanks() throws {
    // Parameters are as many as the name has letters.
    let ranking = try ranking(
      [("aaa", [1]), ("b", [3]), ("cc", [2]), ("dd", [2.5])], others: [.parameters, .naswot, .epads])
    #expect(ranking.others == [.parameters])
    #expect(names(ranking) == ["b", "dd", "cc", "aaa"])
    #expect(ranking.entries.map { $0.ranks["params"] } == [4, 2, 2, 1])
    let costs = try self.ranking([("aaa", [1]), ("b", [3]), ("cc", [2])], by: .parameters, others: [.epads])
    #expect(names(costs) == ["aaa", "cc", "b"] && costs.entries.map { $0.ranks["epads"] } == [3, 2, 1])
  }

  @Test func namesAreRankedApart() throws {
    let lines = try ["x", "y"].map { try StoredRows.score("a", epads: 1, others: ["name": $0]) }
    let ranking = Ranking(try StoredRows.rows(lines) as [Row], by: .epads, others: [])
    #expect(ranking.entries.map(\.scored.name) == ["x", "y"] && ranking.entries.map(\.rank) == [1, 1])
    let none = try self.ranking([])
    #expect(none.entries.isEmpty && none.failures.isEmpty)
  }

  /// A list may have an architecture twice: each of its entries is ranked.
  @Test func anArchitectureThatStandsTwiceIsRankedTwice() throws {
    let ranking = try ranking([("a", [1, 2]), ("b", [3, 3]), ("a", [1, 2])])
    #expect(names(ranking) == ["b", "a", "a"])
    #expect(ranking.entries.map(\.scored.rows.count) == [2, 2, 2])
    #expect(ranking.entries.map(\.isTied) == [false, true, true])
  }
}
