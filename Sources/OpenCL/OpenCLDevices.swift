internal import COpenCL

/// The OpenCL devices of this machine, for listings and for selection.
package struct OpenCLDevices: Sendable {
  /// In the order of the drivers.
  package var devices: [OpenCLDeviceInfo]
  /// Why there is no device, or fewer than there might be.
  package var problems: [OpenCLError]

  package init(devices: [OpenCLDeviceInfo] = [], problems: [OpenCLError] = []) {
    self.devices = devices
    self.problems = problems
  }

  /// What the library of this process finds. Never fails: problems are part of the answer.
  package static func list() -> OpenCLDevices {
    do {
      return list(from: try OpenCLLibrary.load())
    } catch {
      return OpenCLDevices(problems: [error])
    }
  }

  /// What a library finds.
  package static func list(from library: OpenCLLibrary) -> OpenCLDevices {
    do {
      return OpenCLDevices(platforms: try library.platforms())
    } catch {
      return OpenCLDevices(problems: [error])
    }
  }

  /// Says why where there is nothing.
  init(platforms: [OpenCLPlatform]) {
    self.init(devices: platforms.flatMap(\.devices), problems: platforms.flatMap(\.problems))
    guard devices.isEmpty, problems.isEmpty else { return }
    let names = platforms.map(\.name).joined(separator: ", ")
    problems = [
      OpenCLError(
        .noDevice,
        "the OpenCL driver found no device (\(names)): is the GPU visible, with its kernel driver loaded, and may this "
          + "user open it (groups video and render)?", call: "clGetDeviceIDs", status: CL_DEVICE_NOT_FOUND)
    ]
  }
}
