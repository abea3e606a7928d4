internal import COpenCL

/// Memory of a device, for kernels to read and write.
///
/// May be used from any thread; who writes what when is for the caller to order.
package final class DeviceBuffer: @unchecked Sendable {
  package let context: Context
  package let bytes: Int
  let handle: OpaquePointer

  init(_ context: Context, bytes: Int) throws(OpenCLError) {
    guard bytes > 0 else {
      throw context.refused("clCreateBuffer", CL_INVALID_BUFFER_SIZE, "a buffer of \(bytes) bytes")
    }
    // Not every driver checks it.
    guard bytes <= context.device.maximumAllocation else {
      throw OpenCLError(
        .outOfMemory,
        "\(context.device.name) has no buffers of \(bytes) bytes, only up to \(context.device.maximumAllocation)",
        call: "clCreateBuffer", status: CL_INVALID_BUFFER_SIZE, device: context.device.name)
    }
    var status = CL_SUCCESS
    let handle = context.functions.clCreateBuffer(
      context.handle, cl_mem_flags(CL_MEM_READ_WRITE), bytes, nil, &status)
    self.handle = try context.check("clCreateBuffer", handle, status)
    self.context = context
    self.bytes = bytes
  }

  deinit {
    _ = context.functions.clReleaseMemObject(handle)
  }

  /// Throws unless the buffer holds `count` bytes from `offset` on and belongs to `context`.
  func check(_ call: String, in context: Context, offset: Int, count: Int) throws(OpenCLError) {
    guard context === self.context else {
      throw context.refused(call, CL_INVALID_CONTEXT, "the buffer belongs to another context")
    }
    guard offset >= 0, count > 0, offset <= bytes, count <= bytes - offset else {
      throw context.refused(call, CL_INVALID_VALUE, "\(count) bytes from \(offset) on of a buffer of \(bytes)")
    }
  }
}
