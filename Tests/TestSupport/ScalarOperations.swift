import Compute
import NetworkGraph

// Operations of Docs/Numerics.md on the values of one image, [channel][position].

/// A value of one image.
struct ImageValue {
  let shape: TensorShape
  var values: [Float]

  init(_ shape: TensorShape, _ values: [Float]) {
    self.shape = shape
    self.values = values
  }

  /// All units from their channel and position.
  init(_ shape: TensorShape, _ unit: (Int, Int) -> Float) {
    self.shape = shape
    values = (0..<shape.channels).flatMap { channel in (0..<shape.positions).map { unit(channel, $0) } }
  }

  /// A single channel, or position, stands for all.
  subscript(_ channel: Int, _ position: Int) -> Float {
    values[
      (shape.channels == 1 ? 0 : channel) * shape.positions + (shape.positions == 1 ? 0 : position)]
  }

  /// The channels of a position.
  func channels(_ position: Int) -> [Float] { (0..<shape.channels).map { self[$0, position] } }
}

extension Plan.Operation.Kind {
  /// The value that an operation makes of others.
  func carryOut(_ inputs: [ImageValue], _ shape: TensorShape) -> ImageValue {
    switch self {
    case .copy: return inputs[0]
    case .binary(let function):
      return ImageValue(shape) { function(inputs[0][$0, $1], inputs[1][$0, $1]) }
    case .arrangement(let arrangement): return arranged(inputs, shape, arrangement)
    case .matrixProduct(let product): return multiplied(inputs[0], inputs[1], shape, product)
    case .normalization(let normalization): return normalized(inputs[0], normalization)
    case .softmax: return shares(inputs[0])
    case .reduction(let reduction): return reduced(inputs[0], shape, reduction)
    case .interpolation(let interpolation):
      let from = inputs[0]
      return ImageValue(shape) { channel, position in
        let (y, x) = (interpolation.rows[position / shape.width], interpolation.columns[position % shape.width])
        func at(_ row: Int, _ column: Int) -> Float { from[channel, row * from.shape.width + column] }
        func between(_ a: Float, _ b: Float, _ weight: Float) -> Float { a.addingProduct(weight, b - a) }
        let top = between(at(y.first, x.first), at(y.first, x.second), x.weight)
        let bottom = between(at(y.second, x.first), at(y.second, x.second), x.weight)
        return between(top, bottom, y.weight)
      }
    }
  }
}

extension BinaryFunction {
  fileprivate func callAsFunction(_ a: Float, _ b: Float) -> Float {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .minimum: scalarSmaller(a, b)
    case .maximum: scalarLarger(a, b)
    }
  }
}

private func arranged(_ inputs: [ImageValue], _ shape: TensorShape, _ arrangement: Arrangement) -> ImageValue {
  var result = ImageValue(shape, Array(repeating: arrangement.fill, count: shape.count))
  for part in arrangement.parts {
    func copy(_ axes: ArraySlice<Arrangement.Axis>, _ from: Arrangement.Step, _ to: Arrangement.Step) {
      guard let axis = axes.first else {
        result.values[to.channels * shape.positions + to.positions] =
          inputs[part.input].values[
            from.channels * inputs[part.input].shape.positions + from.positions]
        return
      }
      for round in 0..<axis.count {
        copy(
          axes.dropFirst(),
          Arrangement.Step(
            channels: from.channels + round * axis.source.channels,
            positions: from.positions + round * axis.source.positions),
          Arrangement.Step(
            channels: to.channels + round * axis.target.channels,
            positions: to.positions + round * axis.target.positions))
      }
    }
    copy(part.axes[...], part.source, part.target)
  }
  return result
}

private func multiplied(
  _ left: ImageValue, _ right: ImageValue, _ shape: TensorShape, _ product: MatrixProduct
) -> ImageValue {
  let rows = left.shape.positions / product.count
  let terms = left.shape.channels
  return ImageValue(shape) { column, position in
    let matrix = position / rows
    var sum: Float = 0
    for term in 0..<terms {
      let other =
        product.isRightTransposed
        ? right.values[term * right.shape.positions + matrix * shape.channels + column]
        : right.values[column * right.shape.positions + matrix * terms + term]
      sum = sum.addingProduct(left.values[term * left.shape.positions + position], other)
    }
    return sum
  }
}

private func normalized(_ value: ImageValue, _ normalization: GroupNormalization) -> ImageValue {
  let shape = value.shape
  switch normalization.group {
  case .position:
    let count = Float(shape.channels)
    var result = value
    for position in 0..<shape.positions {
      let mean = sumOfEight(value.channels(position)) / count
      let differences = value.channels(position).map { $0 - mean }
      let variance = sumOfEight(differences) { $0.addingProduct($1, $1) } / count
      let scale = 1 / (variance + Float(normalization.epsilon)).squareRoot()
      for channel in 0..<shape.channels {
        result.values[channel * shape.positions + position] = differences[channel] * scale
      }
    }
    return result
  case .channels(let groups):
    let size = shape.channels / groups
    let count = Double(size * shape.positions)
    var result = value
    for group in 0..<groups {
      func total(_ number: (Float) -> Double) -> Double {
        (group * size..<(group + 1) * size).reduce(0) { total, channel in
          total + (0..<shape.positions).reduce(0) { $0 + number(value[channel, $1]) }
        }
      }
      let mean = Float(total { Double($0) } / count)
      let squares = total { Double($0 - mean) * Double($0 - mean) }
      let scale = Float(1 / (squares / count + normalization.epsilon).squareRoot())
      for channel in group * size..<(group + 1) * size {
        for position in 0..<shape.positions {
          result.values[channel * shape.positions + position] = (value[channel, position] - mean) * scale
        }
      }
    }
    return result
  }
}

private func shares(_ value: ImageValue) -> ImageValue {
  var result = value
  for position in 0..<value.shape.positions {
    let channels = value.channels(position)
    let largest = channels.dropFirst().reduce(channels[0]) { $1 > $0 ? $1 : $0 }
    let powers = channels.map { powerOfE($0 - largest) }
    let sum = sumOfEight(powers)
    for (channel, power) in powers.enumerated() {
      result.values[channel * value.shape.positions + position] = power / sum
    }
  }
  return result
}

private func reduced(_ value: ImageValue, _ shape: TensorShape, _ reduction: Reduction) -> ImageValue {
  ImageValue(shape) { channel, position in
    switch reduction.axis {
    case .channels:
      let numbers = value.channels(position)
      switch reduction.function {
      case .sum: return sumOfEight(numbers)
      case .mean: return sumOfEight(numbers) / Float(numbers.count)
      case .maximum: return numbers.dropFirst().reduce(numbers[0]) { $1 > $0 ? $1 : $0 }
      case .minimum: return numbers.dropFirst().reduce(numbers[0]) { $1 < $0 ? $1 : $0 }
      case .norm: return sumOfEight(numbers) { $0.addingProduct($1, $1) }.squareRoot()
      }
    case .positions:
      let numbers = (0..<value.shape.positions).map { value.values[channel * value.shape.positions + $0] }
      switch reduction.function {
      case .sum: return numbers.dropFirst().reduce(numbers[0], +)
      case .mean: return numbers.dropFirst().reduce(numbers[0], +) / Float(numbers.count)
      case .maximum: return numbers.dropFirst().reduce(numbers[0]) { $1 > $0 ? $1 : $0 }
      case .minimum: return numbers.dropFirst().reduce(numbers[0]) { $1 < $0 ? $1 : $0 }
      case .norm:
        return numbers.dropFirst().reduce(numbers[0] * numbers[0]) { $0.addingProduct($1, $1) }.squareRoot()
      }
    }
  }
}
