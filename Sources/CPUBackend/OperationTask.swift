internal import CPUKernels
internal import Compute
import NetworkGraph

/// An operation on whole values, ready to be carried out on one image after the other.
struct OperationTask {
  /// What is read: where the numbers of a constant lie, or which buffer.
  private enum Source {
    case constant(UnsafePointer<Float>)
    case buffer(Int)
  }

  private let kernels: epads_kernels
  /// But for where it reads and writes.
  private let operation: epads_operation
  private let operands: [epads_operand]
  private let sources: [Source]
  /// Positions of the output.
  let positions: Int

  init(
    _ operation: Plan.Operation, _ step: Plan.Step, _ layout: StepLayout, _ plan: Plan, constants: PlanConstants,
    _ descriptions: Descriptions
  ) {
    let shape = step.shape
    kernels = layout.kernels
    positions = shape.positions
    let shapes = operation.operands.map { plan.shape(of: $0) }
    sources = operation.operands.map { operand in
      switch operand.place {
      case .buffer(let buffer): .buffer(buffer)
      case .constant(let constant): .constant(constants.constants[constant])
      }
    }
    let operands = zip(operation.operands, shapes).map { operand, own in
      epads_operand(
        data: UnsafePointer(constants.ones), channels: own.channels, aligned: Plan.aligned(own.channels),
        height: own.height, width: own.width,
        position_step: own.positions == 1 && shape.positions > 1 ? 0 : Plan.aligned(own.channels),
        repeats_channels: own.channels == 1 && shape.channels > 1 ? 1 : 0, function: operand.activation.loopFunction)
    }
    self.operands = operands
    var result = epads_operation(
      kind: EPADS_COPY, variant: 0, operands: descriptions.keep(operands), output: constants.ones,
      height: shape.height, width: shape.width, channels: shape.channels, aligned: Plan.aligned(shape.channels),
      first_position: 0, last_position: shape.positions, epsilon: 0, fill: 0, needs_fill: 0, boxes: nil, box_count: 0,
      rows: nil, columns: nil, scratch: constants.ones)
    switch operation.kind {
    case .copy: break
    case .binary(let function): (result.kind, result.variant) = (EPADS_BINARY, function.loopCode)
    case .arrangement(let arrangement):
      let boxes = arrangement.parts.map { box($0, from: shapes[$0.input], to: shape, descriptions) }
      result.kind = EPADS_ARRANGE
      result.fill = arrangement.fill
      result.needs_fill = arrangement.unitsWritten < shape.count ? 1 : 0
      result.boxes = UnsafePointer(descriptions.keep(boxes))
      result.box_count = boxes.count
    case .matrixProduct(let product):
      (result.kind, result.variant) = (EPADS_PRODUCT, product.isRightTransposed ? 1 : 0)
    case .normalization(let normalization):
      result.epsilon = normalization.epsilon
      switch normalization.group {
      case .position: result.kind = EPADS_NORMALIZE_POSITIONS
      case .channels(let groups): (result.kind, result.variant) = (EPADS_NORMALIZE_GROUPS, groups)
      }
    case .softmax: result.kind = EPADS_SOFTMAX
    case .reduction(let reduction):
      result.kind = reduction.axis == .channels ? EPADS_REDUCE_CHANNELS : EPADS_REDUCE_POSITIONS
      result.variant = reduction.function.loopCode
    case .interpolation(let interpolation):
      result.kind = EPADS_INTERPOLATE
      result.rows = samples(interpolation.rows, descriptions)
      result.columns = samples(interpolation.columns, descriptions)
    }
    self.operation = result
  }

  /// Makes the value of an image, or some of its positions.
  ///
  /// - Parameters:
  ///   - scratch: `Plan.Operation.scratch` floats.
  ///   - place: where a buffer of the image lies.
  func carryOut(
    _ positions: Range<Int>? = nil, to output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    place: (Int) -> UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: epads_operand.self, capacity: operands.count) { own in
      guard let start = own.baseAddress else { return }
      for (index, source) in sources.enumerated() {
        var operand = operands[index]
        switch source {
        case .constant(let numbers): operand.data = numbers
        case .buffer(let buffer): operand.data = UnsafePointer(place(buffer))
        }
        (start + index).initialize(to: operand)
      }
      var operation = operation
      operation.operands = UnsafePointer(start)
      operation.output = output
      operation.scratch = scratch
      if let positions {
        (operation.first_position, operation.last_position) = (positions.lowerBound, positions.upperBound)
      }
      kernels.operate(&operation)
    }
  }
}

private func box(
  _ part: Arrangement.Part, from: TensorShape, to: TensorShape, _ descriptions: Descriptions
) -> epads_box {
  func floats(_ step: Arrangement.Step, _ shape: TensorShape) -> Int {
    step.channels + step.positions * Plan.aligned(shape.channels)
  }
  let axes = part.merged.map { axis in
    epads_axis(count: axis.count, source: floats(axis.source, from), target: floats(axis.target, to))
  }
  return epads_box(
    operand: part.input, source: floats(part.source, from), target: floats(part.target, to),
    axes: UnsafePointer(descriptions.keep(axes)), count: axes.count)
}

private func samples(
  _ samples: [Interpolation.Sample], _ descriptions: Descriptions
) -> UnsafePointer<epads_sample> {
  UnsafePointer(
    descriptions.keep(samples.map { epads_sample(first: $0.first, second: $0.second, weight: $0.weight) }))
}

extension Plan.Operation {
  /// Floats of scratch that the loops take.
  func scratch(_ shape: TensorShape, _ plan: Plan) -> Int {
    let aligned = Plan.aligned(shape.channels)
    guard case .matrixProduct(let product) = kind, product.isRightTransposed else { return 2 * aligned }
    return plan.shape(of: operands[0]).channels * aligned
  }
}

extension Function {
  /// As the loops know it.
  var loopFunction: epads_function {
    func make(_ code: epads_function_code, _ a: Float = 0, _ b: Float = 0, _ c: Float = 0) -> epads_function {
      epads_function(code: code, a: a, b: b, c: c)
    }
    return switch self {
    case .identity: make(EPADS_IDENTITY)
    case .relu: make(EPADS_RELU)
    case .relu6: make(EPADS_RELU6)
    case .leakyReLU(let slope): make(EPADS_LEAKY_RELU, slope)
    case .silu: make(EPADS_SILU)
    case .gelu: make(EPADS_GELU)
    case .geluTanh: make(EPADS_GELU_TANH)
    case .hardSwish: make(EPADS_HARD_SWISH)
    case .elu(let positive, let negative, let rate): make(EPADS_ELU, positive, negative, rate)
    case .mish: make(EPADS_MISH)
    case .sigmoid: make(EPADS_SIGMOID)
    case .hardSigmoid(let slope, let offset): make(EPADS_HARD_SIGMOID, slope, offset)
    case .tanh: make(EPADS_TANH)
    case .clip(let lower, let upper): make(EPADS_CLIP, lower, upper)
    case .exponential: make(EPADS_EXPONENTIAL)
    case .errorFunction: make(EPADS_ERROR_FUNCTION)
    case .squareRoot: make(EPADS_SQUARE_ROOT)
    case .reciprocal: make(EPADS_RECIPROCAL)
    case .absolute: make(EPADS_ABSOLUTE)
    case .negative: make(EPADS_NEGATIVE)
    case .square: make(EPADS_SQUARE)
    }
  }
}

extension BinaryFunction {
  fileprivate var loopCode: Int {
    let code =
      switch self {
      case .add: EPADS_ADD
      case .subtract: EPADS_SUBTRACT
      case .multiply: EPADS_MULTIPLY
      case .divide: EPADS_DIVIDE
      case .minimum: EPADS_MINIMUM
      case .maximum: EPADS_MAXIMUM
      }
    return Int(code.rawValue)
  }
}

extension Reduction.Function {
  fileprivate var loopCode: Int {
    let code =
      switch self {
      case .mean: EPADS_MEAN
      case .sum: EPADS_SUM
      case .maximum: EPADS_LARGEST
      case .minimum: EPADS_SMALLEST
      case .norm: EPADS_NORM
      }
    return Int(code.rawValue)
  }
}
