import Randomness

/// What a front that was chosen without training is worth where accuracies are known.
///
/// Two questions. Who has a budget takes the front's last member within it: how far from the best within the budget is its
/// accuracy (the simple regret), and how far would a random choice be? And who trains the whole front: which share of the
/// true front's hypervolume do its accuracies dominate, and which would as many random architectures? The share alone
/// flatters, since it forgives all but the best of neighbours.
///
/// Members that are equal in score and cost are one choice, made among them at random.
public struct FrontQuality: Hashable, Sendable {
  /// How many choices the front offers: its ranks.
  public let count: Int
  /// How much higher the best accuracy among all architectures that cost no more is than that of the choice, in percentage
  /// points, mean over the ranks. Never negative.
  public let regret: Double
  /// The same for a random choice among all architectures that cost no more.
  public let randomRegret: Double
  /// The regret where the budget is the cost of any of the architectures: mean over all of them of the regret of the last
  /// rank that costs no more. Unlike `regret` it has the same budgets for every front of these architectures, so that fronts
  /// may be compared.
  public let budgetRegret: Double
  /// The same for a random choice within the budget: it does not depend on the front.
  public let randomBudgetRegret: Double
  /// The hypervolume of the accuracies of one member a rank divided by that of the true front, from 0 to 1; nil where that
  /// is zero because all architectures have one cost or one accuracy. The reference point is the highest cost and the lowest
  /// accuracy of all architectures (see `Hypervolume`). Where ranks are shared, the mean over random choices.
  public let hypervolumeShare: Double?
  /// The mean share of as many architectures as the front has ranks, drawn at random without replacement.
  public let randomHypervolumeShare: Double?

  /// Nil for an empty front.
  ///
  /// - Parameters:
  ///   - front: of these architectures by some score.
  ///   - accuracies: of all architectures, in percent.
  ///   - costs: of all architectures, in any unit.
  ///   - seed: of the random draws.
  public init?(of front: ParetoFront, accuracies: [Double], costs: [Double], seed: UInt64 = 1) {
    let atCost = AccuracyAtCost(accuracies: accuracies, costs: costs)
    let ranks = front.groups
    guard !ranks.isEmpty else { return nil }
    count = ranks.count
    func regret(of rank: [Int], budget: Double) -> Double {
      // A mean of equal accuracies may be rounded up.
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

  /// How often to draw as many architectures; a front of more than a thousand less often, since its draws differ less.
  private static func draws(of count: Int) -> Int { min(1000, max(10, 1_000_000 / max(count, 1))) }
}
