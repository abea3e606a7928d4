/// Why a backend could not run a plan.
public struct BackendError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// The plan needs more memory than there is.
    case outOfMemory
    /// Activations beyond what the exact batch statistics can add up, or not a number.
    case valueOutOfRange
    /// The images do not fit the plan, or the plan is for something else.
    case unsuitableImages
    /// Weights or constants that a file holds cannot be read any more.
    case unreadableParameters
    /// The device is not there or cannot be used.
    case deviceUnavailable
    /// The device failed while it ran.
    case deviceFailed

    /// Whether the device or its memory is to blame, and not what was to be run: another device might do better.
    public var isOfDevice: Bool {
      switch self {
      case .outOfMemory, .deviceUnavailable, .deviceFailed: true
      case .valueOutOfRange, .unsuitableImages, .unreadableParameters: false
      }
    }
  }

  public var code: Code
  /// What is wrong, as the user reads it: a sentence without a full stop.
  public var reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason }
}
