internal import CPUKernels
internal import Compute
import NetworkGraph

/// Threads that carry out an inference together: their memory, and every step as tasks on it.
///
/// A team of one takes a few images after the other through a step, value and convolutions, while they are in the
/// cache. In a team of several each thread has a role: rows of a step's images, or where weights are larger than the
/// images, output channels. Threads wait for each other between phases; what a role reads that another one wrote is
/// from an earlier phase.
final class InferenceTeam: StepMemory, @unchecked Sendable {
  /// What the roles do before they wait for each other.
  struct Phase {
    let step: Int
    let roles: [[InferenceTask]]
  }

  let plan: Plan
  let layout: InferenceLayout
  let constants: PlanConstants
  let descriptions = Descriptions()
  private let memory: UnsafeMutablePointer<Float>
  private let barrier: TeamBarrier
  /// By the number of images of a chunk.
  private var phases: [Int: [Phase]] = [:]

  /// Roles.
  var width: Int { layout.roles }

  /// - Parameters:
  ///   - sizes: the numbers of images that chunks have.
  ///   - memory: `layout.count` floats.
  init(
    _ plan: Plan, layout: InferenceLayout, sizes: [Int], memory: UnsafeMutablePointer<Float>,
    constants: PlanConstants
  ) {
    self.plan = plan
    self.layout = layout
    self.memory = memory
    self.constants = constants
    barrier = TeamBarrier(width: layout.roles)
    // What lies around padded images stays zero from here on; the rest is written before it is read.
    memory.initialize(repeating: 0, count: layout.count)
    for size in sizes {
      phases[size] = plan.steps.indices.flatMap { StepTasks(self, step: $0).phases(images: size) }
    }
  }

  /// Carries out every step on a chunk of images, and nothing else until all roles have done so: every role must be
  /// run, each by a thread of its own.
  ///
  /// - Parameters:
  ///   - values: planar images, of which those of the chunk are taken.
  ///   - each: told by role 0 when a phase of a step is done.
  func run(role: Int, _ values: UnsafeBufferPointer<Float>, _ chunk: Range<Int>, each: (_ step: Int) -> Void) {
    place(values, chunk, role: role)
    barrier.wait(role)
    var prefetch = epads_prefetch()
    for phase in phases[chunk.count] ?? [] {
      for task in phase.roles[role] {
        switch task {
        case .value(let value): value.carryOut(rows: rows(role: role))
        case .operation(let operation, let image, let positions, let output):
          operation.carryOut(
            positions, to: activations(output) + image * count(output), scratch: rows(role: role)
          ) { activations($0) + image * count($0) }
        case .convolution(let convolution, let images, let first):
          _ = convolution.carryOut(images, first: first, winograd: winograd(role: role), prefetch: &prefetch)
        }
      }
      barrier.wait(role)
      if role == 0 { each(phase.step) }
    }
  }

  // MARK: Where things lie

  func activations(_ buffer: Int) -> UnsafeMutablePointer<Float> {
    memory + (layout.placement.offsets[buffer] ?? 0) * layout.images
  }

  func scales(_ slot: Int) -> UnsafeMutablePointer<Float> { constants.scales[slot] }

  func shifts(_ slot: Int) -> UnsafeMutablePointer<Float> { constants.shifts[slot] }

  /// The padded images that begin at a place of the layout: each role has some of its own.
  func padded(_ place: Int, role: Int) -> UnsafeMutablePointer<Float> {
    memory + layout.padded + place + role * layout.paddedStride
  }

  func rows(role: Int) -> UnsafeMutablePointer<Float> { memory + layout.scratch + role * layout.scratchStride }

  func winograd(role: Int) -> UnsafeMutablePointer<Float> { rows(role: role) + layout.winograd }

  /// A role's rows of planar images into the layout of the activations.
  private func place(_ values: UnsafeBufferPointer<Float>, _ chunk: Range<Int>, role: Int) {
    let shape = plan.buffers[plan.input]
    let aligned = Plan.aligned(shape.channels)
    for (number, image) in chunk.enumerated() {
      place(
        values, image: image, rows: role * shape.height / width..<(role + 1) * shape.height / width,
        to: activations(plan.input) + number * count(plan.input), row: shape.width * aligned, channels: aligned)
    }
  }

  /// The output of a chunk, without its padded channels, [image][channel][position].
  func take(_ logits: UnsafeMutableBufferPointer<Float>, _ chunk: Range<Int>) {
    guard let output = plan.output else { return }
    let shape = plan.buffers[output]
    let aligned = Plan.aligned(shape.channels)
    let positions = shape.height * shape.width
    for (number, image) in chunk.enumerated() {
      let from = activations(output) + number * positions * aligned
      for channel in 0..<shape.channels {
        for position in 0..<positions {
          logits[image * shape.count + channel * positions + position] = from[position * aligned + channel]
        }
      }
    }
  }
}
