import NetworkGraph

/// Which axis of a tensor the images are counted on. For an image the axis has so many indices less; `outer` of them
/// stand outside the images and the others inside: of `outer` = 1 each image has its indices side by side.
struct ImagePlace: Hashable {
  var axis: Int
  var outer = 1

  static let first = ImagePlace(axis: 0)
  /// Of a tensor that is the same for all.
  static let none = ImagePlace(axis: -1)
}

/// A tensor of a file as units of a network's value: which unit an index stands for.
///
/// A value has channels and positions, a tensor any number of axes, one of which is the batch. Each axis is a list of
/// factors, the outermost first: an index of the axis is one of each of them, and each moves by a step among the
/// value's units. So permutations, slices, repetitions and most changes of shape copy nothing.
struct TensorView {
  struct Factor: Hashable {
    var count: Int
    var step: Arrangement.Step
  }

  var value: ValueID
  /// The unit that the index 0, 0, ... stands for.
  var origin = Arrangement.Step()
  /// For one image: the axis of the batch has so many indices an image.
  var axes: [[Factor]]
  /// Where the images are among the axes.
  var images: ImagePlace

  /// The axis that the images are counted on; -1 for a tensor that is the same for all.
  var batchAxis: Int {
    get { images.axis }
    set { images.axis = newValue }
  }

  /// Whether it is the same for every image.
  var isShared: Bool { images.axis < 0 }

  /// Indices of an axis, for one image.
  func extent(_ axis: Int) -> Int { axes[axis].reduce(1) { $0 * $1.count } }

  var extents: [Int] { axes.indices.map(extent) }

  /// Units of an image.
  var count: Int { extents.reduce(1, *) }

  /// The factors of some axes, one after the other, those that one loop carries out as one.
  func factors(_ axes: [Int]) -> [Factor] { Self.merged(axes.flatMap { self.axes[$0] }) }

  static func merged(_ factors: [Factor]) -> [Factor] {
    var merged: [Factor] = []
    for factor in factors where factor.count != 1 {
      if let last = merged.last,
        last.step
          == Arrangement.Step(
            channels: factor.step.channels * factor.count, positions: factor.step.positions * factor.count)
      {
        merged[merged.count - 1] = Factor(count: last.count * factor.count, step: factor.step)
      } else {
        merged.append(factor)
      }
    }
    return merged
  }

  /// Whether every unit of a value of this shape stands at exactly one index.
  func isDense(_ shape: TensorShape) -> Bool {
    guard origin == Arrangement.Step(), count == shape.count else { return false }
    let factors = axes.flatMap { $0 }.filter { $0.count != 1 }
    let channels = factors.filter { $0.step.positions == 0 }.map { ($0.count, $0.step.channels) }
    let positions = factors.filter { $0.step.channels == 0 && $0.step.positions != 0 }.map {
      ($0.count, $0.step.positions)
    }
    func fills(_ factors: [(count: Int, step: Int)], _ total: Int) -> Bool {
      var reach = 1
      for factor in factors.sorted(by: { $0.step < $1.step }) {
        guard factor.step == reach else { return false }
        reach *= factor.count
      }
      return reach == total
    }
    return channels.count + positions.count == factors.count && fills(channels, shape.channels)
      && fills(positions, shape.positions)
  }

  /// An axis with the same indices in factors of these counts; nil where they do not divide its own.
  static func split(_ factors: [Factor], into counts: [Int]) -> [[Factor]]? {
    var rest = Self.merged(factors)[...]
    var result: [[Factor]] = []
    for count in counts {
      var needed = count
      var own: [Factor] = []
      while needed > 1 {
        guard var factor = rest.first else { return nil }
        if needed.isMultiple(of: factor.count) {
          own.append(factor)
          needed /= factor.count
          rest = rest.dropFirst()
        } else if factor.count.isMultiple(of: needed) {
          let inner = factor.count / needed
          own.append(
            Factor(
              count: needed,
              step: Arrangement.Step(
                channels: factor.step.channels * inner, positions: factor.step.positions * inner)))
          factor.count = inner
          rest[rest.startIndex] = factor
          needed = 1
        } else {
          return nil
        }
      }
      result.append(own)
    }
    return rest.isEmpty ? result : nil
  }

  /// The same units with other axes; nil where a factor would have to be cut elsewhere than between its indices.
  ///
  /// - Parameter extents: for one image.
  func reshaped(_ extents: [Int], images: ImagePlace) -> TensorView? {
    guard let axes = Self.split(axes.flatMap { $0 }, into: extents) else { return nil }
    return TensorView(value: value, origin: origin, axes: axes, images: images)
  }

  func transposed(_ order: [Int]) -> TensorView {
    var result = self
    result.axes = order.map { axes[$0] }
    result.batchAxis = order.firstIndex(of: batchAxis) ?? batchAxis
    return result
  }

  /// Indices first, first + step, ... of an axis that is one factor; nil where it is several.
  func sliced(_ axis: Int, first: Int, step: Int, count: Int) -> TensorView? {
    let factors = Self.merged(axes[axis])
    if factors.isEmpty { return count == 1 ? self : nil }
    // Whole rounds of the innermost factors are a slice of the outermost.
    let inner = factors.dropFirst().reduce(1) { $0 * $1.count }
    guard factors.count == 1 || step == 1 && first.isMultiple(of: inner) && count.isMultiple(of: inner) else {
      return nil
    }
    var result = self
    let (start, rounds, stride) = factors.count == 1 ? (first, count, step) : (first / inner, count / inner, 1)
    result.origin.channels += factors[0].step.channels * start
    result.origin.positions += factors[0].step.positions * start
    result.axes[axis] =
      [
        Factor(
          count: rounds,
          step: Arrangement.Step(
            channels: factors[0].step.channels * stride, positions: factors[0].step.positions * stride))
      ] + factors.dropFirst()
    return result
  }

  /// An axis of one index repeated.
  func repeated(_ axis: Int, _ count: Int) -> TensorView {
    var result = self
    result.axes[axis] = count == 1 ? [] : [Factor(count: count, step: Arrangement.Step())]
    return result
  }

  /// With axes of one index before the others.
  func padded(rank: Int) -> TensorView {
    var result = self
    let added = max(0, rank - axes.count)
    result.axes = Array(repeating: [], count: added) + axes
    if !isShared { result.batchAxis += added }
    return result
  }
}

/// Which axes of a tensor are a value's channels, and which its positions.
struct TensorLayout {
  var channels: [Int]
  var positions: [Int]

  /// [batch, channels, rows, columns], or with fewer or more axes behind the channels.
  static func image(rank: Int) -> TensorLayout {
    TensorLayout(channels: rank > 1 ? [1] : [], positions: [0] + (rank > 2 ? Array(2..<rank) : []))
  }

  /// The last axis is the channels.
  static func tokens(rank: Int) -> TensorLayout {
    TensorLayout(channels: rank > 0 ? [rank - 1] : [], positions: Array(0..<max(0, rank - 1)))
  }

  /// The steps of a dense value that has these axes, by axis: those of its channels and of its positions.
  func steps(_ extents: [Int]) -> [Arrangement.Step] {
    var steps = [Arrangement.Step](repeating: Arrangement.Step(), count: extents.count)
    var reach = 1
    for axis in channels.reversed() {
      steps[axis].channels = reach
      reach *= extents[axis]
    }
    reach = 1
    for axis in positions.reversed() {
      steps[axis].positions = reach
      reach *= extents[axis]
    }
    return steps
  }

  /// The view of a dense value that has these axes.
  func view(of value: ValueID, _ extents: [Int], images: ImagePlace) -> TensorView {
    let axes = zip(extents, steps(extents)).map { extent, step in
      extent == 1 ? [] : [TensorView.Factor(count: extent, step: step)]
    }
    return TensorView(value: value, axes: axes, images: images)
  }

  /// The shape of that value: the last axis of positions is its columns, the others its rows.
  func shape(_ extents: [Int]) -> TensorShape {
    TensorShape(
      channels: channels.reduce(1) { $0 * extents[$1] },
      height: positions.dropLast().reduce(1) { $0 * extents[$1] }, width: positions.last.map { extents[$0] } ?? 1)
  }
}
