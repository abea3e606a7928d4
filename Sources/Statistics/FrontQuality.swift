import Randomness

/// How good a front that was chosen without training is, where accuracies are known.
///
/// It answers two questions. Somebody who has a budget takes the front's last member within it: how far below the best
/// accuracy within the budget is that member's (the simple regret), and how far below it is a random choice? Somebody
/// else trains the whole front: which share of the true front's hypervolume do its accuracies dominate, and which share
/// do as many random architectures dominate? The share alone flatters a front, because a good member hides bad ones
/// beside it.
///
/// Members that are equal in score and cost count as one choice, made among them at random.
public struct FrontQuality: Hashable, Sendable {
  /// The number of ranks of the front: members that are equal in score and cost share one.
  public let count: Int
  /// How far the accuracy of a rank is below the best accuracy among all architectures that cost no more, in percentage
  /// points: the mean over the ranks. Never negative.
  public let regret: Double
  /// `regret` for a random choice among all architectures that cost no more.
  public let randomRegret: Double
  /// The mean regret over budgets, in percentage points, where the cost of every architecture is a budget once and the
  /// choice is the last rank that costs no more. Unlike `regret` it has the same budgets for every front of these
  /// architectures, so fronts can be compared by it.
  public let budgetRegret: Double
  /// `budgetRegret` for a random choice within the budget. It does not depend on the front.
  public let randomBudgetRegret: Double
  /// The hypervolume of the accuracies of one member of each rank, divided by that of the true front, from 0 to 1.
  ///
  /// Where members share a rank it is the mean over random choices among them. Nil where the true front has no area
  /// because all architectures have one cost or one accuracy. `Hypervolume` says what the reference point is.
  public let hypervolumeShare: Double?
  /// The mean `hypervolumeShare` of as many architectures as the front has ranks, drawn without replacement.
  public let randomHypervolumeShare: Double?

  /// Judges a front; nil for an empty one.
  ///
  /// - Parameters:
  ///   - front: the front of these architectures by some score.
  ///   - accuracies: the accuracies of all architectures, in percent.
  ///   - costs: the costs of all architectures, in any unit.
  ///   - seed: the seed of the random draws.
  public init?(of front: ParetoFront, accuracies: [Double], costs: [Double], seed: UInt64 = 1) {
    let atCost = AccuracyAtCost(accuracies: accuracies, costs: costs)
    let ranks = front.groups
    guard !ranks.isEmpty else { return nil }
    count = ranks.count
    func regret(of rank: [Int], budget: Double) -> Double {
      // Rounding may put the mean of equal accuracies above each of them.
      max(0, (atCost.best(atMost: budget) ?? .nan) - rank.map { accuracies[$0] }.mean)
    }
    func randomRegret(budget: Double) -> Double {
      max(0, (atCost.best(atMost: budget) ?? .nan) - (atCost.mean(atMost: budget) ?? .nan))
    }
    self.regret = ranks.map { regret(of: $0, budget: costs[$0[0]]) }.mean
    self.randomRegret = ranks.map { randomRegret(budget: costs[$0[0]]) }.mean
    let budgets = costs.sorted()
    var rank = 0
    budgetRegret =
      budgets.map { budget in
        while rank + 1 < ranks.count, costs[ranks[rank + 1][0]] <= budget { rank += 1 }
        return regret(of: ranks[rank], budget: budget)
      }.mean
    randomBudgetRegret = budgets.map(randomRegret).mean

    let points = zip(costs, accuracies).map { Hypervolume.Point(cost: $0, accuracy: $1) }
    let trueFront = ParetoFront(scores: accuracies, costs: costs).positions
    guard let hypervolume = Hypervolume(of: points),
      case let whole = hypervolume.area(of: trueFront.map { points[$0] }), whole > 0
    else {
      hypervolumeShare = nil
      randomHypervolumeShare = nil
      return
    }
    let draws = Self.draws(of: ranks.count)
    let choices = RandomStream(seed: seed, domain: .resampling, name: "front")
    let chosen = (0..<(ranks.count == front.positions.count ? 1 : draws)).map { draw in
      hypervolume.area(
        of: ranks.enumerated().map { number, rank in
          points[rank[choices.index(draw * ranks.count + number, below: rank.count)]]
        })
    }
    hypervolumeShare = chosen.mean / whole
    // The first steps of a shuffle give a uniform sample whatever the order before it, so one pool serves all draws.
    let stream = RandomStream(seed: seed, domain: .resampling, name: "random front")
    var pool = Array(points)
    let random = (0..<draws).map { draw in
      for step in ranks.indices {
        pool.swapAt(step, step + stream.index(draw * ranks.count + step, below: pool.count - step))
      }
      return hypervolume.area(of: Array(pool[..<ranks.count]))
    }
    randomHypervolumeShare = random.mean / whole
  }

  /// How often so many architectures are drawn: less often for more than a thousand, whose draws differ less.
  private static func draws(of count: Int) -> Int { min(1000, max(10, 1_000_000 / max(count, 1))) }
}
