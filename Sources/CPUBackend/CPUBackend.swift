internal import CPUKernels
public import Compute
import Foundation

/// Runs plans on the processor: threads share out the images, vector loops work on each.
///
/// Runs of one backend wait for each other and share one workspace, which grows to the largest plan and is kept.
public final class CPUBackend: Backend {
  public let device: Device
  public let instructionSet: InstructionSet
  public let threads: Int
  private let workspace: Workspace
  /// Held by the run that has the workspace. Not a `Mutex`: the thread sanitizer does not see that one waits.
  private let lock = NSLock()

  /// - Parameters:
  ///   - threads: nil for one a processor that this process may use.
  ///   - instructionSet: nil for the best that this processor has.
  public init(threads: Int? = nil, instructionSet: InstructionSet? = nil) throws(BackendError) {
    let available = InstructionSet.available
    let chosen = instructionSet ?? available.last ?? .scalar
    guard available.contains(chosen) else {
      throw BackendError(
        .deviceUnavailable,
        "this processor has no \(chosen.rawValue) (it has \(available.map(\.rawValue).joined(separator: ", ")))")
    }
    let threads = threads ?? Processor.count
    guard (1...1024).contains(threads) else {
      throw BackendError(.deviceUnavailable, "the number of threads must be from 1 to 1024, not \(threads)")
    }
    self.instructionSet = chosen
    self.threads = threads
    device = Device(
      backend: CPUProvider.name, name: Processor.name, kind: .cpu, threads: threads,
      details: [
        Device.Detail("threads", "\(threads)"),
        Device.Detail("instruction set", chosen.rawValue),
        Device.Detail("available", available.map(\.rawValue).joined(separator: ", ")),
      ])
    workspace = Workspace(threads: threads)
  }

  /// All threads work on one run.
  public var concurrentRuns: Int { 1 }

  public func memoryBound(of plan: Plan) -> Int {
    if plan.measurement == .logits {
      return InferenceSize(plan, threads: threads, instructionSet: instructionSet).bytes
    }
    let layout = layout(of: plan)
    return layout.bytes + layout.constants + max(layout.weights, WeightCache.limit)
  }

  /// Nothing: the loops are compiled into the program, and a run makes the weights that it lacks.
  public func prepare(_ plan: Plan) throws(BackendError) {}

  /// The weights that are kept for later runs: of which branch with which seed, and their bytes. For tests.
  package var keptWeights: [(seed: UInt64, branch: String, bytes: Int)] {
    lock.lock()
    defer { lock.unlock() }
    return workspace.weights.kept
  }

  public func inference(of plan: Plan) throws(BackendError) -> any Inference {
    lock.lock()
    defer { lock.unlock() }
    return try CPUInference(plan, workspace: workspace, instructionSet: instructionSet, lock: lock)
  }

  public func peakMultiplyAccumulates() throws(BackendError) -> Double {
    lock.lock()
    defer { lock.unlock() }
    return workspace.pool.peakMultiplyAccumulates(instructionSet.loops)
  }

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
    try check(images, for: plan)
    let layout = layout(of: plan)
    lock.lock()
    defer { lock.unlock() }
    let run = try Run(plan, layout: layout, workspace: workspace, instructionSet: instructionSet)
    return RunResult(counts: try run.counts(images: images), device: device)
  }

  private func layout(of plan: Plan) -> Layout { Layout(plan, threads: threads, instructionSet: instructionSet) }
}
