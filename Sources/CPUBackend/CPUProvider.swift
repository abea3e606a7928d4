public import Compute

/// The processor, which every machine has: one device.
public struct CPUProvider: BackendProvider {
  public static let name = "cpu"
  public static let title = "CPU"

  public let devices: [ListedDevice]
  public var problems: [String] { [] }
  /// One for all that ask: its threads and its memory are there once.
  private let backend: CPUBackend

  public init(_ settings: BackendSettings) throws(BackendError) {
    backend = try CPUBackend(threads: settings.threads)
    devices = [ListedDevice(device: backend.device)]
  }

  public func make(_ device: Int) throws(BackendError) -> any Backend { backend }
}
