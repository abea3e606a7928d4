internal import COpenCL

/// What buffers, programs and queues of one device belong to.
///
/// May be used from any thread.
package final class Context: @unchecked Sendable {
  package let device: OpenCLDeviceInfo
  let handle: OpaquePointer

  var library: OpenCLLibrary { device.library }
  var functions: epads_opencl_functions { device.library.functions }

  package init(device: OpenCLDeviceInfo) throws(OpenCLError) {
    var properties = [
      cl_context_properties(CL_CONTEXT_PLATFORM), cl_context_properties(Int(bitPattern: device.handle.platform)), 0,
    ]
    var id: OpaquePointer? = device.handle.device
    var status = CL_SUCCESS
    let handle = device.library.functions.clCreateContext(&properties, 1, &id, nil, nil, &status)
    self.handle = try device.library.check("clCreateContext", handle, status, device: device.name)
    self.device = device
  }

  deinit {
    _ = functions.clReleaseContext(handle)
  }

  /// A queue that carries out its commands in order.
  ///
  /// - Parameter profiling: whether the events of commands know their times.
  package func queue(profiling: Bool = false) throws(OpenCLError) -> CommandQueue {
    try CommandQueue(self, profiling: profiling)
  }

  /// Memory of the device, its content undefined. Drivers may put off the allocation to the first use.
  package func buffer(bytes: Int) throws(OpenCLError) -> DeviceBuffer {
    try DeviceBuffer(self, bytes: bytes)
  }

  /// A program of OpenCL C, compiled now or found in a cache.
  ///
  /// - Parameters:
  ///   - sources: pieces of one text.
  ///   - options: of the compiler, such as "-cl-std=CL1.2 -D TILE=8".
  ///   - cache: nil to compile in any case.
  package func program(sources: [String], options: String, cache: ProgramCache?) throws(OpenCLError) -> Program {
    try Program.build(self, sources: sources, options: options, cache: cache)
  }

  func check(_ call: String, _ status: cl_int) throws(OpenCLError) {
    try library.check(call, status, device: device.name)
  }

  func check(_ call: String, _ handle: OpaquePointer?, _ status: cl_int) throws(OpenCLError) -> OpaquePointer {
    try library.check(call, handle, status, device: device.name)
  }

  package func refused(_ call: String, _ status: Int32, _ why: String) -> OpenCLError {
    OpenCLError.refused(call, status, why, device: device.name)
  }
}
