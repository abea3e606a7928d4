internal import CPUKernels
internal import Compute
import NetworkGraph

/// Where everything of a run lies in one block of memory, and how its steps are carried out. Sizes and offsets in
/// bytes, every part aligned to 64.
struct Layout {
  let placement: Plan.Placement
  let steps: [StepLayout]
  let passes: [PassLayout]
  /// Whether a step reads the input otherwise than as its value.
  let copiesInput: Bool
  /// Codes of the steps of the pass at hand, `codeStride` an image.
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
  let local: Int
  let rows: Int
  let winograd: Int
  let sums: Int
  /// The first input channel of each lane of a pass's grouped convolutions.
  let laneInputs: Int
  /// Scales of a pass's summands that lie in parts.
  let partScales: Int
  /// The block.
  let bytes: Int
  /// What the run reads beside the block and the weights.
  let constants: Int
  /// Packed weights, which are kept apart.
  let weights: Int

  init(_ plan: Plan, threads: Int, instructionSet: InstructionSet) {
    func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
    let float = MemoryLayout<Float>.stride
    placement = plan.placement(.passes)
    let planPasses = plan.passes
    let owned = Set(planPasses.flatMap { pass in plan.buffers.indices.filter { pass.local.offsets[$0] != nil } })
    let steps = plan.steps.map { StepLayout($0, plan: plan, instructionSet: instructionSet, local: owned) }
    let passes = planPasses.map { PassLayout(plan, $0, steps, threads: threads) }
    self.steps = steps
    self.passes = passes
    copiesInput = zip(plan.steps, steps).contains { step, layout in
      !layout.isInput && step.readBuffers.contains(plan.input)
    }
    var end = aligned(placement.count * plan.images * float)
    codes = end
    codeStride = aligned((plan.largestCode + 7) / 8)
    end += codeStride * plan.images * (passes.map(\.codeCount).max() ?? 0)
    affine = end
    var affineOffsets: [Int] = []
    for shape in plan.statistics.map(\.shape) {
      affineOffsets.append(end - affine)
      end += aligned(2 * Plan.aligned(shape.channels) * float)
    }
    self.affineOffsets = affineOffsets
    ones = end
    onesCount = plan.steps.map { Plan.aligned($0.shape.channels) }.max() ?? 0
    end += aligned(onesCount * float)
    laneInputs = end
    end += aligned((passes.map(\.laneInputCount).max() ?? 0) * MemoryLayout<Int>.stride)
    partScales = end
    end += aligned((passes.map(\.partScaleCount).max() ?? 0) * float)
    scratch = end
    local = aligned((passes.map(\.padded.count).max() ?? 0) * float)
    rows = local + aligned((passes.map(\.localCount).max() ?? 0) * float)
    winograd = rows + aligned((steps.map(\.rowCount).max() ?? 0) * float)
    sums = winograd + aligned((steps.map(\.winogradCount).max() ?? 0) * float)
    scratchStride = sums + aligned((passes.map(\.sumCount).max() ?? 0) * MemoryLayout<Int64>.stride)
    bytes = end + scratchStride * threads
    constants = PlanConstants.bytes(of: plan)
    weights = steps.reduce(0) { $0 + $1.weightCount } * float
  }
}
