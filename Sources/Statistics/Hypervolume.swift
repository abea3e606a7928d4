/// The area of cost and accuracy that a set of architectures dominates (Zitzler and Thiele, "Multiobjective Optimization
/// Using Evolutionary Algorithms", PPSN 1998: the size of the space covered).
///
/// Bounded by a reference point, which every architecture of a study dominates or equals: the highest cost and the lowest
/// accuracy among all of them. Quotients of two areas with one reference depend on the units of neither.
public struct Hypervolume: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    /// In any unit; less is better.
    public var cost: Double
    /// In percent; more is better.
    public var accuracy: Double

    public init(cost: Double, accuracy: Double) {
      self.cost = cost
      self.accuracy = accuracy
    }
  }

  public let reference: Point

  public init(reference: Point) { self.reference = reference }

  /// The reference point of all architectures of a study; nil where there are none.
  public init?(of points: [Point]) {
    guard let cost = points.map(\.cost).max(), let accuracy = points.map(\.accuracy).min() else { return nil }
    self.init(reference: Point(cost: cost, accuracy: accuracy))
  }

  /// The area in percent times the unit of the cost. What does not dominate the reference point adds nothing.
  public func area(of points: [Point]) -> Double {
    var area = 0.0
    var height = 0.0
    var start = reference.cost
    for point in points.sorted(by: { $0.cost < $1.cost }) {
      guard point.cost < reference.cost else { break }
      let above = point.accuracy - reference.accuracy
      guard above > height else { continue }
      area += height * (point.cost - start)
      (height, start) = (above, point.cost)
    }
    return area + height * (reference.cost - start)
  }
}
