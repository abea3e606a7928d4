internal import CPUKernels
internal import Compute
import NetworkGraph

/// Where everything of a run lies in one block of memory, and how its steps are carried out. Sizes and offsets in bytes, every
/// part aligned to 64.
struct Layout {
  let placement: Plan.Placement
  let steps: [StepLayout]
  /// Codes of the step at hand, `codeStride` an image.
  let codes: Int
  let codeStride: Int
  /// Scale and shift of every slot of statistics.
  let affine: Int
  let affineOffsets: [Int]
  /// Ones, as many as the widest value has channels.
  let ones: Int
  let onesCount: Int
  /// Scratch of the first thread; those of the others follow, `scratchStride` apart.
  let scratch: Int
  let scratchStride: Int
  /// Parts of a thread's scratch: padded images come first.
  let rows: Int
  let winograd: Int
  let sums: Int
  /// The input channels of a step's grouped convolutions.
  let lanes: Int
  /// The block.
  let bytes: Int
  /// Packed weights, which are kept apart.
  let weights: Int

  init(_ plan: Plan, threads: Int, instructionSet: InstructionSet) {
    func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
    let float = MemoryLayout<Float>.stride
    placement = plan.placement(.fused)
    steps = plan.steps.map { StepLayout($0, plan: plan, threads: threads, instructionSet: instructionSet) }
    var end = aligned(placement.count * plan.images * float)
    codes = end
    codeStride = aligned((plan.largestCode + 7) / 8)
    end += codeStride * plan.images
    affine = end
    var affineOffsets: [Int] = []
    for shape in plan.statistics {
      affineOffsets.append(end - affine)
      end += aligned(2 * Plan.aligned(shape.channels) * float)
    }
    self.affineOffsets = affineOffsets
    ones = end
    onesCount = plan.steps.map { Plan.aligned($0.shape.channels) }.max() ?? 0
    end += aligned(onesCount * float)
    lanes = end
    end += aligned((steps.map(\.laneCount).max() ?? 0) * MemoryLayout<Int>.stride)
    scratch = end
    rows = aligned((steps.map(\.paddedCount).max() ?? 0) * float)
    winograd = rows + aligned((steps.map(\.rowCount).max() ?? 0) * float)
    sums = winograd + aligned((steps.map(\.winogradCount).max() ?? 0) * float)
    scratchStride = sums + aligned((steps.map(\.sumCount).max() ?? 0) * MemoryLayout<Int64>.stride)
    bytes = end + scratchStride * threads
    weights = steps.reduce(0) { $0 + $1.weightCount } * float
  }
}

/// How a step is carried out.
struct StepLayout {
  /// Convolutions of one algorithm and geometry: their output channels are joined.
  struct Joined {
    var algorithm: Plan.Branch.Algorithm
    var convolution: Convolution
    var outputShape: TensorShape
    /// Positions in `Plan.Step.branches`.
    var branches: [Int]
    var kernels: epads_kernels
    var inputs: epads_inputs
    /// Floats from the padded image to the first window, and the runs of a direct convolution's chain.
    var origin = 0
    var runOffsets: [Int] = []
    var runLength = 0
  }

  /// Images that one thread takes at a time.
  let group: Int
  let joined: [Joined]
  /// Floats between positions, rows and images of the padded copies, and from an image to its first unpadded position.
  let paddedChannels: Int
  let paddedRow: Int
  let paddedImage: Int
  let paddedOrigin: Int
  /// Floats of scratch: padded images, rows of sums, Winograd's tiles.
  let paddedCount: Int
  let rowCount: Int
  let winogradCount: Int
  /// Integers of statistics: of the value, then of each branch from its offset on.
  let sumCount: Int
  let sumOffsets: [Int]
  /// Lanes of all grouped convolutions.
  let laneCount: Int
  /// Floats of packed weights.
  let weightCount: Int

  /// Tiles that Winograd transforms together: few enough for the second-level cache, so many that filters are read seldom.
  static let tiles = 16
  /// Output channels whose products are made together: those of a round stay near the nearest cache.
  static let productChannels = 16

  init(_ step: Plan.Step, plan: Plan, threads: Int, instructionSet: InstructionSet) {
    let shape = step.shape
    let aligned = Plan.aligned(shape.channels)
    let branches = step.branches
    let usesWinograd = branches.contains { $0.algorithm == .winograd }
    // Both read vectors of input channels.
    let usesVectors = usesWinograd || branches.contains { $0.inputs(of: shape) == EPADS_OWN_INPUTS }
    let channels = usesVectors ? aligned : shape.channels
    let padding = Extent(
      branches.map(\.convolution.padding.height).max() ?? 0, branches.map(\.convolution.padding.width).max() ?? 0)
    var size = Extent(padding.height + shape.height, padding.width + shape.width)
    for branch in branches {
      let reach = branch.reach(output: plan.buffers[branch.output])
      size.height = max(size.height, padding.height - branch.convolution.padding.height + reach.height)
      size.width = max(size.width, padding.width - branch.convolution.padding.width + reach.width)
    }
    let row = size.width * channels
    paddedChannels = channels
    paddedRow = row
    paddedImage = branches.isEmpty ? 0 : row * size.height
    paddedOrigin = padding.height * row + padding.width * channels

    var joined: [Joined] = []
    for (position, branch) in branches.enumerated() {
      let output = plan.buffers[branch.output]
      var geometry = branch.convolution
      geometry.outputChannels = 0
      let lanes = Plan.aligned(output.channels) | (usesVectors ? aligned : 0)
      let kernels = instructionSet.kernels(alignedChannels: lanes)
      if let found = joined.firstIndex(where: {
        $0.algorithm == branch.algorithm && $0.convolution == geometry && $0.kernels.lanes == kernels.lanes
      }) {
        joined[found].branches.append(position)
        continue
      }
      var new = Joined(
        algorithm: branch.algorithm, convolution: geometry, outputShape: output, branches: [position], kernels: kernels,
        inputs: branch.inputs(of: shape))
      new.origin =
        (padding.height - geometry.padding.height) * row + (padding.width - geometry.padding.width) * channels
      // Positions of a kernel row lie side by side unless it is dilated, or padded channels are in between.
      let isContiguous = geometry.dilation.width == 1 && channels == shape.channels && geometry.groups == 1
      new.runLength = shape.channels / geometry.groups * (isContiguous ? geometry.kernel.width : 1)
      for y in 0..<geometry.kernel.height {
        for x in 0..<(isContiguous ? 1 : geometry.kernel.width) {
          new.runOffsets.append(y * geometry.dilation.height * row + x * geometry.dilation.width * channels)
        }
      }
      joined.append(new)
    }
    self.joined = joined

    // Enough images for a round of tiles, and not so few values that handing them out takes longer than they do.
    let count = Plan.alignedCount(shape)
    var group = (4095 + count) / max(1, count)
    if usesWinograd {
      let tiles = branches.filter { $0.algorithm == .winograd }.map { branch in
        BatchStatistics.tiles(shape: plan.buffers[branch.output], images: 1)
      }
      group = max(group, (Self.tiles - 1) / max(1, tiles.min() ?? 1) + 1)
    }
    self.group = max(1, min(group, 16, plan.images / (2 * threads)))

    paddedCount = paddedImage * self.group
    // See make_value: sums, four rows of terms, column sums of the widest source.
    let widest = step.terms.map { plan.buffers[$0.buffer].width }.max() ?? 0
    rowCount = (5 * shape.width + max(widest, shape.width)) * aligned
    winogradCount = usesWinograd ? epads_winograd_scratch(Self.tiles, aligned, Self.productChannels) : 0
    let outputs = branches.map { Plan.aligned(plan.buffers[$0.output].channels) }
    sumOffsets = outputs.indices.map { 4 * (aligned + outputs[..<$0].reduce(0, +)) }
    sumCount = 4 * (aligned + outputs.reduce(0, +))
    weightCount = zip(branches, outputs).reduce(0) { total, pair in
      let (branch, output) = pair
      return total + output * shape.channels / branch.convolution.groups * branch.packedArea
    }
    laneCount = zip(branches, outputs).reduce(0) { $0 + ($1.0.convolution.groups > 1 ? $1.1 : 0) }
  }
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
  func inputs(of shape: TensorShape) -> epads_inputs {
    if convolution.groups == 1 { return EPADS_SHARED_INPUTS }
    return convolution.groups == shape.channels && convolution.outputChannels == shape.channels
      ? EPADS_OWN_INPUTS : EPADS_GROUPED_INPUTS
  }

  /// Packed weights for each pair of channels.
  var packedArea: Int { algorithm.positions(kernelArea: convolution.kernel.area) }
}
