internal import Compute
internal import NetworkGraph
internal import Randomness

/// What kernels look up: records of longs, one after the other, uploaded once a run or an inference. The fields of each
/// are named in Kernels/.
struct Tables {
  private(set) var values: [Int64] = []

  /// Where the next record begins.
  var end: Int { values.count }

  /// A record of so many longs, the last ones zero.
  private mutating func append(_ fields: [Int], length: Int) {
    values += fields.map(Int64.init)
    values += Array(repeating: 0, count: length - fields.count)
  }

  /// Kernels/value.cl.
  mutating func append(_ term: Plan.Term, shape: TensorShape, place: Int, affinePlace: (Int) -> Int) {
    var kind = 0
    var activation = Function.identity
    var affine = 0
    var pooling = Pooling(kernel: Extent(0), stride: Extent(1))
    switch term.kind {
    case .normalized(_, let slot): affine = affinePlace(slot)
    case .identity(let source): (kind, activation) = (1, source.activation)
    case .averagePool(let source, let windows): (kind, activation, pooling) = (2, source.activation, windows)
    case .maxPool(let source, let windows): (kind, activation, pooling) = (3, source.activation, windows)
    }
    let (code, numbers) = activation.kernelCode
    append(
      [
        kind, place, code, affine, pooling.kernel.height, pooling.kernel.width, pooling.stride.height,
        pooling.stride.width, pooling.padding.height, pooling.padding.width, shape.height, shape.width,
        term.firstChannel, Plan.aligned(shape.channels),
      ] + numbers, length: 18)
  }

  /// The blocks of a member of joined convolutions, Kernels/branches.cl.
  mutating func appendBlocks(of branch: Plan.Branch, place: Int, totalsPlace: Int?) {
    let outputs = branch.convolution.outputChannels
    let channels = Plan.aligned(outputs)
    for first in stride(from: 0, to: channels, by: 8) {
      append(
        [
          place + first, channels, totalsPlace.map { $0 + first } ?? -1, first, outputs,
          outputs / branch.convolution.groups,
        ], length: 8)
    }
  }

  /// A slot of statistics to finish, Kernels/statistics.cl.
  ///
  /// - Parameter stored: where gamma and beta begin among what is stored; nil for 1 and 0.
  mutating func appendFinish(
    totalsPlace: Int, _ slot: Plan.Statistics, affinePlace: Int, values: Int, stored: (gamma: Int?, beta: Int?)
  ) {
    append(
      [
        totalsPlace, Plan.aligned(slot.shape.channels), affinePlace, values,
        Int(bitPattern: UInt(slot.normalization.epsilon.bitPattern)), stored.gamma ?? -1, stored.beta ?? -1,
        slot.shape.channels,
      ], length: 8)
  }

  /// The weights of a member of joined convolutions, Kernels/weights.cl.
  ///
  /// - Parameters:
  ///   - groupChannels: output channels whose filters lie together, for Winograd's algorithm.
  ///   - stored: where the weights begin among what is stored; nil for those that are drawn.
  mutating func appendWeights(
    of member: JoinedConvolution.Member, _ convolution: JoinedConvolution, place: Int, firstItem: Int,
    groupChannels: Int, stored: Int?
  ) {
    appendStream(
      member.branch.weights.name, of: member, convolution, inputs: convolution.fanIn / convolution.geometry.kernel.area,
      alignedInputs: convolution.chainChannels, area: convolution.geometry.kernel.area, place: place,
      firstItem: firstItem, scale: 1, groupChannels: groupChannels, stored: stored)
  }

  /// Its biases, which are drawn as weights of one input channel would be: zeros where it has none.
  mutating func appendBiases(
    of member: JoinedConvolution.Member, _ convolution: JoinedConvolution, place: Int, firstItem: Int, stored: Int?
  ) {
    appendStream(
      member.branch.bias?.name ?? "", of: member, convolution, inputs: 1, alignedInputs: 1, area: 1, place: place,
      firstItem: firstItem, scale: member.branch.bias == nil ? 0 : 1, stored: stored)
  }

  private mutating func appendStream(
    _ name: String, of member: JoinedConvolution.Member, _ convolution: JoinedConvolution, inputs: Int,
    alignedInputs: Int, area: Int, place: Int, firstItem: Int, scale: Float, groupChannels: Int = 0, stored: Int?
  ) {
    let outputs = member.branch.convolution.outputChannels
    let bound = Float(1 / Double(convolution.fanIn).squareRoot())
    append(
      [
        Int(truncatingIfNeeded: fnv1a64(name)), Int(bound.bitPattern), outputs, Plan.aligned(outputs), inputs,
        alignedInputs, area, place, convolution.channels, member.firstChannel, firstItem, Int(scale.bitPattern),
        groupChannels, stored ?? -1,
      ], length: 16)
  }

  /// A column of distances, Kernels/codes.cl.
  mutating func appendColumn(codePlace: Int, words: Int, permutedSite: Int?, firstSite: Int, sites: Int) {
    append([codePlace, words, permutedSite ?? -1, firstSite, sites], length: 8)
  }

  /// A code for agreement, Kernels/codes.cl.
  mutating func appendAgreement(codePlace: Int, words: Int, units: Int, sites: Int) {
    append([codePlace, words, units, sites], length: 4)
  }
}

// MARK: - Operations, Kernels/operations.cl

extension Tables {
  /// - Parameter place: in the arena, or of a constant among what is stored.
  mutating func append(_ operand: Plan.Operand, shape: TensorShape, place: Int) {
    let isStored = if case .constant = operand.place { 1 } else { 0 }
    let (code, numbers) = operand.activation.kernelCode
    append(
      [place, isStored, shape.channels, Plan.aligned(shape.channels), shape.positions, code] + numbers
        + [shape.width], length: 12)
  }

  /// A box of units, and its axes.
  mutating func append(_ part: Arrangement.Part, from: TensorShape, to: TensorShape) {
    func units(_ step: Arrangement.Step, _ shape: TensorShape) -> Int {
      step.channels + step.positions * Plan.aligned(shape.channels)
    }
    let axes = part.merged
    append(
      [
        part.input, units(part.source, from), units(part.target, to), axes.reduce(1) { $0 * $1.count }, axes.count,
      ], length: 6)
    for axis in axes { append([axis.count, units(axis.source, from), units(axis.target, to)], length: 3) }
  }

  mutating func append(_ samples: [Interpolation.Sample]) {
    for sample in samples { append([sample.first, sample.second, Int(sample.weight.bitPattern)], length: 3) }
  }
}

extension Function {
  /// As the kernels know it, Kernels/common.cl, and the bits of its numbers.
  var kernelCode: (code: Int, numbers: [Int]) {
    func make(_ code: Int, _ a: Float = 0, _ b: Float = 0, _ c: Float = 0) -> (Int, [Int]) {
      (code, [a, b, c].map { Int($0.bitPattern) })
    }
    return switch self {
    case .identity: make(0)
    case .relu: make(1)
    case .relu6: make(2)
    case .leakyReLU(let slope): make(3, slope)
    case .silu: make(4)
    case .gelu: make(5)
    case .geluTanh: make(6)
    case .hardSwish: make(7)
    case .elu(let positive, let negative, let rate): make(8, positive, negative, rate)
    case .mish: make(9)
    case .sigmoid: make(10)
    case .hardSigmoid(let slope, let offset): make(11, slope, offset)
    case .tanh: make(12)
    case .clip(let lower, let upper): make(13, lower, upper)
    case .exponential: make(14)
    case .errorFunction: make(15)
    case .squareRoot: make(16)
    case .reciprocal: make(17)
    case .absolute: make(18)
    case .negative: make(19)
    case .square: make(20)
    }
  }

  /// Whether convolutions and pools know it: what others make is put in a place of its own.
  var isRectifier: Bool { self == .identity || self == .relu }
}
