/// Units copied from values to other places: a permutation, a slice, a shuffle, a repetition, padding.
///
/// Each part copies a box of units, given as nested loops over its axes. What no part writes is `fill`. No two parts
/// write the same unit.
public struct Arrangement: Hashable, Sendable {
  /// A step among the units of a value: so many channels further, and so many positions, a position being
  /// row * width + column.
  public struct Step: Hashable, Sendable {
    public var channels: Int
    public var positions: Int

    public init(channels: Int = 0, positions: Int = 0) {
      self.channels = channels
      self.positions = positions
    }

    func times(_ factor: Int) -> Step { Step(channels: channels * factor, positions: positions * factor) }
  }

  /// A loop: how often, and what lies between its rounds in the source and in the target. A step of nothing in the
  /// source repeats it.
  public struct Axis: Hashable, Sendable {
    public var count: Int
    public var source: Step
    public var target: Step

    public init(count: Int, source: Step, target: Step) {
      self.count = count
      self.source = source
      self.target = target
    }
  }

  public struct Part: Hashable, Sendable {
    /// Which of the operation's inputs is read.
    public var input: Int
    /// The first unit of each.
    public var source: Step
    public var target: Step
    /// From the outermost to the innermost.
    public var axes: [Axis]

    public init(input: Int = 0, source: Step = Step(), target: Step = Step(), axes: [Axis]) {
      self.input = input
      self.source = source
      self.target = target
      self.axes = axes
    }

    /// The axes without those of one round, and those together that one loop can carry out.
    public var merged: [Axis] {
      var merged: [Axis] = []
      for axis in axes where axis.count > 1 {
        if let last = merged.last, last.source == axis.source.times(axis.count),
          last.target == axis.target.times(axis.count)
        {
          merged[merged.count - 1] = Axis(count: last.count * axis.count, source: axis.source, target: axis.target)
        } else {
          merged.append(axis)
        }
      }
      return merged
    }
  }

  public var parts: [Part]
  public var fill: Float

  public init(parts: [Part], fill: Float = 0) {
    self.parts = parts
    self.fill = fill
  }

  /// Units of the output that parts write.
  public var unitsWritten: Int { parts.reduce(0) { $0 + $1.axes.reduce(1) { $0 * $1.count } } }

  /// Whether every unit that is read or written exists: what the builder checks.
  func fits(inputs: [TensorShape], output: TensorShape) -> Bool {
    parts.allSatisfy { part in
      inputs.indices.contains(part.input) && part.axes.allSatisfy { $0.count >= 1 }
        && Self.holds(inputs[part.input], part.source, part.axes.map { ($0.count, $0.source) })
        && Self.holds(output, part.target, part.axes.map { ($0.count, $0.target) })
    }
  }

  private static func holds(_ shape: TensorShape, _ first: Step, _ axes: [(count: Int, step: Step)]) -> Bool {
    func range(_ first: Int, _ steps: [Int]) -> ClosedRange<Int>? {
      var (least, greatest) = (first, first)
      for (axis, step) in zip(axes, steps) {
        let (reach, isTooLarge) = (axis.count - 1).multipliedReportingOverflow(by: step)
        guard !isTooLarge, abs(reach) < 1 << 48 else { return nil }
        if reach < 0 { least += reach } else { greatest += reach }
      }
      return least...greatest
    }
    guard let channels = range(first.channels, axes.map(\.step.channels)),
      let positions = range(first.positions, axes.map(\.step.positions))
    else { return false }
    return channels.lowerBound >= 0 && channels.upperBound < shape.channels && positions.lowerBound >= 0
      && positions.upperBound < shape.positions
  }
}

/// Products of matrices, one after the other: output[g] = left[g] * right[g].
///
/// The left value has the products' terms as its channels, and the rows of all matrices as its positions, those of a
/// matrix side by side. The right value has the columns as its channels and the terms of all matrices as its positions;
/// transposed, the terms as its channels and the columns of all matrices as its positions.
public struct MatrixProduct: Hashable, Sendable {
  /// How many there are.
  public var count: Int
  public var isRightTransposed: Bool

  public init(count: Int = 1, isRightTransposed: Bool = false) {
    self.count = count
    self.isRightTransposed = isRightTransposed
  }
}

/// (x - mean) / sqrt(variance + epsilon) with the mean and the biased variance of an image's own units.
public struct GroupNormalization: Hashable, Sendable {
  public enum Group: Hashable, Sendable {
    /// The channels of a position: layer normalisation of tokens.
    case position
    /// All positions of so many groups of channels: group normalisation; as many as channels is instance
    /// normalisation.
    case channels(groups: Int)
  }

  public var group: Group
  public var epsilon: Double

  public init(_ group: Group, epsilon: Double = 1e-5) {
    self.group = group
    self.epsilon = epsilon
  }
}

/// One number of many.
public struct Reduction: Hashable, Sendable {
  public enum Function: String, Hashable, Sendable {
    case mean
    case sum
    case maximum
    case minimum
    /// The square root of the sum of squares.
    case norm
  }

  public enum Axis: String, Hashable, Sendable {
    /// All channels of a position become one.
    case channels
    /// All positions of a channel become one.
    case positions
  }

  public var function: Function
  public var axis: Axis

  public init(_ function: Function, over axis: Axis) {
    self.function = function
    self.axis = axis
  }
}

/// Rows and columns between those that are there: `first` + weight (`second` - `first`), rows after columns.
public struct Interpolation: Hashable, Sendable {
  /// One row or column of the output: positions in the input, and the second one's weight from 0 to 1.
  public struct Sample: Hashable, Sendable {
    public var first: Int
    public var second: Int
    public var weight: Float

    public init(first: Int, second: Int, weight: Float) {
      self.first = first
      self.second = second
      self.weight = weight
    }
  }

  public var rows: [Sample]
  public var columns: [Sample]

  public init(rows: [Sample], columns: [Sample]) {
    self.rows = rows
    self.columns = columns
  }
}
