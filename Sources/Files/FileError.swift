import Foundation

/// Why a file cannot be written or read.
public struct FileError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is, for who reacts to it.
  public enum Code: Sendable {
    case cannotOpen
    case cannotWrite
    /// The reader of a pipe has gone.
    case closedPipe
    case inUse
    case alreadyThere
    /// Rows of the same settings have different numbers.
    case contradictory
    /// The rows were made with other settings.
    case otherRun
    case unreadable
    /// The contents are not what they should be.
    case malformed
    /// Rows have no value of the number that was asked for.
    case noValue
    /// Rows of latency are needed, and there are none.
    case noLatency
  }

  public var code: Code
  /// What the user should read, with the name of the file.
  public var reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason }

  package static func system(_ code: Code, _ what: String, _ number: Int32 = errno) -> FileError {
    FileError(code, "\(what): \(systemReason(number))")
  }
}

extension FileError {
  /// A file has contents that nobody gave leave to replace.
  static func alreadyThere(_ path: String) -> FileError {
    FileError(.alreadyThere, "'\(path)' is there already")
  }
}
