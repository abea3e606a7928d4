/// Rank correlation of paired observations, prepared once and evaluated under any multiplicities of the observations.
///
/// Sorting does not depend on how often an observation counts, so a bootstrap prepares each pair of variables once and
/// evaluates every resample from the stored ranks.
public struct RankCorrelation: Sendable {
  /// Kendall's and Spearman's coefficients of the same observations, each in -1 ... 1.
  public struct Coefficients: Hashable, Sendable {
    /// tau-b, which corrects for ties in either variable (Kendall, Biometrika 33, 1945).
    public var kendallTauB: Double
    /// Pearson's correlation of the mid-ranks (Spearman, American Journal of Psychology 15, 1904).
    public var spearmanRho: Double

    /// Coefficients that were computed elsewhere.
    public init(kendallTauB: Double, spearmanRho: Double) {
      self.kendallTauB = kendallTauB
      self.spearmanRho = spearmanRho
    }
  }

  /// Dense ranks from 0, one for each observation.
  private struct Ranks: Sendable {
    var values: [Int32]
    /// The number of different ranks.
    var count: Int

    /// Ranks in the order of `order`, which sorts the observations; `isNew` tells where a value differs from the one
    /// before.
    init(along order: [Int], isNew: (_ previous: Int, _ next: Int) -> Bool) {
      var values: [Int32] = []
      values.reserveCapacity(order.count)
      var rank: Int32 = 0
      for (position, index) in order.enumerated() {
        if position > 0, isNew(order[position - 1], index) { rank += 1 }
        values.append(rank)
      }
      self.values = values
      self.count = order.isEmpty ? 0 : Int(rank) + 1
    }
  }

  /// The observations in the order of (x, y).
  private let order: [Int]
  /// The ranks of x, in the order of `order`.
  private let xRanks: Ranks
  /// The ranks of y, in the order of `order`.
  private let yRanks: Ranks
  /// Two observations share a rank where both variables are tied.
  private let pairRanks: Ranks

  /// Sorts the observations.
  ///
  /// Infinite values are ranked like any other. Nil where the lengths differ, where there are more than 2^31 - 1
  /// observations, or where a value is NaN, because that has no rank: the caller drops such observations first.
  public init?(_ x: [Double], _ y: [Double]) {
    guard x.count == y.count, x.count <= Int(Int32.max) else { return nil }
    guard !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else { return nil }
    let yOrder = y.indices.sorted { y[$0] < y[$1] }
    var yRanks = Ranks(along: yOrder) { y[$0] != y[$1] }
    var yRank = [Int32](repeating: 0, count: y.count)
    for (index, rank) in zip(yOrder, yRanks.values) { yRank[index] = rank }
    let order = x.indices.sorted { (x[$0], yRank[$0]) < (x[$1], yRank[$1]) }
    yRanks.values = order.map { yRank[$0] }
    self.order = order
    self.xRanks = Ranks(along: order) { x[$0] != x[$1] }
    self.yRanks = yRanks
    self.pairRanks = Ranks(along: order) { x[$0] != x[$1] || yRank[$0] != yRank[$1] }
  }

  /// The number of observations.
  public var count: Int { order.count }

  /// The coefficients, every observation counting once; nil where either variable has no two different values.
  public func coefficients() -> Coefficients? {
    coefficients(multiplicities: [Int](repeating: 1, count: count))
  }

  /// The coefficients of the observations repeated as often as `multiplicities` says, in O(n log n).
  ///
  /// The copies of one observation are ties of each other in both variables, exactly as if they had been written out.
  /// Nil where a variable has no two different values among the observations that count, and where `multiplicities` is
  /// of the wrong length, holds a negative number or adds up to more than 2^31 - 1.
  public func coefficients(multiplicities: [Int]) -> Coefficients? {
    var workspace = Workspace()
    return coefficients(multiplicities: multiplicities, workspace: &workspace)
  }

  func coefficients(multiplicities: [Int], workspace: inout Workspace) -> Coefficients? {
    guard multiplicities.count == count, let total = Self.total(multiplicities), total >= 2 else { return nil }
    workspace.weights.removeAll(keepingCapacity: true)
    workspace.weights.append(contentsOf: order.lazy.map { Int32(truncatingIfNeeded: multiplicities[$0]) })
    Self.count(workspace.weights, by: xRanks, into: &workspace.x)
    Self.count(workspace.weights, by: yRanks, into: &workspace.y)
    Self.count(workspace.weights, by: pairRanks, into: &workspace.both)
    let pairs = pairCount(total)
    let untiedX = pairs - tiedPairs(workspace.x)
    let untiedY = pairs - tiedPairs(workspace.y)
    guard untiedX > 0, untiedY > 0 else { return nil }

    // Knight (Journal of the American Statistical Association 61, 1966): concordant and discordant pairs together are
    // all pairs less those tied in x or in y, so that only the discordant ones need counting.
    let discordant = discordantPairs(&workspace)
    let concordantOrDiscordant = untiedX + untiedY - pairs + tiedPairs(workspace.both)
    let difference = concordantOrDiscordant - 2 * discordant
    // One root of the product, so that perfect agreement is exactly 1.
    let tau = Double(difference) / (Double(untiedX) * Double(untiedY)).squareRoot()
    return Coefficients(kendallTauB: min(max(tau, -1), 1), spearmanRho: rho(&workspace, total: total))
  }

  /// The sum of the multiplicities; nil where one is negative or the sum has more than 31 bits.
  private static func total(_ multiplicities: [Int]) -> Int? {
    var total = 0
    for multiplicity in multiplicities {
      // The bound keeps every product of two counts below 2^62.
      guard multiplicity >= 0, multiplicity <= Int(Int32.max) - total else { return nil }
      total += multiplicity
    }
    return total
  }
}

extension RankCorrelation {
  /// The memory of one evaluation, to be kept for the next: for thousands of observations, getting it from the system
  /// and giving it back each time cost a quarter of the run time.
  struct Workspace {
    /// The multiplicities in the order of the observations.
    fileprivate var weights: [Int32] = []
    /// How often each rank of x, of y and of the pair occurs.
    fileprivate var x: [Int32] = []
    fileprivate var y: [Int32] = []
    fileprivate var both: [Int32] = []
    fileprivate var tree: [Int32] = []
    fileprivate var xRanks: [Double] = []
    fileprivate var yRanks: [Double] = []
  }

  private static func count(_ weights: [Int32], by ranks: Ranks, into counts: inout [Int32]) {
    clear(&counts, count: ranks.count)
    counts.withUnsafeMutableBufferPointer { counts in
      for (rank, weight) in zip(ranks.values, weights) { counts[Int(rank)] &+= weight }
    }
  }

  private static func clear<Value: Numeric>(_ array: inout [Value], count: Int) {
    array.removeAll(keepingCapacity: true)
    array.append(contentsOf: repeatElement(0, count: count))
  }

  /// Pairs of observations that x and y order in opposite ways.
  ///
  /// Observations enter a binary tree over the ranks of y in the order of (x, y); each is discordant with those before
  /// it of a greater y. Ties in x enter in the order of y, so they are never counted. Every inner node holds what
  /// entered below its right child: one walk from the leaf to the root both counts and enters, and unlike the two walks
  /// of a Fenwick tree it has the same length for every rank and no branch to mispredict.
  private func discordantPairs(_ workspace: inout Workspace) -> Int {
    var leaves = 1
    while leaves < yRanks.count { leaves *= 2 }
    var discordant = 0
    Self.clear(&workspace.tree, count: leaves)
    let weights = workspace.weights
    workspace.tree.withUnsafeMutableBufferPointer { tree in
      for (rank, weight) in zip(yRanks.values, weights) where weight > 0 {
        var greater: Int32 = 0
        var node = leaves &+ Int(rank)
        while node > 1 {
          let isRight = Int32(truncatingIfNeeded: node & 1)
          node &>>= 1
          let entered = tree[node]
          greater &+= entered & (isRight &- 1)
          tree[node] = entered &+ (weight & (0 &- isRight))
        }
        discordant &+= Int(weight) &* Int(greater)
      }
    }
    return discordant
  }

  /// Spearman's rho from the mid-ranks, doubled and centred to be integers: a rank that occurs c times after b lower
  /// values has 2 (b + (c + 1) / 2) - (N + 1) = 2 b + c - N.
  ///
  /// Sums are exact up to about 300,000 observations (N^3 / 3 below 2^53) and rounded in a fixed order beyond.
  private func rho(_ workspace: inout Workspace, total: Int) -> Double {
    let xVariance = Self.centre(&workspace.xRanks, counts: workspace.x, total: total)
    let yVariance = Self.centre(&workspace.yRanks, counts: workspace.y, total: total)
    var covariance = 0.0
    for position in order.indices {
      let (xRank, yRank) = (Int(xRanks.values[position]), Int(yRanks.values[position]))
      covariance += Double(workspace.weights[position]) * (workspace.xRanks[xRank] * workspace.yRanks[yRank])
    }
    return min(max(covariance / (xVariance * yVariance).squareRoot(), -1), 1)
  }

  /// Replaces `ranks` by the centred ranks and returns the sum of their squares over all observations.
  private static func centre(_ ranks: inout [Double], counts: [Int32], total: Int) -> Double {
    clear(&ranks, count: counts.count)
    return ranks.withUnsafeMutableBufferPointer { ranks in
      var before = 0
      var variance = 0.0
      for (position, count) in counts.enumerated() {
        let rank = Double(2 * before + Int(count) - total)
        ranks[position] = rank
        before += Int(count)
        variance += Double(count) * (rank * rank)
      }
      return variance
    }
  }

  private func pairCount(_ count: Int) -> Int { count * (count - 1) / 2 }

  private func tiedPairs(_ counts: [Int32]) -> Int { counts.reduce(0) { $0 &+ pairCount(Int($1)) } }
}
