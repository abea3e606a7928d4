internal import CPUKernels
internal import Compute
import NetworkGraph
import Randomness

/// What all teams of an inference read: weights, biases, and what the running statistics come to.
final class InferenceConstants: @unchecked Sendable {
  /// Of every branch of every step.
  let weights: [[PackedWeights]]
  /// Of every branch of every step; nil where nothing is added.
  let biases: [[UnsafePointer<Float>?]]
  /// As many as the widest value has channels.
  let scales: UnsafeMutablePointer<Float>
  let shifts: UnsafeMutablePointer<Float>
  let ones: UnsafeMutablePointer<Float>
  private let descriptions = Descriptions()

  init(_ plan: Plan, weights: [[PackedWeights]]) {
    self.weights = weights
    let descriptions = descriptions
    let widest = Self.widest(plan)
    let initial = BatchStatistics.initial
    scales = descriptions.keep(Array(repeating: initial.scale, count: widest))
    shifts = descriptions.keep(Array(repeating: initial.shift, count: widest))
    ones = descriptions.keep(Array(repeating: 1, count: widest))
    biases = plan.steps.map { step in
      step.branches.map { branch in
        let outputs = branch.convolution.outputChannels
        var values = [Float](repeating: 0, count: Plan.aligned(outputs))
        switch branch.bias {
        case nil: return nil
        case .normalization: break
        case .stream(let name):
          let fanIn =
            plan.inputShape(of: branch, in: step).channels / branch.convolution.groups * branch.convolution.kernel.area
          let drawn = convolutionWeights(seed: plan.seed, name: name, count: outputs, fanIn: fanIn)
          values.replaceSubrange(0..<outputs, with: drawn)
        }
        return UnsafePointer(descriptions.keep(values))
      }
    }
  }

  /// Bytes beside the weights.
  static func bytes(of plan: Plan) -> Int {
    let biases = plan.steps.flatMap(\.branches).reduce(0) { total, branch in
      total + (branch.bias == nil ? 0 : Plan.aligned(branch.convolution.outputChannels))
    }
    return (3 * widest(plan) + biases) * MemoryLayout<Float>.stride
  }

  private static func widest(_ plan: Plan) -> Int {
    plan.steps.map { Plan.aligned($0.shape.channels) }.max() ?? 0
  }
}
