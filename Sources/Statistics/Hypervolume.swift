/// The area of cost and accuracy that a set of architectures dominates (the size of the space covered in Zitzler and
/// Thiele, "Multiobjective Optimization Using Evolutionary Algorithms", PPSN 1998).
///
/// The area ends at a reference point, which every architecture of a study dominates or equals: the highest cost and
/// the lowest accuracy among all of them. The quotient of two areas with one reference point has no unit.
public struct Hypervolume: Hashable, Sendable {
  /// An architecture as a point of the plane.
  public struct Point: Hashable, Sendable {
    /// In any unit; less is better.
    public var cost: Double
    /// In percent; more is better.
    public var accuracy: Double

    /// A point at a cost in any unit and an accuracy in percent.
    public init(cost: Double, accuracy: Double) {
      self.cost = cost
      self.accuracy = accuracy
    }
  }

  /// The point where the area ends; points that do not dominate it add nothing.
  public let reference: Point

  /// Areas up to a reference point of the caller's choice.
  public init(reference: Point) { self.reference = reference }

  /// Areas up to the highest cost and the lowest accuracy of these points, all those of a study; nil for no points.
  public init?(of points: [Point]) {
    guard let cost = points.map(\.cost).max(), let accuracy = points.map(\.accuracy).min() else { return nil }
    self.init(reference: Point(cost: cost, accuracy: accuracy))
  }

  /// The area that points dominate, in percent times the unit of the cost.
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
