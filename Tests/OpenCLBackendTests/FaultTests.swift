import Foundation
import OpenCL
import OpenCLBackend
import Testing

/// Fails every call that the types make, one after the other: each time an error that names the call, and no handle
/// left.
@Suite(.serialized, .enabled(if: !Machine.devices.isEmpty)) struct FaultTests {
  static let faulty = Result { try FaultyLibrary() }
  static let outOfResources: Int32 = -5

  /// Uses every function that does not take an error to be called; gives whether the second build came from the cache.
  private func useEverything(_ library: OpenCLLibrary, folder: String) throws(OpenCLError) -> Bool {
    let device = try library.devices()[0]
    let context = try Context(device: device)
    let queue = try context.queue(profiling: true)
    let source = try context.buffer(bytes: 64)
    let target = try context.buffer(bytes: 64)
    try queue.write([Float](repeating: 3, count: 16), to: source)
    try queue.fill(target, offset: 0, bytes: 64)
    try queue.copy(source, offset: 0, to: target, offset: 32, bytes: 32)
    let cache = ProgramCache(folder: folder)
    _ = try context.program(sources: [affineSource], options: "", cache: cache)
    let program = try context.program(sources: [affineSource], options: "", cache: cache)
    _ = program.buildLog
    let kernel = try program.kernel("affine")
    _ = try kernel.maximumWorkGroupSize()
    try kernel.set(0, source)
    try kernel.set(1, target)
    try kernel.set(2, Float(2))
    try kernel.set(3, Int32(1))
    let event = try queue.enqueueWithEvent(kernel, global: [16])
    try queue.flush()
    _ = try event.seconds()
    try queue.enqueue(kernel, global: [16], local: [4])
    try queue.finish()
    guard try queue.read(target, count: 16, as: Float.self) == [Float](repeating: 7, count: 16) else {
      throw OpenCLError(.callFailed, "a wrong result")
    }
    return program.cameFromCache
  }

  /// Failures that are dealt with and need not be told: releasing, the cache, the log of a build.
  private func isDealtWith(_ function: String, call: Int) -> Bool {
    switch function {
    case "clCreateProgramWithBinary", "clGetProgramInfo", "clGetProgramBuildInfo": true
    // The second build is the cached one.
    case "clBuildProgram": call == 2
    // Another driver or device takes over.
    case "clGetPlatformInfo", "clGetDeviceIDs", "clGetDeviceInfo": Machine.list.devices.count > 1
    default: function.hasPrefix("clRelease")
    }
  }

  @Test func everyFunctionIsUsed() throws {
    let faulty = try Self.faulty.get()
    faulty.reset()
    let cameFromCache = try Machine.withTemporaryFolder { try useEverything(faulty.library, folder: $0) }
    #expect(cameFromCache)
    #expect(faulty.live == 0)
    for function in OpenCLLibrary.functionNames {
      #expect(faulty.calls(function) > 0, "\(function)")
    }
  }

  @Test(arguments: OpenCLLibrary.functionNames) func everyCallMayFail(function: String) throws {
    let faulty = try Self.faulty.get()
    for call in 1...1000 {
      faulty.reset()
      #expect(faulty.fail(function, call: call, status: Self.outOfResources))
      try Machine.withTemporaryFolder { folder in
        do throws(OpenCLError) {
          _ = try useEverything(faulty.library, folder: folder)
          #expect(isDealtWith(function, call: call) || faulty.calls(function) < call, "call \(call)")
        } catch {
          #expect(error.call == function, "call \(call): \(error)")
          #expect(error.status == Self.outOfResources, "call \(call): \(error)")
          #expect(error.description.contains("CL_OUT_OF_RESOURCES"))
          #expect(error.description.contains(function))
        }
      }
      #expect(faulty.live == 0, "handles left after call \(call) failed")
      if faulty.calls(function) < call {
        #expect(call > 1, "never called")
        return
      }
    }
    Issue.record("more than 1000 calls")
  }

  @Test func buildErrorsWithoutALog() throws {
    let faulty = try Self.faulty.get()
    faulty.reset()
    let context = try Context(device: try faulty.library.devices()[0])
    #expect(faulty.fail("clGetProgramBuildInfo", call: 1, status: Self.outOfResources))
    let error = #expect(throws: OpenCLError.self) {
      try context.program(sources: ["no OpenCL C"], options: "", cache: nil)
    }
    #expect(error?.code == .buildFailed)
    #expect(error?.buildLog == "")
  }

  @Test func driversWithoutDevices() throws {
    let faulty = try Self.faulty.get()
    faulty.reset()
    guard Machine.list.devices.count == 1 else { return }
    #expect(faulty.fail("clGetDeviceIDs", call: 1, status: -1))
    let error = #expect(throws: OpenCLError.self) { try faulty.library.devices() }
    #expect(error?.code == .noDevice)
    #expect(error?.statusName == "CL_DEVICE_NOT_FOUND")
    faulty.reset()
    #expect(faulty.fail("clGetDeviceIDs", call: 1, status: -1))
    #expect(OpenCLDevices.list(from: faulty.library).problems.map(\.code) == [.noDevice])
  }

  /// The same faults for programs that a test starts.
  @Test func theEnvironmentControlsIt() async {
    await #expect(processExitsWith: .success) {
      setenv("EPADS_OPENCL_LIBRARY", FaultyLibrary.path, 1)
      setenv("EPADS_FAULTY_DEVICE_TYPE", "gpu", 1)
      setenv("EPADS_FAULTS", "clFinish:2+:-5,clCreateBuffer:1:-4", 1)
      let list = OpenCLDevices.list()
      #expect(list.devices.allSatisfy { $0.kind == .gpu })
      let context = try Context(device: try #require(list.devices.first))
      let queue = try context.queue()
      #expect(throws: OpenCLError.self) { try context.buffer(bytes: 4) }
      _ = try context.buffer(bytes: 4)
      try queue.finish()
      #expect(throws: OpenCLError.self) { try queue.finish() }
      #expect(throws: OpenCLError.self) { try queue.finish() }
    }
  }
}
