internal import CPUKernels
internal import Compute
import Foundation
import NetworkGraph

/// An inference on the processor: weights packed, and every step worked out as tasks beforehand, so that a run does
/// nothing but carry them out.
final class CPUInference: Inference, @unchecked Sendable {
  let plan: Plan
  let bytes: Int
  private let partition: InferencePartition
  private let teams: [InferenceTeam]
  private let memory: UnsafeMutablePointer<Float>
  private let pool: ThreadPool
  /// Of the backend.
  private let lock: NSLock

  /// - Parameter lock: held by the caller.
  init(_ plan: Plan, workspace: Workspace, instructionSet: InstructionSet, lock: NSLock) throws(BackendError) {
    let size = InferenceSize(plan, threads: workspace.pool.width, instructionSet: instructionSet)
    self.plan = plan
    self.lock = lock
    bytes = size.bytes
    partition = size.partition
    pool = workspace.pool
    try Workspace.check(bytes: bytes)
    let weights = try workspace.weights.weights(of: plan, size.layout.steps, pool: workspace.pool)
    let constants = try PlanConstants(plan, weights: weights)
    let memory = try Workspace.allocate(bytes: size.teamBytes * partition.teams).assumingMemoryBound(to: Float.self)
    self.memory = memory
    teams = (0..<partition.teams).map { number in
      InferenceTeam(
        plan, layout: size.layout, sizes: size.partition.sizes,
        memory: memory + number * (size.teamBytes / MemoryLayout<Float>.stride), constants: constants)
    }
  }

  deinit { free(memory) }

  func logits(of images: ImageBatch) throws(BackendError) -> [Float] {
    try plan.check(images)
    lock.lock()
    defer { lock.unlock() }
    var logits = [Float](repeating: 0, count: images.count * classes)
    run(images, into: &logits) { _, _ in }
    return logits
  }

  func timed(_ images: ImageBatch) throws(BackendError) -> InferenceTimes {
    try plan.check(images)
    lock.lock()
    defer { lock.unlock() }
    let count = plan.steps.count
    // [team][step], and when each team's last step ended.
    var seconds = [Double](repeating: 0, count: teams.count * count)
    var ends = [ContinuousClock.Instant](repeating: .now, count: teams.count)
    var logits = [Float](repeating: 0, count: images.count * classes)
    seconds.withUnsafeMutableBufferPointer { seconds in
      ends.withUnsafeMutableBufferPointer { ends in
        nonisolated(unsafe) let (seconds, ends) = (seconds, ends)
        run(images, into: &logits) { team, step in
          let now = ContinuousClock.now
          if let step { seconds[team * count + step] += (now - ends[team]) / .seconds(1) }
          ends[team] = now
        }
      }
    }
    let steps = (0..<count).map { step in
      teams.indices.reduce(0) { $0 + seconds[$1 * count + step] } / Double(teams.count)
    }
    return InferenceTimes(device: nil, steps: steps)
  }

  /// Numbers of an image that leave.
  private var classes: Int { plan.output.map { plan.buffers[$0].count } ?? 0 }

  /// - Parameter each: told by a team when it begins a chunk (nil) and when it has carried out a step.
  private func run(
    _ images: ImageBatch, into logits: inout [Float], each: @Sendable (_ team: Int, _ step: Int?) -> Void
  ) {
    images.values.withUnsafeBufferPointer { values in
      logits.withUnsafeMutableBufferPointer { logits in
        nonisolated(unsafe) let (values, logits) = (values, logits)
        if teams.count == 1 {
          for chunk in partition.chunks {
            each(0, nil)
            // Every role has a thread: a thread that has one waits for the others before it can take another.
            pool.run(partition.teamWidth) { _, role in
              teams[0].run(role: role, values, chunk) { each(0, $0) }
            }
            teams[0].take(logits, chunk)
          }
        } else {
          pool.run(partition.chunks.count) { team, number in
            let chunk = partition.chunks[number]
            each(team, nil)
            teams[team].run(role: 0, values, chunk) { each(team, $0) }
            teams[team].take(logits, chunk)
          }
        }
      }
    }
  }
}

/// What an inference takes, known before it is made.
struct InferenceSize {
  let partition: InferencePartition
  let layout: InferenceLayout
  /// Of the memory of a team.
  let teamBytes: Int
  /// Of everything, weights that other inferences may share included.
  let bytes: Int

  init(_ plan: Plan, threads: Int, instructionSet: InstructionSet) {
    let float = MemoryLayout<Float>.stride
    partition = InferencePartition(
      images: plan.images, bytes: plan.placement(.fused).count * float, threads: threads)
    layout = InferenceLayout(
      plan, images: partition.sizes.last ?? 1, roles: partition.teamWidth, instructionSet: instructionSet)
    teamBytes = layout.count * float
    let weights = layout.steps.reduce(0) { $0 + $1.weightCount } * float
    bytes = teamBytes * partition.teams + weights + PlanConstants.bytes(of: plan)
  }
}
