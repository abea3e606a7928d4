internal import COpenCL
internal import Compute
import OpenCL

/// What a buffer is for.
enum BufferRole: Hashable {
  case arena, weights, stored, affine, totals, codes, transformed, tables, integers, counts, flag, images

  /// Of a run, which shares its images with others.
  static let scoring: [BufferRole] = [
    .arena, .weights, .stored, .affine, .totals, .codes, .transformed, .tables, .integers, .counts, .flag,
  ]
  static let inference: [BufferRole] = [
    .arena, .weights, .stored, .affine, .transformed, .tables, .images,
  ]
}

/// A queue with kernels and memory of its own, for one run at a time. Memory is kept from run to run.
///
/// Used by one thread at a time: `OpenCLExecutors` hands executors out.
final class OpenCLExecutor {
  let queue: CommandQueue
  let programs: OpenCLPrograms
  private var kernels: [KernelName: Kernel] = [:]
  private var buffers: [BufferRole: DeviceBuffer] = [:]

  var isTiled: Bool { programs.isTiled }

  /// - Parameter profiling: whether the launches are kept, with their times.
  init(_ programs: OpenCLPrograms, profiling: Bool = false) throws(OpenCLError) {
    self.programs = programs
    queue = try programs.context.queue(profiling: profiling)
  }

  /// What has been enqueued where the executor is profiling, the first first.
  private var events: [(launch: Launch, event: Event)] = []

  /// The times of everything enqueued since this was asked last, kernel by kernel, the slowest first.
  func kernelTimes() throws(OpenCLError) -> [KernelTime] {
    var times: [KernelName: KernelTime] = [:]
    for (launch, event) in events {
      let kernel = launch.kernel
      var time =
        if let known = times[kernel] { known } else {
          KernelTime(kernel: "\(kernel)", privateBytes: try self.kernel(kernel).privateMemory())
        }
      time.launches += 1
      time.seconds += try event.seconds()
      time.multiplyAccumulates += launch.work.multiplyAccumulates
      time.bytes += launch.work.bytes
      times[kernel] = time
    }
    events = []
    return times.values.sorted { ($0.seconds, $0.kernel) > ($1.seconds, $1.kernel) }
  }

  /// Bytes of the largest run so far: no more is kept.
  private(set) var bytes = 0

  /// Gives the memory back.
  func empty() {
    kernels = [:]
    buffers = [:]
    bytes = 0
  }

  /// Makes every buffer that a run takes at least as large as it has to be; their contents are those of the last use.
  func reserve(_ layout: OpenCLLayout) throws(OpenCLError) {
    let largest = max(bytes, layout.bytes)
    let kept = layout.roles.reduce(0) { $0 + max(buffers[$1]?.bytes ?? 0, layout.bytes(of: $1)) }
    // What one run has large another may not need.
    if kept > largest { empty() }
    bytes = largest
    for role in layout.roles {
      let size = layout.bytes(of: role)
      if let buffer = buffers[role], buffer.bytes >= size { continue }
      // Freed before the larger one is made; kernels hold on to their arguments.
      buffers[role] = nil
      kernels = [:]
      buffers[role] = try programs.context.buffer(bytes: size)
    }
  }

  /// A buffer that has been reserved.
  func buffer(_ role: BufferRole) throws(OpenCLError) -> DeviceBuffer {
    if let buffer = buffers[role] { return buffer }
    throw programs.context.refused("clCreateBuffer", CL_INVALID_MEM_OBJECT, "nothing has been reserved")
  }

  func enqueue(_ launch: Launch) throws(OpenCLError) {
    let kernel = try kernel(launch.kernel)
    try kernel.set(launch.arguments)
    guard queue.isProfiling else { return try queue.enqueue(kernel, global: launch.global, local: launch.local) }
    events.append((launch, try queue.enqueueWithEvent(kernel, global: launch.global, local: launch.local)))
  }

  private func kernel(_ name: KernelName) throws(OpenCLError) -> Kernel {
    if let kernel = kernels[name] { return kernel }
    let kernel = try programs.program(of: name, for: .scoring).kernel(name.function)
    kernels[name] = kernel
    return kernel
  }
}
