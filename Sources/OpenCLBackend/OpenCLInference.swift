internal import COpenCL
internal import Compute
import Foundation
internal import NetworkGraph
import OpenCL

/// A network's logits on one device: memory, weights and the kernels of every step are there from the beginning.
///
/// A run writes the images, launches kernels whose arguments stand, and reads the logits.
final class OpenCLInference: Inference, @unchecked Sendable {
  /// A kernel with its arguments, as it is run each time.
  private struct Command {
    let kernel: Kernel
    let global: [Int]
    let local: [Int]
    /// The step that it belongs to; nil for placing the images.
    let step: Int?

    init(_ launch: Launch, step: Int?, programs: OpenCLPrograms) throws(OpenCLError) {
      kernel = try programs.program(of: launch.kernel, for: .inference).kernel(launch.kernel.function)
      try kernel.set(launch.arguments)
      global = launch.global
      local = launch.local
      self.step = step
    }
  }

  let plan: Plan
  let bytes: Int
  /// What runs wait for each other with; nil where those of one inference alone do.
  private let executors: OpenCLExecutors?
  private let turn = NSLock()
  private let queue: CommandQueue
  private let images: DeviceBuffer
  private let arena: DeviceBuffer
  /// The shape of the logits, and where they lie in the arena; nil where the plan gives none.
  private let output: (shape: TensorShape, place: Int)?
  // Used in turn.
  private let commands: [Command]

  /// Reserves memory, writes what the host knows, and makes the weights.
  ///
  /// - Parameters:
  ///   - stored: `layout.stored.values`.
  ///   - affines: `layout.runningAffines`.
  ///   - executors: whose runs must not go on beside those of this inference; nil where they may.
  init(
    _ plan: Plan, layout: OpenCLLayout, stored: [Float], affines: [Float], programs: OpenCLPrograms,
    executors: OpenCLExecutors?
  ) throws(OpenCLError) {
    let context = programs.context
    let queue = try context.queue(profiling: true)
    var buffers: [BufferRole: DeviceBuffer] = [:]
    for role in layout.roles { buffers[role] = try context.buffer(bytes: layout.bytes(of: role)) }
    func buffer(_ role: BufferRole) throws(OpenCLError) -> DeviceBuffer {
      if let buffer = buffers[role] { return buffer }
      throw context.refused("clCreateBuffer", CL_INVALID_MEM_OBJECT, "nothing has been reserved")
    }
    let launches = try PlanLaunches(plan, layout: layout, isTiled: programs.isTiled, buffer: buffer)
    self.plan = plan
    self.executors = executors
    self.queue = queue
    bytes = buffers.values.reduce(0) { $0 + $1.bytes }
    images = try buffer(.images)
    arena = try buffer(.arena)
    output = plan.output.map { (plan.buffers[$0], layout.place(of: $0)) }

    var commands = [try Command(launches.placing(images), step: nil, programs: programs)]
    for (index, (step, places)) in zip(plan.steps, layout.steps).enumerated() {
      let value = launches.beginning(step, places) + launches.activating(step, places)
      for launch in value + places.convolutions.flatMap(launches.convolving) {
        commands.append(try Command(launch, step: index, programs: programs))
      }
    }
    self.commands = commands
    let tables = try buffer(.tables)
    let affine = try buffer(.affine)
    let storedBuffer = try buffer(.stored)
    let making = launches.makingWeights
    try inTurn { () throws(OpenCLError) in
      try toTheEnd { () throws(OpenCLError) in
        try queue.write(layout.tables.values, to: tables)
        if !affines.isEmpty { try queue.write(affines, to: affine) }
        if !stored.isEmpty { try queue.write(stored, to: storedBuffer) }
        for launch in making { try enqueue(Command(launch, step: nil, programs: programs)) }
        try queue.finish()
      }
    }
  }

  func logits(of images: ImageBatch) throws(BackendError) -> [Float] {
    let values = try run(images) { command throws(OpenCLError) in try enqueue(command) }
    return planar(values)
  }

  func timed(_ images: ImageBatch) throws(BackendError) -> InferenceTimes {
    var events: [(step: Int?, event: Event)] = []
    _ = try run(images) { command throws(OpenCLError) in
      let event = try queue.enqueueWithEvent(command.kernel, global: command.global, local: command.local)
      events.append((command.step, event))
    }
    var times = InferenceTimes(device: nil, steps: plan.steps.map { _ in 0 })
    var device = 0.0
    do {
      for (step, event) in events {
        let seconds = try event.seconds()
        device += seconds
        if let step { times.steps[step] += seconds }
      }
    } catch {
      throw BackendError(error)
    }
    times.device = device
    return times
  }
}

// MARK: - Runs

extension OpenCLInference {
  /// The values of the output, as they lie in the arena.
  private func run(
    _ batch: ImageBatch, enqueuing enqueue: (Command) throws(OpenCLError) -> Void
  ) throws(BackendError) -> [Float] {
    try plan.check(batch)
    do {
      return try inTurn { () throws(OpenCLError) in
        // Typed throws do not pass through withUnsafeBytes of arrays.
        try batch.values.withUnsafeBytes { source in
          Result { () throws(OpenCLError) in
            try toTheEnd { () throws(OpenCLError) in
              try queue.enqueueWrite(source, to: images)
              for (number, command) in commands.enumerated() {
                try enqueue(command)
                // The device begins while the rest is enqueued.
                if number % 16 == 0 { try queue.flush() }
              }
              return try readOutput()
            }
          }
        }.get()
      }
    } catch {
      throw BackendError(error)
    }
  }

  private func enqueue(_ command: Command) throws(OpenCLError) {
    try queue.enqueue(command.kernel, global: command.global, local: command.local)
  }

  private func readOutput() throws(OpenCLError) -> [Float] {
    guard let output else { return [] }
    return try queue.read(
      arena, offset: output.place * 4, count: plan.images * Plan.alignedCount(output.shape), as: Float.self)
  }

  /// Carries out work of which nothing goes on afterwards, where it fails, either.
  private func toTheEnd<Value>(_ body: () throws(OpenCLError) -> Value) throws(OpenCLError) -> Value {
    do {
      return try body()
    } catch {
      try? queue.finish()
      throw error
    }
  }

  /// Carries out work while nothing else does that must not go on beside it.
  private func inTurn<Value>(_ body: () throws(OpenCLError) -> Value) throws(OpenCLError) -> Value {
    turn.lock()
    defer { turn.unlock() }
    guard let executors else { return try body() }
    return try executors.withoutRuns(body)
  }

  /// [image][position][padded channel] to [image][channel][position].
  private func planar(_ values: [Float]) -> [Float] {
    guard let output else { return [] }
    let aligned = Plan.aligned(output.shape.channels)
    let positions = output.shape.height * output.shape.width
    return (0..<plan.images).flatMap { image in
      (0..<output.shape.channels).flatMap { channel in
        (0..<positions).map { values[(image * positions + $0) * aligned + channel] }
      }
    }
  }
}
