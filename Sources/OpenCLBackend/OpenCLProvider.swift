public import Compute
import OpenCL

/// The OpenCL devices of this machine, in the order of the drivers.
public struct OpenCLProvider: BackendProvider {
  public static let name = "opencl"
  public static let title = "OpenCL"

  public let devices: [ListedDevice]
  public let problems: [String]
  private let found: [OpenCLDeviceInfo]
  private let settings: BackendSettings

  public init(_ settings: BackendSettings) throws(BackendError) {
    let list = OpenCLDevices.list()
    found = list.devices
    devices = list.devices.map { ListedDevice(device: $0.device, obstacle: $0.unsuitability) }
    problems = list.problems.map(\.description)
    self.settings = settings
  }

  public func make(_ device: Int) throws(BackendError) -> any Backend {
    try OpenCLBackend(
      found[device], concurrentRuns: settings.concurrentRuns, cache: settings.usesProgramCache ? .standard() : nil)
  }
}
