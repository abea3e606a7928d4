internal import CPUKernels
internal import Compute
import NetworkGraph

/// What all threads of a run or an inference read and nobody writes: weights, biases, the network's own constants, and
/// what normalisations come to.
final class PlanConstants: @unchecked Sendable {
  /// Of every branch of every step.
  let weights: [[PackedWeights]]
  /// Of every branch of every step; nil where nothing is added.
  let biases: [[UnsafePointer<Float>?]]
  /// The constants of the plan, laid out as activations are.
  let constants: [UnsafePointer<Float>]
  /// gamma and beta of every slot of statistics.
  let affines: [(scale: [Float]?, shift: [Float]?)]
  /// Running statistics of every slot, one an aligned channel; none unless the plan is for logits.
  let scales: [UnsafeMutablePointer<Float>]
  let shifts: [UnsafeMutablePointer<Float>]
  /// As many as the widest value has channels.
  let ones: UnsafeMutablePointer<Float>
  private let descriptions = Descriptions()

  init(_ plan: Plan, weights: [[PackedWeights]]) throws(BackendError) {
    self.weights = weights
    let descriptions = descriptions
    let widest = Self.widest(plan)
    ones = descriptions.keep(Array(repeating: 1, count: widest))
    var (scales, shifts) = ([UnsafeMutablePointer<Float>](), [UnsafeMutablePointer<Float>]())
    for slot in plan.measurement == .logits ? plan.statistics : [] {
      let affines = try plan.running(slot.normalization, channels: slot.shape.channels)
      let padding = [Float](repeating: 0, count: Plan.aligned(slot.shape.channels) - affines.count)
      scales.append(descriptions.keep(affines.map(\.scale) + padding))
      shifts.append(descriptions.keep(affines.map(\.shift) + padding))
    }
    (self.scales, self.shifts) = (scales, shifts)
    var biases: [[UnsafePointer<Float>?]] = []
    for step in plan.steps {
      var own: [UnsafePointer<Float>?] = []
      for branch in step.branches {
        own.append(
          try plan.bias(of: branch, in: step).map { bias in
            let padding = [Float](repeating: 0, count: Plan.aligned(bias.count) - bias.count)
            return UnsafePointer(descriptions.keep(bias + padding))
          })
      }
      biases.append(own)
    }
    self.biases = biases
    var constants: [UnsafePointer<Float>] = []
    for constant in plan.constants {
      constants.append(UnsafePointer(descriptions.keep(Self.placed(try plan.values(of: constant), constant.shape))))
    }
    self.constants = constants
    var affines: [(scale: [Float]?, shift: [Float]?)] = []
    for slot in plan.statistics.indices { affines.append(try plan.scaleAndShift(of: slot)) }
    self.affines = affines
  }

  /// [channel][position] to [position][aligned channel].
  private static func placed(_ values: [Float], _ shape: TensorShape) -> [Float] {
    let aligned = Plan.aligned(shape.channels)
    var result = [Float](repeating: 0, count: Plan.alignedCount(shape))
    for channel in 0..<shape.channels {
      for position in 0..<shape.positions {
        result[position * aligned + channel] = values[channel * shape.positions + position]
      }
    }
    return result
  }

  /// Bytes beside the weights.
  static func bytes(of plan: Plan) -> Int {
    let biases = plan.steps.flatMap(\.branches).reduce(0) { total, branch in
      total + (branch.bias == nil && branch.folded == nil ? 0 : Plan.aligned(branch.convolution.outputChannels))
    }
    let statistics = plan.statistics.reduce(0) { $0 + 2 * Plan.aligned($1.shape.channels) }
    let constants = plan.constants.reduce(0) { $0 + Plan.alignedCount($1.shape) }
    // Once as they are read, once as they are placed.
    return (widest(plan) + 2 * statistics + biases + 2 * constants) * MemoryLayout<Float>.stride
  }

  private static func widest(_ plan: Plan) -> Int {
    plan.steps.map { Plan.aligned($0.shape.channels) }.max() ?? 0
  }
}
