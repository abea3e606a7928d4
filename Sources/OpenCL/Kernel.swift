internal import COpenCL

/// A value that a kernel takes as an argument, laid out alike here and on the device.
package protocol KernelScalar: BitwiseCopyable {}

extension Int32: KernelScalar {}
extension UInt32: KernelScalar {}
extension Int64: KernelScalar {}
extension UInt64: KernelScalar {}
extension Float: KernelScalar {}
extension Double: KernelScalar {}

/// A function of a program, with its arguments.
///
/// Belongs to one thread at a time: OpenCL does not protect the arguments of a kernel. Two threads take two kernels of
/// one program.
package final class Kernel {
  package let program: Program
  package let name: String
  let handle: OpaquePointer
  /// OpenCL does not keep the buffers of arguments alive.
  private var buffers: [Int: DeviceBuffer] = [:]

  init(_ program: Program, name: String) throws(OpenCLError) {
    var status = CL_SUCCESS
    let handle = program.context.functions.clCreateKernel(program.handle, name, &status)
    guard status == CL_SUCCESS, let handle else {
      var error = OpenCLError(call: "clCreateKernel", status: status, device: program.context.device.name)
      error.reason += " (kernel \(name))"
      throw error
    }
    self.handle = handle
    self.program = program
    self.name = name
  }

  deinit {
    _ = program.context.functions.clReleaseKernel(handle)
  }

  /// A buffer, kept alive until another takes its place or the kernel is gone.
  package func set(_ index: Int, _ buffer: DeviceBuffer) throws(OpenCLError) {
    var memory: OpaquePointer? = buffer.handle
    try set(index, size: MemoryLayout<OpaquePointer?>.size, &memory)
    buffers[index] = buffer
  }

  /// A number. Its size must be that of the parameter: `Int32` for `int`.
  package func set(_ index: Int, _ value: some KernelScalar) throws(OpenCLError) {
    var value = value
    try set(index, size: MemoryLayout.size(ofValue: value), &value)
    buffers[index] = nil
  }

  /// A structure of ints.
  package func set(_ index: Int, structure values: [Int32]) throws(OpenCLError) {
    try set(index, size: values.count * MemoryLayout<Int32>.stride, values)
    buffers[index] = nil
  }

  /// Local memory of a work-group.
  package func setLocal(_ index: Int, bytes: Int) throws(OpenCLError) {
    guard bytes > 0 else {
      throw program.context.refused("clSetKernelArg", CL_INVALID_ARG_SIZE, "\(bytes) bytes of local memory")
    }
    try set(index, size: bytes, nil)
    buffers[index] = nil
  }

  /// The largest work-group that this kernel can run with on its device.
  package func maximumWorkGroupSize() throws(OpenCLError) -> Int {
    try information.count(CL_KERNEL_WORK_GROUP_SIZE, Int.self)
  }

  /// What sizes of work-groups should be multiples of: the width of a warp or wavefront.
  package func preferredWorkGroupMultiple() throws(OpenCLError) -> Int {
    try information.count(CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, Int.self)
  }

  /// Local memory that a work-group takes, arguments set so far included.
  package func localMemory() throws(OpenCLError) -> Int {
    try information.count(CL_KERNEL_LOCAL_MEM_SIZE, cl_ulong.self)
  }

  /// Private memory that a work-item takes; where it is more than zero, registers did not suffice on most drivers.
  package func privateMemory() throws(OpenCLError) -> Int {
    try information.count(CL_KERNEL_PRIVATE_MEM_SIZE, cl_ulong.self)
  }

  private var information: Information {
    let context = program.context
    let handle = handle
    return Information(
      library: context.library, call: "clGetKernelWorkGroupInfo", device: context.device.name
    ) { name in
      { context.functions.clGetKernelWorkGroupInfo(handle, context.device.handle.device, name, $0, $1, $2) }
    }
  }

  private func set(_ index: Int, size: Int, _ value: UnsafeRawPointer?) throws(OpenCLError) {
    guard let position = cl_uint(exactly: index) else {
      throw program.context.refused("clSetKernelArg", CL_INVALID_ARG_INDEX, "argument \(index) of \(name)")
    }
    let status = program.context.functions.clSetKernelArg(handle, position, size, value)
    guard status == CL_SUCCESS else {
      var error = OpenCLError(call: "clSetKernelArg", status: status, device: program.context.device.name)
      error.reason += " (argument \(index) of \(name))"
      throw error
    }
  }
}
