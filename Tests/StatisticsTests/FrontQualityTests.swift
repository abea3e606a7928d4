import Statistics
import TestSupport
import Testing

@Suite struct FrontQualityTests {
  /// Unit squares that a point dominates, one by one.
  private func squares(_ points: [(cost: Int, accuracy: Int)], reference: (cost: Int, accuracy: Int)) -> Int {
    let highest = points.map(\.accuracy).max() ?? 0
    let lowest = points.map(\.cost).min() ?? 0
    var count = 0
    for cost in min(lowest, reference.cost)..<reference.cost {
      for accuracy in reference.accuracy..<max(highest, reference.accuracy)
      where points.contains(where: { $0.cost <= cost && $0.accuracy > accuracy }) { count += 1 }
    }
    return count
  }

  @Test(arguments: 0..<20) func hypervolumesAreAreas(trial: Int) {
    let costs = randomIntegers(12, below: 25, name: "area/costs\(trial)")
    let accuracies = randomIntegers(12, below: 25, name: "area/accuracies\(trial)")
    let points = zip(costs, accuracies).map { (cost: $0, accuracy: $1) }
    // Some points do not dominate the reference point.
    let area = Hypervolume(reference: .init(cost: 20, accuracy: 4))
      .area(of: points.map { .init(cost: Double($0.cost), accuracy: Double($0.accuracy)) })
    #expect(area == Double(squares(points, reference: (20, 4))))
  }

  /// Four architectures, of which the score likes the second and the fourth.
  @Test func qualityIsComputedByHand() throws {
    let costs = [1.0, 1, 2, 4]
    let accuracies = [60.0, 70, 90, 80]
    let worth = try #require(
      FrontQuality(of: ParetoFront(scores: [1, 2, 1.5, 3], costs: costs), accuracies: accuracies, costs: costs))
    #expect(worth.count == 2)
    // 0 at a cost of 1, 90 - 80 at 4.
    #expect(worth.regret == 5)
    // 70 - 65 and 90 - 75.
    #expect(worth.randomRegret == 10)
    // Budgets 1, 1, 2 and 4: 70 - 70 twice, 90 - 70 and 90 - 80.
    #expect(worth.budgetRegret == 7.5)
    // 5 twice, 90 - 220 / 3 and 90 - 75.
    #expect(abs(worth.randomBudgetRegret - (5 + 5 + 50 / 3.0 + 15) / 4) < 1e-12)
    // Above 60 and up to a cost of 4: 10 wide 3; the truth 10 wide 1, then 30 wide 2.
    #expect(worth.hypervolumeShare == 30.0 / 70)
    // Pairs of the four: 0, 1: 30; 0, 2: 60; 0, 3: 0; 1, 2: 70; 1, 3: 30; 2, 3: 60.
    let random = try #require(worth.randomHypervolumeShare)
    #expect(abs(random - 250.0 / 6 / 70) < 0.03)
  }

  @Test(arguments: 0..<10) func regretsFollowTheirDefinition(trial: Int) throws {
    let count = 80
    let costs = randomValues(count, below: 15, name: "worth/costs\(trial)")
    let scores = randomValues(count, below: 9, name: "worth/scores\(trial)")
    let accuracies = randomValues(count, below: 1000, name: "worth/accuracies\(trial)")
    let front = ParetoFront(scores: scores, costs: costs)
    let worth = try #require(FrontQuality(of: front, accuracies: accuracies, costs: costs))
    func within(_ budget: Double) -> [Double] { (0..<count).filter { costs[$0] <= budget }.map { accuracies[$0] } }
    /// One of those with the highest score within a budget, and of those the lowest cost.
    func regret(_ budget: Double) -> Double {
      let all = (0..<count).filter { costs[$0] <= budget }
      let score = all.map { scores[$0] }.max() ?? 0
      let likely = all.filter { scores[$0] == score }
      let cost = likely.map { costs[$0] }.min() ?? 0
      return (within(budget).max() ?? 0) - likely.filter { costs[$0] == cost }.map { accuracies[$0] }.mean
    }
    func randomRegret(_ budget: Double) -> Double { (within(budget).max() ?? 0) - within(budget).mean }
    let budgets = Set(front.positions.map { costs[$0] })
    #expect(worth.count == budgets.count)
    #expect(abs(worth.regret - budgets.map(regret).mean) < 1e-9)
    #expect(abs(worth.randomRegret - budgets.map(randomRegret).mean) < 1e-9)
    #expect(abs(worth.budgetRegret - costs.map(regret).mean) < 1e-9)
    #expect(abs(worth.randomBudgetRegret - costs.map(randomRegret).mean) < 1e-9)
  }

  /// A score that is the accuracy chooses the true front, one that knows nothing chooses at random.
  @Test func boundsAreReached() throws {
    let costs = randomValues(200, below: 10_000, name: "bounds/costs")
    let accuracies = randomValues(200, below: 10_000, name: "bounds/accuracies")
    let truth = try #require(
      FrontQuality(of: ParetoFront(scores: accuracies, costs: costs), accuracies: accuracies, costs: costs))
    #expect(truth.regret == 0 && truth.budgetRegret == 0 && truth.hypervolumeShare == 1)
    #expect(try #require(truth.randomHypervolumeShare) < 1)
    let equal = [Double](repeating: 1, count: 200)
    let blind = try #require(
      FrontQuality(of: ParetoFront(scores: equal, costs: equal), accuracies: accuracies, costs: equal))
    #expect(blind.count == 1)
    #expect(abs(blind.regret - blind.randomRegret) < 1e-9)
    // All of one cost dominate no area.
    #expect(blind.hypervolumeShare == nil && blind.randomHypervolumeShare == nil)
    #expect(FrontQuality(of: ParetoFront(scores: [], costs: []), accuracies: [], costs: []) == nil)
  }

  @Test func accuraciesAtACost() {
    let known = AccuracyAtCost(accuracies: [50, 70, 60], costs: [3, 2, 5])
    #expect(known.best(atMost: 1.9) == nil && known.mean(atMost: 1.9) == nil)
    #expect(known.best(atMost: 2) == 70 && known.mean(atMost: 2.5) == 70)
    #expect(known.best(atMost: 3) == 70 && known.mean(atMost: 3) == 60)
    #expect(known.mean(atMost: .infinity) == 60)
    #expect(AccuracyAtCost(accuracies: [], costs: []).best(atMost: 1) == nil)
  }
}
