import OpenCL
import OpenCLBackend
import Testing

/// Buffers, programs and kernels, on every device.
@Suite struct CommandTests {
  @Test(arguments: Machine.devices) func bytesComeBack(device: OpenCLDeviceInfo) throws {
    let context = try Context(device: device)
    let queue = try context.queue()
    let values = (0..<1000).map { UInt32($0) &* 2_654_435_761 }
    let first = try context.buffer(bytes: 4000)
    let second = try context.buffer(bytes: 4000)
    try queue.write(values, to: first)
    try queue.copy(first, offset: 0, to: second, offset: 0, bytes: 4000)
    try queue.fill(second, offset: 40, bytes: 80)
    try queue.write([UInt32](repeating: 7, count: 3), to: second, offset: 60)
    try queue.finish()
    var expected = values
    for i in 10..<30 { expected[i] = 0 }
    for i in 15..<18 { expected[i] = 7 }
    #expect(try queue.read(first, count: 1000, as: UInt32.self) == values)
    #expect(try queue.read(second, count: 1000, as: UInt32.self) == expected)
    #expect(try queue.read(second, offset: 48, count: 5, as: UInt32.self) == Array(expected[12..<17]))
  }

  @Test(arguments: Machine.devices) func kernelsRun(device: OpenCLDeviceInfo) throws {
    let context = try Context(device: device)
    let queue = try context.queue(profiling: true)
    let program = try context.program(sources: [affineSource], options: "", cache: nil)
    #expect(!program.cameFromCache)
    #expect(program.buildSeconds > 0)
    let kernel = try program.kernel("affine")
    #expect(try kernel.maximumWorkGroupSize() > 0)
    #expect(try kernel.preferredWorkGroupMultiple() > 0)
    _ = try kernel.localMemory()
    _ = try kernel.privateMemory()
    let source = try context.buffer(bytes: 256)
    let target = try context.buffer(bytes: 256)
    try queue.write((0..<64).map { Float($0) }, to: source)
    try kernel.set(0, source)
    try kernel.set(1, target)
    try kernel.set(2, Float(0.5))
    try kernel.set(3, Int32(-3))
    try queue.enqueue(kernel, global: [64])
    #expect(try queue.read(target, count: 64, as: Float.self) == (0..<64).map { 0.5 * Float($0) - 3 })
    try kernel.set(3, Int32(4))
    let event = try queue.enqueueWithEvent(kernel, global: [64], local: [8])
    try queue.flush()
    #expect(try event.seconds() >= 0)
    #expect(try queue.read(target, count: 64, as: Float.self) == (0..<64).map { 0.5 * Float($0) + 4 })
  }

  /// Arguments outlive the caller's references to them.
  @Test(arguments: Machine.devices) func kernelsKeepTheirBuffers(device: OpenCLDeviceInfo) throws {
    let queue: CommandQueue
    let target: DeviceBuffer
    do {
      let context = try Context(device: device)
      queue = try context.queue()
      target = try context.buffer(bytes: 64)
      let kernel = try context.program(sources: [affineSource], options: "", cache: nil).kernel("affine")
      do {
        let source = try context.buffer(bytes: 64)
        try queue.write([Float](repeating: 2, count: 16), to: source)
        try kernel.set(0, source)
      }
      try kernel.set(1, target)
      try kernel.set(2, Float(3))
      try kernel.set(3, Int32(1))
      try queue.enqueue(kernel, global: [16])
    }
    #expect(try queue.read(target, count: 16, as: Float.self) == [Float](repeating: 7, count: 16))
  }

  @Test(arguments: Machine.devices) func compilersSpeak(device: OpenCLDeviceInfo) throws {
    let context = try Context(device: device)
    let error = #expect(throws: OpenCLError.self) {
      try context.program(sources: ["__kernel void broken() { undeclared_name = 1; }"], options: "", cache: nil)
    }
    #expect(error?.code == .buildFailed)
    #expect(error?.call == "clBuildProgram")
    #expect(error?.statusName == "CL_BUILD_PROGRAM_FAILURE")
    #expect(error?.device == device.name)
    #expect(error?.buildLog?.contains("undeclared_name") == true)
    #expect(error?.description.contains("undeclared_name") == true)
  }

  @Test(arguments: Machine.devices) func wrongArgumentsAreErrors(device: OpenCLDeviceInfo) throws {
    let context = try Context(device: device)
    let other = try Context(device: device)
    let queue = try context.queue()
    let buffer = try context.buffer(bytes: 64)
    let foreign = try other.buffer(bytes: 64)
    let program = try context.program(sources: [affineSource], options: "", cache: nil)
    let kernel = try program.kernel("affine")

    func fails(_ call: String, _ status: String?, line: Int = #line, _ body: () throws -> Void) {
      let place = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
      let error = #expect(throws: OpenCLError.self, sourceLocation: place) { try body() }
      #expect(error?.call == call, sourceLocation: place)
      if let status { #expect(error?.statusName == status, sourceLocation: place) }
      #expect(error?.device == device.name, sourceLocation: place)
      #expect(error?.description.contains(call) == true || error?.code == .outOfMemory, sourceLocation: place)
    }
    fails("clCreateBuffer", "CL_INVALID_BUFFER_SIZE") { _ = try context.buffer(bytes: 0) }
    fails("clCreateBuffer", "CL_INVALID_BUFFER_SIZE") { _ = try context.buffer(bytes: -1) }
    fails("clCreateBuffer", "CL_INVALID_BUFFER_SIZE") { _ = try context.buffer(bytes: .max) }
    fails("clEnqueueWriteBuffer", "CL_INVALID_VALUE") { try queue.write([UInt8](repeating: 1, count: 65), to: buffer) }
    fails("clEnqueueWriteBuffer", "CL_INVALID_VALUE") { try queue.write([1 as UInt8], to: buffer, offset: 64) }
    fails("clEnqueueWriteBuffer", "CL_INVALID_VALUE") { try queue.write([1 as UInt8], to: buffer, offset: -1) }
    fails("clEnqueueWriteBuffer", "CL_INVALID_CONTEXT") { try queue.write([1 as UInt8], to: foreign) }
    fails("clEnqueueReadBuffer", "CL_INVALID_VALUE") { _ = try queue.read(buffer, count: 17, as: Float.self) }
    fails("clEnqueueReadBuffer", "CL_INVALID_VALUE") {
      _ = try queue.read(buffer, offset: 4, count: 16, as: Float.self)
    }
    fails("clEnqueueFillBuffer", "CL_INVALID_VALUE") { try queue.fill(buffer, offset: 2, bytes: 4) }
    fails("clEnqueueFillBuffer", "CL_INVALID_VALUE") { try queue.fill(buffer, offset: 32, bytes: 64) }
    fails("clEnqueueCopyBuffer", "CL_INVALID_CONTEXT") {
      try queue.copy(buffer, offset: 0, to: foreign, offset: 0, bytes: 4)
    }
    fails("clCreateKernel", "CL_INVALID_KERNEL_NAME") { _ = try program.kernel("absent") }
    fails("clSetKernelArg", "CL_INVALID_ARG_INDEX") { try kernel.set(4, Int32(1)) }
    fails("clSetKernelArg", "CL_INVALID_ARG_INDEX") { try kernel.set(-1, Int32(1)) }
    fails("clSetKernelArg", "CL_INVALID_ARG_SIZE") { try kernel.set(2, UInt64(1)) }
    fails("clSetKernelArg", nil) { try kernel.setLocal(0, bytes: 0) }
    fails("clEnqueueNDRangeKernel", "CL_INVALID_KERNEL_ARGS") { try queue.enqueue(kernel, global: [16]) }
    for (index, memory) in [buffer, buffer].enumerated() { try kernel.set(index, memory) }
    try kernel.set(2, Float(1))
    try kernel.set(3, Int32(1))
    fails("clEnqueueNDRangeKernel", "CL_INVALID_WORK_DIMENSION") { try queue.enqueue(kernel, global: []) }
    fails("clEnqueueNDRangeKernel", "CL_INVALID_WORK_DIMENSION") { try queue.enqueue(kernel, global: [1, 1, 1, 1]) }
    fails("clEnqueueNDRangeKernel", "CL_INVALID_WORK_DIMENSION") {
      try queue.enqueue(kernel, global: [16], local: [4, 4])
    }
    fails("clEnqueueNDRangeKernel", "CL_INVALID_GLOBAL_WORK_SIZE") { try queue.enqueue(kernel, global: [0]) }
    fails("clEnqueueNDRangeKernel", "CL_INVALID_WORK_GROUP_SIZE") {
      try queue.enqueue(kernel, global: [16], local: [5])
    }
    fails("clEnqueueNDRangeKernel", nil) {
      let size = 2 * device.maximumWorkGroupSize
      try queue.enqueue(kernel, global: [size], local: [size])
    }
    fails("clGetEventProfilingInfo", "CL_PROFILING_INFO_NOT_AVAILABLE") {
      _ = try queue.enqueueWithEvent(kernel, global: [16]).seconds()
    }
    // All of that left the queue in order.
    try queue.finish()
  }
}
