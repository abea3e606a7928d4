// What networks are made of besides convolutions and pools: gates, attention, shuffles.
extension NetworkBuilder {
  /// Numbers that are the same for every image.
  ///
  /// - Parameters:
  ///   - shape: of the numbers.
  ///   - values: as many, [channel][row][column].
  /// - Throws: where there are more or fewer.
  public mutating func constant(
    _ name: String, _ shape: TensorShape, _ values: StoredTensor
  ) throws(NetworkError) -> ValueID {
    guard values.count == shape.count else {
      throw NetworkError(module: name, reason: "\(values.count) values are not \(shape)")
    }
    return append(.constant(values), [], shape, name)
  }

  /// A function of two values. One that has a single channel, or a single position, is repeated along the other's
  /// channels or positions. The output has the rows and columns of the one with more positions, the left one's where
  /// both have as many.
  ///
  /// - Throws: where channels or positions differ otherwise.
  public mutating func binary(
    _ name: String, _ function: BinaryFunction, _ left: ValueID, _ right: ValueID
  ) throws(NetworkError) -> ValueID {
    let (a, b) = (shape(of: left), shape(of: right))
    guard a.channels == b.channels || min(a.channels, b.channels) == 1,
      a.positions == b.positions || min(a.positions, b.positions) == 1
    else { throw NetworkError(module: name, reason: "cannot \(function.rawValue) \(a) and \(b)") }
    var shape = a.positions >= b.positions ? a : b
    shape.channels = max(a.channels, b.channels)
    return append(.binary(function), [left, right], shape, name)
  }

  /// The product of two values, one of which may have a single channel or position: squeeze and excitation.
  public mutating func multiply(_ left: ValueID, _ right: ValueID) throws(NetworkError) -> ValueID {
    try binary("", .multiply, left, right)
  }

  /// Units of values copied to other places.
  ///
  /// - Throws: where a part reads or writes a unit that does not exist.
  public mutating func arrange(
    _ name: String, _ values: [ValueID], into shape: TensorShape, _ arrangement: Arrangement
  ) throws(NetworkError) -> ValueID {
    guard min(shape.channels, shape.height, shape.width) > 0, shape.channels < 1 << 40,
      shape.positions < 1 << 40, arrangement.fits(inputs: values.map { self.shape(of: $0) }, output: shape)
    else { throw NetworkError(module: name, reason: "units are copied that do not exist") }
    return append(.arrangement(arrangement), values, shape, name)
  }

  /// Channels `range` of a value.
  ///
  /// - Throws: where they do not exist.
  public mutating func channels(_ range: Range<Int>, of value: ValueID) throws(NetworkError) -> ValueID {
    let input = shape(of: value)
    guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= input.channels else {
      throw NetworkError(
        module: "", reason: "\(input) has no channels \(range.lowerBound) to \(range.upperBound - 1)")
    }
    if range.count == input.channels { return value }
    let axes = [
      Arrangement.Axis(
        count: input.positions, source: Arrangement.Step(positions: 1), target: Arrangement.Step(positions: 1)),
      Arrangement.Axis(
        count: range.count, source: Arrangement.Step(channels: 1), target: Arrangement.Step(channels: 1)),
    ]
    let part = Arrangement.Part(source: Arrangement.Step(channels: range.lowerBound), axes: axes)
    let shape = TensorShape(channels: range.count, height: input.height, width: input.width)
    return try arrange("", [value], into: shape, Arrangement(parts: [part]))
  }

  /// The channels of `groups` groups taken in turn: ShuffleNet's shuffle.
  ///
  /// - Throws: where groups do not divide the channels.
  public mutating func shuffle(_ value: ValueID, groups: Int) throws(NetworkError) -> ValueID {
    let input = shape(of: value)
    guard groups > 0, input.channels.isMultiple(of: groups) else {
      throw NetworkError(module: "", reason: "\(groups) groups do not divide \(input.channels) channels")
    }
    let size = input.channels / groups
    let axes = [
      Arrangement.Axis(
        count: input.positions, source: Arrangement.Step(positions: 1), target: Arrangement.Step(positions: 1)),
      Arrangement.Axis(
        count: size, source: Arrangement.Step(channels: 1), target: Arrangement.Step(channels: groups)),
      Arrangement.Axis(
        count: groups, source: Arrangement.Step(channels: size), target: Arrangement.Step(channels: 1)),
    ]
    return try arrange("", [value], into: input, Arrangement(parts: [Arrangement.Part(axes: axes)]))
  }

  /// Products of matrices. The output has as many channels as the right matrices have columns, a row of positions a
  /// matrix, and in it the rows of the left one.
  ///
  /// - Throws: where the matrices do not fit.
  public mutating func matrixProduct(
    _ name: String, _ left: ValueID, _ right: ValueID, _ product: MatrixProduct
  ) throws(NetworkError) -> ValueID {
    let (a, b) = (shape(of: left), shape(of: right))
    guard product.count > 0, a.positions.isMultiple(of: product.count), b.positions.isMultiple(of: product.count)
    else { throw NetworkError(module: name, reason: "\(a) and \(b) are not \(product.count) matrices each") }
    let inner = product.isRightTransposed ? b.channels : b.positions / product.count
    let columns = product.isRightTransposed ? b.positions / product.count : b.channels
    guard inner == a.channels else {
      throw NetworkError(module: name, reason: "rows of \(a.channels) do not fit columns of \(inner)")
    }
    let shape = TensorShape(channels: columns, height: product.count, width: a.positions / product.count)
    return append(.matrixProduct(product), [left, right], shape, name)
  }

  /// Layer, group or instance normalisation, without scale and shift; the shape stays.
  ///
  /// - Throws: where groups do not divide the channels.
  public mutating func normalization(
    _ name: String, of value: ValueID, _ normalization: GroupNormalization
  ) throws(NetworkError) -> ValueID {
    if case .channels(let groups) = normalization.group {
      guard groups > 0, shape(of: value).channels.isMultiple(of: groups) else {
        throw NetworkError(
          module: name, reason: "\(groups) groups do not divide \(shape(of: value).channels) channels")
      }
    }
    return append(.normalization(normalization), [value], shape(of: value), name)
  }

  /// The softmax over the channels of each position; the shape stays.
  public mutating func softmax(_ name: String, of value: ValueID) -> ValueID {
    append(.softmax, [value], shape(of: value), name)
  }

  /// One number of the channels of each position, or of the positions of each channel.
  public mutating func reduce(_ name: String, _ value: ValueID, _ reduction: Reduction) -> ValueID {
    var shape = shape(of: value)
    switch reduction.axis {
    case .channels: shape.channels = 1
    case .positions: (shape.height, shape.width) = (1, 1)
    }
    return append(.reduction(reduction), [value], shape, name)
  }

  /// Other rows and columns, interpolated between those that are there; the channels stay.
  ///
  /// - Throws: where a sample lies outside.
  public mutating func interpolate(
    _ name: String, _ value: ValueID, _ interpolation: Interpolation
  ) throws(NetworkError) -> ValueID {
    let input = shape(of: value)
    func fit(_ samples: [Interpolation.Sample], _ count: Int) -> Bool {
      !samples.isEmpty
        && samples.allSatisfy {
          (0..<count).contains($0.first) && (0..<count).contains($0.second) && (0...1).contains($0.weight)
        }
    }
    guard fit(interpolation.rows, input.height), fit(interpolation.columns, input.width) else {
      throw NetworkError(module: name, reason: "a sample lies outside \(input)")
    }
    let shape = TensorShape(
      channels: input.channels, height: interpolation.rows.count, width: interpolation.columns.count)
    return append(.interpolation(interpolation), [value], shape, name)
  }
}
