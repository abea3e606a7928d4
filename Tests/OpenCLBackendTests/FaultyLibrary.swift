import Foundation
import OpenCL
import OpenCLBackend

/// The library of Tests/FaultyOpenCL, and its controls.
struct FaultyLibrary: Sendable {
  let library: OpenCLLibrary
  private let failCalls: @convention(c) (UnsafePointer<CChar>, Int, Int, Int32) -> Int32
  private let resetCounts: @convention(c) () -> Void
  private let countCalls: @convention(c) (UnsafePointer<CChar>) -> Int
  private let countLive: @convention(c) () -> Int

  /// Built beside the tests, as a product of the package.
  static var path: String {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return executable.deletingLastPathComponent().appendingPathComponent("libFaultyOpenCL.so").path
  }

  init() throws {
    library = try OpenCLLibrary(path: Self.path)
    let handle = dlopen(Self.path, RTLD_NOW | RTLD_LOCAL)
    func find<Function>(_ name: String, _ type: Function.Type) throws -> Function {
      guard let address = dlsym(handle, name) else { throw OpenCLError(.functionMissing, "no \(name)", call: name) }
      return unsafeBitCast(address, to: type)
    }
    failCalls = try find(
      "faulty_opencl_fail", (@convention(c) (UnsafePointer<CChar>, Int, Int, Int32) -> Int32).self)
    resetCounts = try find("faulty_opencl_reset", (@convention(c) () -> Void).self)
    countCalls = try find("faulty_opencl_calls", (@convention(c) (UnsafePointer<CChar>) -> Int).self)
    countLive = try find("faulty_opencl_live", (@convention(c) () -> Int).self)
  }

  /// Fails one call of a function, counted from the next on.
  func fail(_ function: String, call: Int, status: Int32) -> Bool { failCalls(function, call, call, status) != 0 }
  /// Fails this call of a function and all that follow, counted from the next on.
  func fail(_ function: String, from call: Int, status: Int32) -> Bool { failCalls(function, call, .max, status) != 0 }
  func reset() { resetCounts() }
  func calls(_ function: String) -> Int { countCalls(function) }
  /// Handles created and not released.
  var live: Int { countLive() }
}
