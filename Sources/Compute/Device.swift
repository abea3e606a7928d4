/// Where a plan runs.
public struct Device: Hashable, Sendable {
  /// What sort of device it is, as `epads devices` and rows write it.
  public enum Kind: String, Hashable, Sendable, Codable {
    case cpu
    case gpu
    case accelerator
  }

  /// The backend's name on the command line and in rows: that of its provider.
  public var backend: String
  /// The device's own name.
  public var name: String
  public var kind: Kind
  /// How many threads share out a run, where this program starts them itself; nil where a driver decides.
  public var threads: Int?
  /// What else there is to know, in the order to show it.
  public var details: [Detail]

  /// A property of a device, such as the label "driver" and its version.
  public struct Detail: Hashable, Sendable {
    public var label: String
    public var value: String

    public init(_ label: String, _ value: String) {
      self.label = label
      self.value = value
    }
  }

  public init(backend: String, name: String, kind: Kind, threads: Int? = nil, details: [Detail] = []) {
    self.backend = backend
    self.name = name
    self.kind = kind
    self.threads = threads
    self.details = details
  }
}

/// A device of this machine, and whether it can be used.
public struct ListedDevice: Sendable {
  public var device: Device
  /// Why it cannot be used; nil where it can.
  public var obstacle: String?

  public init(device: Device, obstacle: String? = nil) {
    self.device = device
    self.obstacle = obstacle
  }
}
