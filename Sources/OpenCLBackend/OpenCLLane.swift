internal import COpenCL

/// A queue with kernels and memory of its own, for one run at a time. Memory is kept from run to run.
///
/// Used by one thread at a time: `OpenCLLanes` hands lanes out.
final class OpenCLLane {
  enum Role: Hashable, CaseIterable {
    case arena, weights, affine, partial, codes, transformed, tables, integers, counts, flag
  }

  enum Argument {
    case buffer(DeviceBuffer)
    case int(Int)
    case long(Int)
    case word(UInt64)
    case float(Float)
    /// A structure of ints.
    case integers([Int32])
  }

  let queue: CommandQueue
  let programs: OpenCLPrograms
  private var kernels: [KernelName: Kernel] = [:]
  private var buffers: [Role: DeviceBuffer] = [:]

  var isTiled: Bool { programs.isTiled }

  init(_ programs: OpenCLPrograms) throws(OpenCLError) {
    self.programs = programs
    queue = try programs.context.queue()
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
    let kept = Role.allCases.reduce(0) { $0 + max(buffers[$1]?.bytes ?? 0, layout.bytes(of: $1)) }
    // What one run has large another may not need.
    if kept > largest { empty() }
    bytes = largest
    for role in Role.allCases {
      let size = layout.bytes(of: role)
      if let buffer = buffers[role], buffer.bytes >= size { continue }
      // Freed before the larger one is made; kernels hold on to their arguments.
      buffers[role] = nil
      kernels = [:]
      buffers[role] = try programs.context.buffer(bytes: size)
    }
  }

  /// A buffer that has been reserved.
  func buffer(_ role: Role) throws(OpenCLError) -> DeviceBuffer {
    if let buffer = buffers[role] { return buffer }
    throw programs.context.refused("clCreateBuffer", CL_INVALID_MEM_OBJECT, "nothing has been reserved")
  }

  /// Launches a kernel over `items`, rounded up to work-groups.
  ///
  /// Work-groups are of one size for each kernel: some drivers compile it anew for another.
  func launch(_ name: KernelName, _ arguments: [Argument], items: [Int], groups local: [Int]) throws(OpenCLError) {
    let kernel = try kernel(name)
    for (index, argument) in arguments.enumerated() {
      switch argument {
      case .buffer(let buffer): try kernel.set(index, buffer)
      case .int(let value): try kernel.set(index, Int32(truncatingIfNeeded: value))
      case .long(let value): try kernel.set(index, UInt64(value))
      case .word(let value): try kernel.set(index, value)
      case .float(let value): try kernel.set(index, value)
      case .integers(let values): try kernel.set(index, structure: values)
      }
    }
    try queue.enqueue(kernel, global: zip(items, local).map { ($0 + $1 - 1) / $1 * $1 }, local: local)
  }

  private func kernel(_ name: KernelName) throws(OpenCLError) -> Kernel {
    if let kernel = kernels[name] { return kernel }
    let kernel = try programs.program(of: name).kernel(name.function)
    kernels[name] = kernel
    return kernel
  }
}
