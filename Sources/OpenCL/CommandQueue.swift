internal import COpenCL

/// Carries out commands on a device, one after the other.
///
/// Any thread may enqueue; commands of several threads follow each other in no particular order. An error of a command
/// that has been accepted shows in a later call, at the latest in `finish` or `read`.
package final class CommandQueue: @unchecked Sendable {
  package let context: Context
  package let isProfiling: Bool
  let handle: OpaquePointer

  init(_ context: Context, profiling: Bool) throws(OpenCLError) {
    let properties = cl_command_queue_properties(profiling ? CL_QUEUE_PROFILING_ENABLE : 0)
    var status = CL_SUCCESS
    let handle = context.functions.clCreateCommandQueue(
      context.handle, context.device.handle.device, properties, &status)
    self.handle = try context.check("clCreateCommandQueue", handle, status)
    self.context = context
    isProfiling = profiling
  }

  deinit {
    _ = context.functions.clReleaseCommandQueue(handle)
  }

  /// Copies host memory into a buffer, and waits for it and for everything enqueued before.
  package func write(_ source: UnsafeRawBufferPointer, to buffer: DeviceBuffer, offset: Int = 0) throws(OpenCLError) {
    try write(source, to: buffer, offset: offset, isBlocking: true)
  }

  /// The same without waiting: the host memory must stay until something later on this queue has been waited for.
  package func enqueueWrite(_ source: UnsafeRawBufferPointer, to buffer: DeviceBuffer) throws(OpenCLError) {
    try write(source, to: buffer, offset: 0, isBlocking: false)
  }

  private func write(
    _ source: UnsafeRawBufferPointer, to buffer: DeviceBuffer, offset: Int, isBlocking: Bool
  ) throws(OpenCLError) {
    guard !source.isEmpty else { return }
    try buffer.check("clEnqueueWriteBuffer", in: context, offset: offset, count: source.count)
    try check(
      "clEnqueueWriteBuffer",
      context.functions.clEnqueueWriteBuffer(
        handle, buffer.handle, cl_bool(isBlocking ? CL_TRUE : CL_FALSE), offset, source.count, source.baseAddress, 0,
        nil, nil))
  }

  /// Copies the elements of an array into a buffer; see the other `write`.
  package func write<Element: BitwiseCopyable>(
    _ source: [Element], to buffer: DeviceBuffer, offset: Int = 0
  ) throws(OpenCLError) {
    // Typed throws do not pass through withUnsafeBytes of arrays.
    let result = source.withUnsafeBytes { bytes in
      Result { () throws(OpenCLError) in try write(bytes, to: buffer, offset: offset) }
    }
    try result.get()
  }

  /// Copies a buffer, or the part of it from `offset` on, into host memory and fills that; waits for it and for
  /// everything enqueued before.
  package func read(
    _ buffer: DeviceBuffer, offset: Int = 0, into target: UnsafeMutableRawBufferPointer
  ) throws(OpenCLError) {
    guard !target.isEmpty else { return }
    try buffer.check("clEnqueueReadBuffer", in: context, offset: offset, count: target.count)
    try check(
      "clEnqueueReadBuffer",
      context.functions.clEnqueueReadBuffer(
        handle, buffer.handle, cl_bool(CL_TRUE), offset, target.count, target.baseAddress, 0, nil, nil))
  }

  /// `count` elements of a buffer; see the other `read`.
  package func read<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    _ buffer: DeviceBuffer, offset: Int = 0, count: Int, as type: Element.Type
  ) throws(OpenCLError) -> [Element] {
    guard count >= 0, count <= buffer.bytes / MemoryLayout<Element>.stride else {
      throw context.refused(
        "clEnqueueReadBuffer", CL_INVALID_VALUE, "\(count) elements of a buffer of \(buffer.bytes) bytes")
    }
    var elements = [Element](repeating: 0, count: count)
    let result = elements.withUnsafeMutableBytes { bytes in
      Result { () throws(OpenCLError) in try read(buffer, offset: offset, into: bytes) }
    }
    try result.get()
    return elements
  }

  /// Sets bytes to zero. Offset and number must be multiples of 4.
  package func fill(_ buffer: DeviceBuffer, offset: Int, bytes: Int) throws(OpenCLError) {
    guard bytes != 0 else { return }
    try buffer.check("clEnqueueFillBuffer", in: context, offset: offset, count: bytes)
    guard offset % 4 == 0, bytes % 4 == 0 else {
      throw context.refused("clEnqueueFillBuffer", CL_INVALID_VALUE, "\(bytes) bytes from \(offset): no multiples of 4")
    }
    var zero = UInt32(0)
    try check(
      "clEnqueueFillBuffer",
      context.functions.clEnqueueFillBuffer(handle, buffer.handle, &zero, 4, offset, bytes, 0, nil, nil))
  }

  /// Copies between buffers, or between parts of one that do not overlap.
  package func copy(
    _ source: DeviceBuffer, offset: Int, to target: DeviceBuffer, offset targetOffset: Int, bytes: Int
  ) throws(OpenCLError) {
    guard bytes != 0 else { return }
    try source.check("clEnqueueCopyBuffer", in: context, offset: offset, count: bytes)
    try target.check("clEnqueueCopyBuffer", in: context, offset: targetOffset, count: bytes)
    try check(
      "clEnqueueCopyBuffer",
      context.functions.clEnqueueCopyBuffer(
        handle, source.handle, target.handle, offset, targetOffset, bytes, 0, nil, nil))
  }

  /// Runs a kernel with the arguments it has now.
  ///
  /// - Parameters:
  ///   - global: work-items in one to three dimensions, a multiple of `local` in each.
  ///   - local: of a work-group; nil for the driver's choice.
  package func enqueue(_ kernel: Kernel, global: [Int], local: [Int]? = nil) throws(OpenCLError) {
    try launch(kernel, global: global, local: local, event: nil)
  }

  /// Runs a kernel and gives an event that can be waited for and, where the queue is profiling, knows its time.
  package func enqueueWithEvent(
    _ kernel: Kernel, global: [Int], local: [Int]? = nil
  ) throws(OpenCLError) -> Event {
    var event: OpaquePointer?
    try launch(kernel, global: global, local: local, event: &event)
    return Event(self, handle: try context.check("clEnqueueNDRangeKernel", event, CL_SUCCESS))
  }

  /// Has the device begin, without waiting for it.
  package func flush() throws(OpenCLError) {
    try check("clFlush", context.functions.clFlush(handle))
  }

  /// Waits until everything is done.
  package func finish() throws(OpenCLError) {
    try check("clFinish", context.functions.clFinish(handle))
  }

  private func launch(
    _ kernel: Kernel, global: [Int], local: [Int]?, event: UnsafeMutablePointer<OpaquePointer?>?
  ) throws(OpenCLError) {
    let call = "clEnqueueNDRangeKernel"
    guard kernel.program.context === context else {
      throw context.refused(call, CL_INVALID_CONTEXT, "the kernel belongs to another context")
    }
    guard (1...3).contains(global.count), local.map({ $0.count == global.count }) ?? true else {
      throw context.refused(
        call, CL_INVALID_WORK_DIMENSION, "\(kernel.name) over \(global) in groups of \(local ?? [])")
    }
    guard global.allSatisfy({ $0 > 0 }) else {
      throw context.refused(call, CL_INVALID_GLOBAL_WORK_SIZE, "\(kernel.name) over \(global)")
    }
    if let local {
      guard zip(global, local).allSatisfy({ $1 > 0 && $0 % $1 == 0 }) else {
        throw context.refused(call, CL_INVALID_WORK_GROUP_SIZE, "\(kernel.name) over \(global) in groups of \(local)")
      }
    }
    let dimensions = cl_uint(global.count)
    let status =
      if let local {
        context.functions.clEnqueueNDRangeKernel(
          handle, kernel.handle, dimensions, nil, global, local, 0, nil, event)
      } else {
        context.functions.clEnqueueNDRangeKernel(handle, kernel.handle, dimensions, nil, global, nil, 0, nil, event)
      }
    guard status == CL_SUCCESS else {
      var error = OpenCLError(call: call, status: status, device: context.device.name)
      error.reason += " (kernel \(kernel.name) over \(global)\(local.map { " in groups of \($0)" } ?? ""))"
      throw error
    }
  }

  private func check(_ call: String, _ status: cl_int) throws(OpenCLError) {
    try context.check(call, status)
  }
}
