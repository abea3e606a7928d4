internal import COpenCL

/// A command on its way.
package final class Event: @unchecked Sendable {
  package let context: Context
  /// Whether the event knows its times.
  package let isProfiling: Bool
  let handle: OpaquePointer

  /// Takes over the handle.
  init(_ queue: CommandQueue, handle: OpaquePointer) {
    context = queue.context
    isProfiling = queue.isProfiling
    self.handle = handle
  }

  deinit {
    _ = context.functions.clReleaseEvent(handle)
  }

  /// Waits until the command is done; throws if it failed.
  package func wait() throws(OpenCLError) {
    var event: OpaquePointer? = handle
    try context.check("clWaitForEvents", context.functions.clWaitForEvents(1, &event))
  }

  /// Waits for the command and gives its time on the device. Throws where the queue is not profiling.
  package func seconds() throws(OpenCLError) -> Double {
    // Not every driver refuses it.
    guard isProfiling else {
      throw context.refused(
        "clGetEventProfilingInfo", CL_PROFILING_INFO_NOT_AVAILABLE, "the queue was made without profiling")
    }
    try wait()
    let context = context
    let handle = handle
    let information = Information(
      library: context.library, call: "clGetEventProfilingInfo", device: context.device.name
    ) { name in
      { context.functions.clGetEventProfilingInfo(handle, name, $0, $1, $2) }
    }
    let start = try information.value(CL_PROFILING_COMMAND_START, cl_ulong(0))
    let end = try information.value(CL_PROFILING_COMMAND_END, cl_ulong(0))
    return end > start ? Double(end - start) * 1e-9 : 0
  }
}
