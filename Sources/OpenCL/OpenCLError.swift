internal import COpenCL

/// What went wrong between this program and an OpenCL device.
package struct OpenCLError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: Hashable, Sendable {
    /// The loader, libOpenCL.so.1, cannot be opened.
    case libraryAbsent
    /// A library was opened that lacks a function of OpenCL 1.2.
    case functionMissing
    /// No driver is registered with the loader.
    case noPlatform
    /// The drivers found no device.
    case noDevice
    /// A program did not compile.
    case buildFailed
    /// Memory of the device or of its driver ran out, or a buffer is larger than the device allows.
    case outOfMemory
    /// The device is gone or was never usable.
    case deviceUnavailable
    /// Arguments that no device would take.
    case invalidArgument
    /// Any other failure of a call.
    case callFailed
  }

  package var code: Code
  /// What the user should read.
  package var reason: String
  /// The OpenCL function.
  package var call: String?
  /// What the function returned.
  package var status: Int32?
  /// The device's name.
  package var device: String?
  /// What the compiler wrote.
  package var buildLog: String?

  package init(
    _ code: Code, _ reason: String, call: String? = nil, status: Int32? = nil, device: String? = nil,
    buildLog: String? = nil
  ) {
    self.code = code
    self.reason = reason
    self.call = call
    self.status = status
    self.device = device
    self.buildLog = buildLog
  }

  /// A call that returned an error.
  init(call: String, status: Int32, device: String?, buildLog: String? = nil) {
    let place = device.map { " on \($0)" } ?? ""
    self.init(
      Code(status: status), "\(call) failed\(place): \(Self.name(of: status))", call: call, status: status,
      device: device, buildLog: buildLog)
  }

  /// Arguments that are refused before the driver sees them.
  static func refused(_ call: String, _ status: Int32, _ why: String, device: String?) -> OpenCLError {
    let place = device.map { " on \($0)" } ?? ""
    return OpenCLError(
      .invalidArgument, "\(call) refused\(place): \(name(of: status)), \(why)", call: call, status: status,
      device: device)
  }

  /// The name of an error code, such as CL_INVALID_BUFFER_SIZE.
  package static func name(of status: Int32) -> String {
    epads_opencl_status_name(status).map { String(cString: $0) } ?? "OpenCL error \(status)"
  }

  /// The name of `status`.
  package var statusName: String? { status.map(Self.name) }

  /// The reason, and the first lines of the build log.
  package var description: String {
    guard let buildLog, !buildLog.isEmpty else { return reason }
    let lines = buildLog.split(separator: "\n", omittingEmptySubsequences: true)
    let shown = lines.prefix(20).joined(separator: "\n")
    return lines.count > 20 ? "\(reason)\n\(shown)\n(\(lines.count - 20) more lines)" : "\(reason)\n\(shown)"
  }
}

extension OpenCLError.Code {
  init(status: Int32) {
    self =
      switch status {
      case CL_PLATFORM_NOT_FOUND_KHR: .noPlatform
      case CL_DEVICE_NOT_FOUND: .noDevice
      case CL_DEVICE_NOT_AVAILABLE, CL_COMPILER_NOT_AVAILABLE: .deviceUnavailable
      case CL_BUILD_PROGRAM_FAILURE: .buildFailed
      // Not CL_OUT_OF_RESOURCES: NVIDIA gives it for a kernel that reads out of bounds, too.
      case CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_HOST_MEMORY, CL_INVALID_BUFFER_SIZE: .outOfMemory
      default: .callFailed
      }
  }
}
