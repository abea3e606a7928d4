import Statistics
import TestSupport
import Testing

@Suite struct ParetoFrontTests {
  /// From the definition, pair by pair.
  private func definition(_ scores: [Double], _ costs: [Double]) -> [Int] {
    scores.indices.filter { one in
      !scores.indices.contains { other in
        scores[other] >= scores[one] && costs[other] <= costs[one]
          && (scores[other] > scores[one] || costs[other] < costs[one])
      }
    }
    .sorted { (costs[$0], $0) < (costs[$1], $1) }
  }

  @Test(arguments: [1, 2, 3, 7, 60, 400], [2, 5, 30, 1_000_000]) func isWhatTheDefinitionSays(count: Int, bound: Int) {
    for trial in 0..<10 {
      let scores = randomValues(count, below: bound, name: "front/scores\(trial)")
      let costs = randomValues(count, below: bound, name: "front/costs\(trial)")
      let front = ParetoFront(scores: scores, costs: costs)
      #expect(front.positions == definition(scores, costs))
      // Ranks count the different points.
      for (position, pair) in zip(front.positions, front.positions.dropFirst()).enumerated() {
        let isEqual = (scores[pair.0], costs[pair.0]) == (scores[pair.1], costs[pair.1])
        #expect(front.ranks[position + 1] == front.ranks[position] + (isEqual ? 0 : 1))
      }
      #expect(front.ranks.first == 1)
    }
  }

  @Test func equalPointsAreInTogether() {
    let front = ParetoFront(scores: [3, 1, 3, 2, 1], costs: [5, 1, 5, 5, 2])
    #expect(front.positions == [1, 0, 2])
    #expect(front.ranks == [1, 2, 2])
  }

  @Test func whatIsNotFiniteIsNeverIn() {
    let front = ParetoFront(scores: [.nan, 1, .infinity, 2, 0], costs: [0, 1, 1, .nan, -.infinity])
    #expect(front.positions == [1])
    #expect(ParetoFront(scores: [], costs: []).positions == [])
  }
}
