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
      let platforms = try library.platforms()
      var list = OpenCLDevices(devices: platforms.flatMap(\.devices), problems: platforms.flatMap(\.problems))
      if list.devices.isEmpty, list.problems.isEmpty {
        do { list.devices = try library.devices() } catch { list.problems = [error] }
      }
      return list
    } catch {
      return OpenCLDevices(problems: [error])
    }
  }
}
