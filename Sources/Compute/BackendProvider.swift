/// What a user decides about backends before there is one. Each takes what concerns it.
public struct BackendSettings: Hashable, Sendable {
  /// Threads of a backend that starts its own; nil for one a processor that this process may use.
  public var threads: Int?
  /// Runs that a device takes at once, where it takes several; nil for as many as keep it busy.
  public var concurrentRuns: Int?
  /// Whether compiled kernels are kept on disk.
  public var usesProgramCache: Bool

  public init(threads: Int? = nil, concurrentRuns: Int? = nil, usesProgramCache: Bool = true) {
    self.threads = threads
    self.concurrentRuns = concurrentRuns
    self.usesProgramCache = usesProgramCache
  }
}

/// Backends of one kind: the devices of this machine that they run on, and a backend for each.
///
/// A target with a backend offers one of these; Sources/BackendSelection lists them all.
public protocol BackendProvider: Sendable {
  /// The backends' name on the command line and in rows: `Device.backend` of every device.
  static var name: String { get }

  /// Their name in a sentence, such as "OpenCL".
  static var title: String { get }

  /// Looks for devices. Throws where the settings cannot be; a device or driver that fails is an obstacle or a problem.
  init(_ settings: BackendSettings) throws(BackendError)

  /// In the order in which they are listed.
  var devices: [ListedDevice] { get }

  /// Why there are no devices, or fewer than there might be.
  var problems: [String] { get }

  /// A backend on a device, ready to run.
  ///
  /// - Parameter device: a position in `devices`; one with an obstacle makes it throw `deviceUnavailable`.
  func make(_ device: Int) throws(BackendError) -> any Backend
}
