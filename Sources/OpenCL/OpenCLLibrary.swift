internal import COpenCL
import Foundation

/// The functions of OpenCL, looked up at run time.
///
/// The library stays open for the life of the process. Its functions may be called from any thread.
package final class OpenCLLibrary: @unchecked Sendable {
  /// Where the functions came from.
  package let path: String
  let functions: epads_opencl_functions

  /// The name under which every vendor's package and every loader package installs the loader.
  package static let standardPath = "libOpenCL.so.1"
  /// Names another library to load: for tests, and for machines with a loader in an unusual place.
  package static let pathVariable = "EPADS_OPENCL_LIBRARY"

  private static let shared = Result { () throws(OpenCLError) -> OpenCLLibrary in
    let path = ProcessInfo.processInfo.environment[pathVariable] ?? ""
    return try OpenCLLibrary(path: path.isEmpty ? standardPath : path)
  }

  /// The library of this process: `libOpenCL.so.1`, or what `EPADS_OPENCL_LIBRARY` names. Loaded at the first call.
  package static func load() throws(OpenCLError) -> OpenCLLibrary { try shared.get() }

  /// Loads a library of its own, for tests.
  package init(path: String) throws(OpenCLError) {
    var failure = epads_opencl_failure()
    guard let table = epads_opencl_load(path, &failure) else {
      let message = withUnsafeBytes(of: failure.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let missing = failure.missing {
        let name = String(cString: missing)
        throw OpenCLError(.functionMissing, "\(path) has no \(name): it is no library of OpenCL 1.2", call: name)
      }
      let advice =
        path == Self.standardPath
        ? "install ocl-icd-libopencl1 (Debian, Ubuntu), ocl-icd (Fedora, Arch) or the GPU vendor's driver"
        : "correct or unset \(Self.pathVariable)"
      throw OpenCLError(.libraryAbsent, "no OpenCL: \(message): \(advice)")
    }
    defer { free(table) }
    self.path = path
    functions = table.pointee
  }

  /// The names of every function that is looked up.
  package static var functionNames: [String] {
    var names: [String] = []
    while let name = epads_opencl_function_name(names.count) { names.append(String(cString: name)) }
    return names
  }

  /// Throws unless a call succeeded.
  func check(_ call: String, _ status: cl_int, device: String? = nil) throws(OpenCLError) {
    guard status == CL_SUCCESS else { throw OpenCLError(call: call, status: status, device: device) }
  }

  /// Throws unless a call gave a handle.
  func check(
    _ call: String, _ handle: OpaquePointer?, _ status: cl_int, device: String? = nil
  ) throws(OpenCLError) -> OpaquePointer {
    try check(call, status, device: device)
    guard let handle else {
      throw OpenCLError(.callFailed, "\(call) gave no handle and no error", call: call, status: status, device: device)
    }
    return handle
  }
}
