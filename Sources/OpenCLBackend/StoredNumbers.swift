internal import Compute
internal import NetworkGraph

/// Numbers that the host writes once a run or an inference: those that come with a network, and weights that something
/// was folded into. Where they lie is known before they are read.
struct StoredNumbers {
  enum Source {
    case weights(Plan.Branch, Plan.Step)
    case bias(Plan.Branch, Plan.Step)
    case tensor(StoredTensor)
    /// Laid out as activations are.
    case constant(Plan.Constant)
  }

  private var sources: [Source] = []
  /// Floats of all of them.
  private(set) var count = 0

  /// - Returns: where the numbers begin.
  mutating func append(_ source: Source, count: Int) -> Int {
    sources.append(source)
    defer { self.count += count }
    return self.count
  }

  /// All of them, one after the other.
  func values(of plan: Plan) throws(BackendError) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for source in sources {
      switch source {
      case .weights(let branch, let step): values += try plan.weights(of: branch, in: step)
      case .bias(let branch, let step): values += try plan.bias(of: branch, in: step) ?? []
      case .tensor(let tensor): values += try plan.values(of: tensor)
      case .constant(let constant): values += placed(try plan.values(of: constant), constant.shape)
      }
    }
    return values
  }

  /// [channel][position] to [position][aligned channel].
  private func placed(_ values: [Float], _ shape: TensorShape) -> [Float] {
    let aligned = Plan.aligned(shape.channels)
    var result = [Float](repeating: 0, count: Plan.alignedCount(shape))
    for channel in 0..<shape.channels {
      for position in 0..<shape.positions {
        result[position * aligned + channel] = values[channel * shape.positions + position]
      }
    }
    return result
  }
}

extension Parameter {
  var isStored: Bool { if case .stored = self { true } else { false } }
}

extension Plan.Step {
  /// Whether terms are read through functions that not every program knows.
  var hasFunctions: Bool {
    terms.contains { term in
      if case .identity(let source) = term.kind { !source.activation.isRectifier } else { false }
    }
  }
}
