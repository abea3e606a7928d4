internal import Compute
internal import NetworkGraph

// Operations on whole values, Kernels/operations.cl.
extension PlanLaunches {
  /// What a step launches before its convolutions: its value, or the operation that makes it, and what a function makes
  /// of it for the convolutions.
  func beginning(_ step: Plan.Step, _ places: OpenCLLayout.Step) -> [Launch] {
    if let operation = step.operation { return operating(operation, step, places) }
    return [value(of: step, places)].compactMap(\.self)
  }

  /// A function of a step's value other than ReLU, for its convolutions.
  func activating(_ step: Plan.Step, _ places: OpenCLLayout.Step) -> [Launch] {
    guard !step.branches.isEmpty, !step.activation.isRectifier else { return [] }
    return [combining(count: 1, function: 0, step.shape, places, output: layout.activatedPlace)]
  }

  private func operating(
    _ operation: Plan.Operation, _ step: Plan.Step, _ places: OpenCLLayout.Step
  ) -> [Launch] {
    let (shape, output) = (step.shape, step.output.map(layout.place) ?? 0)
    let aligned = Plan.aligned(shape.channels)
    func launch(_ kernel: String, _ arguments: [Launch.Argument], items: [Int]) -> Launch {
      Launch(
        .operate(kernel), operands(places) + arguments, items: items,
        groups: items.count == 3 ? [1, isTiled ? 64 : 1, 1] : [isTiled ? 64 : 1, 1])
    }
    let size: [Launch.Argument] = [
      .long(output), .int(shape.positions), .int(shape.channels), .int(aligned),
    ]
    let positions = [shape.positions, plan.images]
    switch operation.kind {
    case .copy: return [combining(count: 1, function: 0, shape, places, output: output)]
    case .binary(let function):
      return [combining(count: 2, function: function.kernelCode, shape, places, output: output)]
    case .arrangement(let arrangement):
      let units = Plan.alignedCount(shape)
      let filling = Launch(
        .operate("fill_value"),
        [
          .buffer(arena), .long(output), .int(units), .int(shape.channels), .int(aligned), .float(arrangement.fill),
        ], items: [units, plan.images], groups: [isTiled ? 64 : 1, 1])
      let isWhole = arrangement.unitsWritten == shape.count && aligned == shape.channels
      return (isWhole ? [] : [filling])
        + zip(arrangement.parts, places.recordPlaces).map { part, place in
          launch(
            "arrange", [.long(place), .long(output), .int(units)],
            items: [part.axes.reduce(1) { $0 * $1.count }, plan.images])
        }
    case .matrixProduct(let product):
      return [
        launch(
          "multiply_matrices",
          [
            .int(product.isRightTransposed ? 1 : 0), .long(output), .int(shape.width), .int(shape.positions),
            .int(shape.channels), .int(aligned),
          ], items: [aligned / lanes, shape.positions, plan.images])
      ]
    case .normalization(let normalization):
      switch normalization.group {
      case .position:
        return [
          launch("normalize_positions", size + [.float(Float(normalization.epsilon))], items: positions)
        ]
      case .channels(let groups):
        return [
          launch(
            "normalize_groups", [.int(groups)] + size + [.word(normalization.epsilon.bitPattern)],
            items: [groups, plan.images])
        ]
      }
    case .softmax: return [launch("softmax", size, items: positions)]
    case .reduction(let reduction):
      let function = reduction.function.kernelCode
      switch reduction.axis {
      case .channels:
        return [
          launch("reduce_channels", [.int(function), .long(output), .int(shape.positions)], items: positions)
        ]
      case .positions:
        return [
          launch(
            "reduce_positions", [.int(function), .long(output), .int(shape.channels), .int(aligned)],
            items: [aligned / lanes, plan.images])
        ]
      }
    case .interpolation:
      return [
        launch(
          "interpolate",
          [
            .long(places.recordPlaces[0]), .long(output), .int(shape.height), .int(shape.width), .int(aligned),
          ], items: [shape.positions * aligned / lanes, plan.images])
      ]
    }
  }

  private func combining(
    count: Int, function: Int, _ shape: TensorShape, _ places: OpenCLLayout.Step, output: Int
  ) -> Launch {
    let aligned = Plan.aligned(shape.channels)
    return Launch(
      .operate("combine"),
      operands(places) + [
        .int(count), .int(function), .long(output), .int(shape.positions), .int(shape.channels), .int(aligned),
      ], items: [shape.positions * aligned / lanes, plan.images], groups: [isTiled ? 64 : 1, 1])
  }

  private func operands(_ places: OpenCLLayout.Step) -> [Launch.Argument] {
    [.buffer(arena), .buffer(stored), .buffer(tables), .long(places.operandsPlace)]
  }

  /// Channels of a vector.
  private var lanes: Int { isTiled ? 4 : 8 }
}

extension BinaryFunction {
  fileprivate var kernelCode: Int {
    switch self {
    case .add: 0
    case .subtract: 1
    case .multiply: 2
    case .divide: 3
    case .minimum: 4
    case .maximum: 5
    }
  }
}

extension Reduction.Function {
  fileprivate var kernelCode: Int {
    switch self {
    case .mean: 0
    case .sum: 1
    case .maximum: 2
    case .minimum: 3
    case .norm: 4
    }
  }
}
