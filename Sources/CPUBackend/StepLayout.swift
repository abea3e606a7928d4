internal import CPUKernels
internal import Compute
import NetworkGraph

/// How a step is carried out.
struct StepLayout {
  /// What the value adds up at once: a whole term, or terms that lie side by side.
  struct Summand {
    /// Positions in `Plan.Step.terms`, in the order of their channels.
    var terms: [Int]
    var isWhole: Bool
    /// Whether the parts leave channels out.
    var hasGaps = false
  }

  /// Joined branches of the plan that the same loops carry out and that write to the same kind of place.
  struct Joined {
    var algorithm: Plan.Branch.Algorithm
    var convolution: Convolution
    var outputShape: TensorShape
    /// Positions in `Plan.Step.branches`.
    var branches: [Int]
    /// The branch whose output they read; nil for the value.
    var parent: Int?
    /// What they read.
    var input: PaddedImages
    /// Channels and rows of that without padding.
    var inputChannels: Int
    var inputHeight: Int
    /// Whether other branches read what they make, from padded images.
    var isParent: Bool
    /// Whether only the same pass reads it, so that it lies in the memory of a thread.
    var isLocal: Bool
    var kernels: epads_kernels
    var inputs: epads_inputs
    /// Floats from the padded image to the first window, and the runs of a direct convolution's chain.
    var origin = 0
    var runOffsets: [Int] = []
    var runLength = 0
  }

  /// Whether the value is the input as it stands and nothing but branches reads it, so that it can be padded as it
  /// comes.
  let isInput: Bool
  let summands: [Summand]
  /// Floats of scales of the summands in parts.
  let partScaleCount: Int
  /// The loops for the value.
  let kernels: epads_kernels
  let joined: [Joined]
  /// What the branches without a parent read, and by its position what those that follow a branch read.
  let value: PaddedImages
  let parents: [Int: PaddedImages]
  /// Floats of scratch: rows of sums, Winograd's tiles.
  let rowCount: Int
  let winogradCount: Int
  /// Integers of statistics: of the value, then of each branch from its offset on.
  let sumCount: Int
  let sumOffsets: [Int]
  /// Output channels of all grouped convolutions: for each, where its input channels begin.
  let laneInputCount: Int
  /// Floats of packed weights.
  let weightCount: Int

  /// Weights from which they are worth reading for several images at once: half of a second-level cache.
  static let manyWeights = 1 << 17

  /// Output channels whose products are made together: those of a round stay near the nearest cache.
  static let productChannels = 16

  /// - Parameter local: buffers that lie in the memory of a thread.
  init(_ step: Plan.Step, plan: Plan, instructionSet: InstructionSet, local: Set<Int> = []) {
    let shape = step.shape
    let aligned = Plan.aligned(shape.channels)
    let branches = step.branches

    isInput = Self.isInput(step, of: plan)
    summands = Self.summands(step, plan: plan)
    partScaleCount = summands.count { !$0.isWhole } * aligned
    let termChannels = step.terms.map { Plan.aligned(plan.buffers[$0.buffer].channels) }
    let operandChannels = step.readBuffers.map { Plan.aligned(plan.buffers[$0].channels) }
    kernels = instructionSet.kernels(alignedChannels: (termChannels + operandChannels).reduce(aligned, |))
    // See epads_value.rows.
    let scratch = zip(step.terms, termChannels).map { (plan.buffers[$0.buffer].width + shape.width) * $1 }.max() ?? 0
    rowCount = step.operation.map { $0.scratch(shape, plan) } ?? 5 * shape.width * aligned + scratch

    value = PaddedImages(of: shape, readBy: branches.filter { $0.parent == nil }, plan: plan, isOutput: false)
    var parents: [Int: PaddedImages] = [:]
    for (position, branch) in branches.enumerated() where step.isParent(position) {
      parents[position] = PaddedImages(
        of: plan.buffers[branch.output], readBy: branches.filter { $0.parent == position }, plan: plan, isOutput: true)
    }
    self.parents = parents

    let value = value
    let joined = step.joinedBranches.flatMap { positions in
      // Those that the same loops carry out, and that write to the same kind of place.
      var parts: [Joined] = []
      for position in positions {
        let branch = branches[position]
        let new = Joined(
          branch, position, input: branch.parent.flatMap { parents[$0] } ?? value, isParent: parents[position] != nil,
          isLocal: local.contains(branch.output),
          inputShape: plan.inputShape(of: branch, in: step), outputShape: plan.buffers[branch.output], instructionSet)
        let found = parts.firstIndex {
          $0.kernels.lanes == new.kernels.lanes && $0.isParent == new.isParent && $0.isLocal == new.isLocal
        }
        if let found { parts[found].branches.append(position) } else { parts.append(new) }
      }
      return parts
    }
    .sorted { $0.branches[0] < $1.branches[0] }
    self.joined = joined
    winogradCount =
      joined.filter { $0.algorithm == .winograd }
      .map { epads_winograd_scratch(epads_winograd_tiles($0.input.channels), $0.input.channels, Self.productChannels) }
      .max() ?? 0

    let outputs = branches.map { Plan.aligned(plan.buffers[$0.output].channels) }
    sumOffsets = outputs.indices.map { 4 * (aligned + outputs[..<$0].reduce(0, +)) }
    sumCount = 4 * (aligned + outputs.reduce(0, +))
    weightCount = zip(branches, outputs).reduce(0) { total, pair in
      let (branch, output) = pair
      return total + output * plan.inputShape(of: branch, in: step).channels / branch.convolution.groups
        * branch.packedArea
    }
    laneInputCount = zip(branches, outputs).reduce(0) { $0 + ($1.0.convolution.groups > 1 ? $1.1 : 0) }
  }

  /// Images that a thread takes at a time: enough for a round of tiles, and not so few values that handing them out
  /// takes longer than they do.
  static func group(of step: Plan.Step, in plan: Plan, atMost limit: Int) -> Int {
    let count = Plan.alignedCount(step.shape)
    var group = (4095 + count) / max(1, count)
    for branch in step.branches where branch.algorithm == .winograd {
      let tiles = BatchStatistics.tiles(shape: plan.buffers[branch.output], images: 1)
      let together = epads_winograd_tiles(Plan.aligned(plan.inputShape(of: branch, in: step).channels))
      group = max(group, (together - 1) / max(1, tiles) + 1)
    }
    // Weights that fit no near cache are read once for several images, as long as those fit.
    let hasMany = step.branches.contains { branch in
      branch.algorithm == .direct
        && branch.convolution.outputChannels * plan.chain(of: branch, in: step) >= manyWeights
    }
    if hasMany { group = max(group, min(8, (1 << 16) / max(1, count))) }
    return max(1, min(group, 16, limit))
  }

  private static func isInput(_ step: Plan.Step, of plan: Plan) -> Bool {
    guard case .identity(let source)? = step.terms.first?.kind, step.terms.count == 1 else { return false }
    return source.buffer == plan.input && source.activation == .identity && step.activation == .identity
      && !step.isKept && step.sites.isEmpty && step.statistics == nil && !step.branches.isEmpty
  }

  /// Terms that lie side by side are put together; on each channel the order of the terms stays.
  private static func summands(_ step: Plan.Step, plan: Plan) -> [Summand] {
    func channels(_ term: Int) -> Range<Int> {
      let first = step.terms[term].firstChannel
      return first..<first + plan.buffers[step.terms[term].buffer].channels
    }
    var summands: [Summand] = []
    for term in step.terms.indices {
      guard channels(term) != 0..<step.shape.channels else {
        summands.append(Summand(terms: [term], isWhole: true))
        continue
      }
      let before = summands.lastIndex { summand in summand.terms.contains { channels($0).overlaps(channels(term)) } }
      let next = before.map { $0 + 1 } ?? 0
      if next < summands.count {
        summands[next].terms.append(term)
      } else {
        summands.append(Summand(terms: [term], isWhole: false))
      }
    }
    for index in summands.indices where !summands[index].isWhole {
      summands[index].terms.sort { channels($0).lowerBound < channels($1).lowerBound }
      var end = 0
      for range in summands[index].terms.map(channels) {
        if range.lowerBound > end { summands[index].hasGaps = true }
        end = max(end, range.lowerBound + Plan.aligned(range.count))
      }
      if end < Plan.aligned(step.shape.channels) { summands[index].hasGaps = true }
    }
    return summands
  }
}

/// Where padded images lie that convolutions read: those of a step's value, or of the output of a branch that others
/// follow.
struct PaddedImages: Hashable {
  /// Floats between positions, rows and images, and from an image to its first position that is not padding.
  let channels: Int
  let row: Int
  let image: Int
  let origin: Int
  /// The most of those that read them.
  let padding: Extent

  /// - Parameter isOutput: whether a convolution writes them, which writes whole vectors of channels.
  init(of shape: TensorShape, readBy branches: [Plan.Branch], plan: Plan, isOutput: Bool) {
    // Both read vectors of input channels.
    let usesVectors = branches.contains { $0.algorithm == .winograd || $0.inputs(of: shape) == EPADS_OWN_INPUTS }
    channels = isOutput || usesVectors ? Plan.aligned(shape.channels) : shape.channels
    let padding = Extent(
      branches.map(\.convolution.padding.height).max() ?? 0, branches.map(\.convolution.padding.width).max() ?? 0)
    var size = Extent(padding.height + shape.height, padding.width + shape.width)
    for branch in branches {
      let reach = branch.reach(output: plan.buffers[branch.output])
      let (own, offset) = (branch.convolution.padding, branch.convolution.offset)
      size.height = max(size.height, padding.height - own.height + offset.height + reach.height)
      size.width = max(size.width, padding.width - own.width + offset.width + reach.width)
    }
    self.padding = padding
    row = size.width * channels
    image = branches.isEmpty ? 0 : row * size.height
    origin = padding.height * row + padding.width * channels
  }
}

extension StepLayout.Joined {
  init(
    _ branch: Plan.Branch, _ position: Int, input: PaddedImages, isParent: Bool, isLocal: Bool,
    inputShape: TensorShape, outputShape: TensorShape, _ instructionSet: InstructionSet
  ) {
    algorithm = branch.algorithm
    convolution = branch.convolution
    convolution.outputChannels = 0
    self.outputShape = outputShape
    branches = [position]
    parent = branch.parent
    self.input = input
    (inputChannels, inputHeight) = (inputShape.channels, inputShape.height)
    self.isParent = isParent
    self.isLocal = isLocal
    inputs = branch.inputs(of: inputShape)
    let readsVectors = algorithm == .winograd || inputs == EPADS_OWN_INPUTS
    kernels = instructionSet.kernels(
      alignedChannels: Plan.aligned(outputShape.channels) | (readsVectors ? input.channels : 0))
    origin =
      (input.padding.height - convolution.padding.height + convolution.offset.height) * input.row
      + (input.padding.width - convolution.padding.width + convolution.offset.width) * input.channels
    // Positions of a kernel row lie side by side unless it is dilated, or padded channels are in between.
    let isContiguous =
      convolution.dilation.width == 1 && input.channels == inputShape.channels && convolution.groups == 1
    runLength = inputShape.channels / convolution.groups * (isContiguous ? convolution.kernel.width : 1)
    for y in 0..<convolution.kernel.height {
      for x in 0..<(isContiguous ? 1 : convolution.kernel.width) {
        runOffsets.append(
          y * convolution.dilation.height * input.row + x * convolution.dilation.width * input.channels)
      }
    }
  }

  /// Floats from one column of the kernel to the next.
  var kernelStep: Int { convolution.dilation.width * input.channels }
}

extension Plan.Branch {
  /// Rows and columns of the padded input that the convolution reads.
  fileprivate func reach(output: TensorShape) -> Extent {
    func direct(_ outputs: Int, _ stride: Int, _ kernel: Int, _ dilation: Int) -> Int {
      (outputs - 1) * stride + (kernel - 1) * dilation + 1
    }
    switch algorithm {
    case .direct:
      return Extent(
        direct(output.height, convolution.stride.height, convolution.kernel.height, convolution.dilation.height),
        direct(output.width, convolution.stride.width, convolution.kernel.width, convolution.dilation.width))
    case .winograd: return Extent((output.height + 3) / 4 * 4 + 2, (output.width + 3) / 4 * 4 + 2)
    }
  }

  /// How vectors of output channels read a value of this shape.
  fileprivate func inputs(of shape: TensorShape) -> epads_inputs {
    if convolution.groups == 1 { return EPADS_SHARED_INPUTS }
    return convolution.groups == shape.channels && convolution.outputChannels == shape.channels
      ? EPADS_OWN_INPUTS : EPADS_GROUPED_INPUTS
  }

  /// Packed weights for each pair of channels.
  var packedArea: Int { algorithm.positions(kernelArea: convolution.kernel.area) }
}
