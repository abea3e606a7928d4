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
    var activation = Plan.Activation.identity
    var affine = 0
    var pooling = Pooling(kernel: Extent(0), stride: Extent(1))
    switch term.kind {
    case .normalized(_, let slot): affine = affinePlace(slot)
    case .identity(let source): (kind, activation) = (1, source.activation)
    case .averagePool(let source, let windows): (kind, activation, pooling) = (2, source.activation, windows)
    case .maxPool(let source, let windows): (kind, activation, pooling) = (3, source.activation, windows)
    }
    append(
      [
        kind, place, activation.kernelCode, affine, pooling.kernel.height, pooling.kernel.width, pooling.stride.height,
        pooling.stride.width, pooling.padding.height, pooling.padding.width, shape.height, shape.width,
        term.firstChannel, Plan.aligned(shape.channels),
      ], length: 16)
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
  mutating func appendFinish(totalsPlace: Int, channels: Int, affinePlace: Int, values: Int) {
    append([totalsPlace, channels, affinePlace, values], length: 4)
  }

  /// The weights of a member of joined convolutions, Kernels/weights.cl.
  ///
  /// - Parameter groupChannels: output channels whose filters lie together, for Winograd's algorithm.
  mutating func appendWeights(
    of member: JoinedConvolution.Member, _ convolution: JoinedConvolution, place: Int, firstItem: Int,
    groupChannels: Int
  ) {
    appendStream(
      member.branch.weights, of: member, convolution, inputs: convolution.fanIn / convolution.geometry.kernel.area,
      alignedInputs: convolution.chainChannels, area: convolution.geometry.kernel.area, place: place,
      firstItem: firstItem, scale: member.branch.scale, groupChannels: groupChannels)
  }

  /// Its biases, which are drawn as weights of one input channel would be: zeros where it has none or they are those of
  /// a folded batch normalisation.
  mutating func appendBiases(
    of member: JoinedConvolution.Member, _ convolution: JoinedConvolution, place: Int, firstItem: Int
  ) {
    let stream: String? = if case .stream(let name) = member.branch.bias { name } else { nil }
    appendStream(
      stream ?? "", of: member, convolution, inputs: 1, alignedInputs: 1, area: 1, place: place, firstItem: firstItem,
      scale: stream == nil ? 0 : 1)
  }

  private mutating func appendStream(
    _ name: String, of member: JoinedConvolution.Member, _ convolution: JoinedConvolution, inputs: Int,
    alignedInputs: Int, area: Int, place: Int, firstItem: Int, scale: Float, groupChannels: Int = 0
  ) {
    let outputs = member.branch.convolution.outputChannels
    let bound = Float(1 / Double(convolution.fanIn).squareRoot())
    append(
      [
        Int(truncatingIfNeeded: fnv1a64(name)), Int(bound.bitPattern), outputs, Plan.aligned(outputs), inputs,
        alignedInputs, area, place, convolution.channels, member.firstChannel, firstItem, Int(scale.bitPattern),
        groupChannels,
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

extension Plan.Activation {
  /// As the kernels know it, Kernels/common.cl.
  var kernelCode: Int {
    switch self {
    case .identity: 0
    case .relu: 1
    }
  }
}
