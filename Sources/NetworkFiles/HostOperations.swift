import Foundation

// Arithmetic on numbers that are known when a network is read.
extension HostTensor {
  /// A function of each number.
  func map(_ kind: Kind? = nil, _ body: (Double) -> Double) -> HostTensor {
    HostTensor(shape: shape, kind: kind ?? self.kind, numbers: numbers.map(body))
  }

  /// A function of two, with broadcasting; nil where the shapes do not fit.
  static func combine(
    _ left: HostTensor, _ right: HostTensor, _ kind: Kind? = nil, _ body: (Double, Double) -> Double
  ) -> HostTensor? {
    guard let shape = broadcast(left.shape, right.shape), let a = left.expanded(to: shape),
      let b = right.expanded(to: shape)
    else { return nil }
    let common = left.kind == .float || right.kind == .float ? Kind.float : left.kind
    return HostTensor(
      shape: shape, kind: kind ?? common, numbers: zip(a.numbers, b.numbers).map { body($0, $1) })
  }

  /// The shape of what two make together; nil where they do not fit.
  static func broadcast(_ left: [Int], _ right: [Int]) -> [Int]? {
    let rank = max(left.count, right.count)
    let a = Array(repeating: 1, count: rank - left.count) + left
    let b = Array(repeating: 1, count: rank - right.count) + right
    var result: [Int] = []
    for (x, y) in zip(a, b) {
      guard x == y || x == 1 || y == 1 else { return nil }
      result.append(x == 1 ? y : x)
    }
    return result
  }

  /// Repeated along the axes of one.
  func expanded(to shape: [Int]) -> HostTensor? {
    guard shape != self.shape else { return self }
    guard self.shape.count <= shape.count, Self.size(shape) != nil else { return nil }
    let own = Array(repeating: 1, count: shape.count - self.shape.count) + self.shape
    guard zip(own, shape).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
    let strides = zip(own, Self.strides(own)).map { $0 == 1 ? 0 : $1 }
    return gathered(shape, strides, 0)
  }

  /// The numbers at 0 + strides * index, for every index of a shape.
  func gathered(_ shape: [Int], _ strides: [Int], _ first: Int) -> HostTensor {
    var places = [first]
    for (extent, stride) in zip(shape, strides) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    return HostTensor(shape: shape, kind: kind, numbers: places.map { numbers[$0] })
  }

  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// Numbers of a shape; nil where they are more than are read.
  static func size(_ shape: [Int]) -> Int? {
    var count = 1
    for extent in shape {
      guard extent >= 0, extent <= limit else { return nil }
      count *= extent
      guard count <= limit else { return nil }
    }
    return count
  }

  func reshaped(_ shape: [Int]) -> HostTensor? {
    Self.size(shape) == numbers.count ? HostTensor(shape: shape, kind: kind, numbers: numbers) : nil
  }

  func transposed(_ order: [Int]) -> HostTensor {
    let strides = Self.strides(shape)
    return gathered(order.map { shape[$0] }, order.map { strides[$0] }, 0)
  }

  /// Some of the indices of an axis.
  func taken(_ indices: [Int], axis: Int) -> HostTensor {
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    var result: [Double] = []
    for block in 0..<outer {
      for index in indices {
        let start = (block * shape[axis] + index) * inner
        result += numbers[start..<start + inner]
      }
    }
    var shape = shape
    shape[axis] = indices.count
    return HostTensor(shape: shape, kind: kind, numbers: result)
  }

  static func concatenated(_ parts: [HostTensor], axis: Int) -> HostTensor? {
    guard let first = parts.first, first.shape.indices.contains(axis) else { return nil }
    let outer = first.shape[..<axis].reduce(1, *)
    var shape = first.shape
    shape[axis] = 0
    for part in parts {
      guard part.shape.count == shape.count else { return nil }
      for other in shape.indices where other != axis && part.shape[other] != first.shape[other] { return nil }
      shape[axis] += part.shape[axis]
    }
    var numbers: [Double] = []
    for block in 0..<outer {
      for part in parts {
        let size = part.numbers.count / max(outer, 1)
        numbers += part.numbers[block * size..<(block + 1) * size]
      }
    }
    return HostTensor(shape: shape, kind: first.kind, numbers: numbers)
  }

  /// One number for some axes.
  func reduced(_ axes: Set<Int>, keeps: Bool, _ body: ([Double]) -> Double) -> HostTensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    let order = kept + axes.sorted()
    let turned = transposed(order)
    let size = axes.reduce(1) { $0 * shape[$1] }
    let count = kept.reduce(1) { $0 * shape[$1] }
    let numbers = (0..<count).map { body(Array(turned.numbers[$0 * size..<($0 + 1) * size])) }
    let result = keeps ? shape.indices.map { axes.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
    return HostTensor(shape: result, kind: kind, numbers: numbers)
  }
}
