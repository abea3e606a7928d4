internal import COpenCL

/// Compiled OpenCL C.
///
/// May be used from any thread.
package final class Program: @unchecked Sendable {
  package let context: Context
  let handle: OpaquePointer
  /// Time to compile, or to fetch from the cache and load.
  package fileprivate(set) var buildSeconds = 0.0
  package fileprivate(set) var cameFromCache = false

  /// Takes over the handle.
  private init(_ context: Context, handle: OpaquePointer) {
    self.context = context
    self.handle = handle
  }

  deinit {
    _ = context.functions.clReleaseProgram(handle)
  }

  /// A kernel of its own, with no arguments set.
  package func kernel(_ name: String) throws(OpenCLError) -> Kernel {
    try Kernel(self, name: name)
  }

  /// What the compiler wrote, warnings for one; empty where it cannot be had.
  package var buildLog: String {
    let context = context
    let handle = handle
    let information = Information(
      library: context.library, call: "clGetProgramBuildInfo", device: context.device.name
    ) { name in
      { context.functions.clGetProgramBuildInfo(handle, context.device.handle.device, name, $0, $1, $2) }
    }
    return (try? information.text(CL_PROGRAM_BUILD_LOG)) ?? ""
  }

  static func build(
    _ context: Context, sources: [String], options: String, cache: ProgramCache?
  ) throws(OpenCLError) -> Program {
    let clock = ContinuousClock()
    let start = clock.now
    let key = cache.map { _ in ProgramCache.Key(context.device, options: options, sources: sources) }
    var program: Program?
    if let cache, let key, let binary = cache.binary(for: key) {
      // A driver may refuse what it made itself, after an update for one; then the sources still serve.
      program = try? Program(context, binary: binary, options: options)
      if program == nil { cache.remove(key) }
    }
    let cameFromCache = program != nil
    let built = if let program { program } else { try Program(context, sources: sources, options: options) }
    built.cameFromCache = cameFromCache
    built.buildSeconds = (clock.now - start) / .seconds(1)
    if let cache, let key, !cameFromCache, let binary = try? built.binary() { cache.store(binary, for: key) }
    return built
  }

  private convenience init(_ context: Context, sources: [String], options: String) throws(OpenCLError) {
    let text = sources.joined(separator: "\n")
    var status = CL_SUCCESS
    var length = text.utf8.count
    let handle = text.withCString { text in
      var text: UnsafePointer<CChar>? = text
      return context.functions.clCreateProgramWithSource(context.handle, 1, &text, &length, &status)
    }
    self.init(context, handle: try context.check("clCreateProgramWithSource", handle, status))
    try build(options)
  }

  private convenience init(_ context: Context, binary: [UInt8], options: String) throws(OpenCLError) {
    var device: OpaquePointer? = context.device.handle.device
    var length = binary.count
    var binaryStatus = CL_SUCCESS
    var status = CL_SUCCESS
    let handle = binary.withUnsafeBufferPointer { binary in
      var start = binary.baseAddress
      return context.functions.clCreateProgramWithBinary(
        context.handle, 1, &device, &length, &start, &binaryStatus, &status)
    }
    self.init(context, handle: try context.check("clCreateProgramWithBinary", handle, status))
    try context.check("clCreateProgramWithBinary", binaryStatus)
    try build(options)
  }

  private func build(_ options: String) throws(OpenCLError) {
    var device: OpaquePointer? = context.device.handle.device
    let status = context.functions.clBuildProgram(handle, 1, &device, options, nil, nil)
    guard status == CL_SUCCESS else {
      throw OpenCLError(call: "clBuildProgram", status: status, device: context.device.name, buildLog: buildLog)
    }
  }

  /// What the driver needs to have this program again without compiling it.
  private func binary() throws(OpenCLError) -> [UInt8] {
    let context = context
    let handle = handle
    let information = Information(library: context.library, call: "clGetProgramInfo", device: context.device.name) {
      name in { context.functions.clGetProgramInfo(handle, name, $0, $1, $2) }
    }
    let size = try information.value(CL_PROGRAM_BINARY_SIZES, 0)
    guard size > 0, size <= ProgramCache.largestBinary else { return [] }
    var status = CL_SUCCESS
    let binary = [UInt8](unsafeUninitializedCapacity: size) { storage, initialized in
      storage.initialize(repeating: 0)
      var start = storage.baseAddress
      status = context.functions.clGetProgramInfo(
        handle, cl_program_info(CL_PROGRAM_BINARIES), MemoryLayout.size(ofValue: start), &start, nil)
      initialized = size
    }
    try context.check("clGetProgramInfo", status)
    return binary
  }
}
