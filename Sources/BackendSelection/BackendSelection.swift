import CPUBackend
public import Compute

/// A backend as people ask for it.
public enum BackendChoice: String, CaseIterable, Sendable {
  /// The first usable GPU, else the CPU.
  case auto
  case cpu
}

/// A backend, and why it was taken.
public struct SelectedBackend: Sendable {
  public var backend: any Backend
  public var reason: String
}

/// The one place that knows every backend.
public enum BackendSelection {
  /// - Parameter threads: of the CPU backend; nil for one a processor that this process may use.
  public static func select(_ choice: BackendChoice, threads: Int? = nil) throws(BackendError) -> SelectedBackend {
    let backend = try CPUBackend(threads: threads)
    let reason =
      switch choice {
      case .auto: "the only kind of backend in this build"
      case .cpu: "asked for"
      }
    return SelectedBackend(backend: backend, reason: reason)
  }

  /// Every device that could be selected, best first.
  public static func devices(threads: Int? = nil) throws(BackendError) -> [Device] {
    [try CPUBackend(threads: threads).device]
  }
}
