/// The points with a score and a cost that no other point dominates.
///
/// A point dominates another where its score is not lower, its cost is not higher, and one of the two is better. Points
/// that are equal in both do not dominate each other: all of them are in the front, or none. A point with a score or a
/// cost that is not finite is never in it.
public struct ParetoFront: Hashable, Sendable {
  /// The positions of the front's points among those given, cheapest first, and so with the lowest score first. Equal
  /// points keep the order in which they were given.
  public let positions: [Int]
  /// The rank of each of `positions`. The cheapest has rank 1, and equal points share a rank.
  public let ranks: [Int]

  /// Finds the front in O(n log n).
  ///
  /// - Parameters:
  ///   - scores: one number a point, in any unit; more is better.
  ///   - costs: one number a point, in any unit; less is better.
  public init(scores: [Double], costs: [Double]) {
    let points = zip(scores, costs).enumerated().filter { $1.0.isFinite && $1.1.isFinite }
      .map { (position: $0, score: $1.0, cost: $1.1) }
      .sorted { ($0.cost, $1.score, $0.position) < ($1.cost, $0.score, $1.position) }
    var positions: [Int] = []
    var ranks: [Int] = []
    var last: (score: Double, cost: Double)?
    for point in points {
      let isEqual = last.map { $0 == (point.score, point.cost) } ?? false
      guard isEqual || point.score > last?.score ?? -.infinity else { continue }
      positions.append(point.position)
      ranks.append((ranks.last ?? 0) + (isEqual ? 0 : 1))
      last = (point.score, point.cost)
    }
    self.positions = positions
    self.ranks = ranks
  }

  /// The positions by rank: those of rank 1 come first.
  var groups: [[Int]] {
    var groups: [[Int]] = []
    for (rank, position) in zip(ranks, positions) {
      if rank > groups.count { groups.append([]) }
      groups[rank - 1].append(position)
    }
    return groups
  }
}
