import Foundation

/// Why a file cannot be written or read.
public struct FileError: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable {
    case cannotOpen
    case cannotWrite
    /// The reader of a pipe has gone.
    case closedPipe
    case inUse
    case alreadyThere
    /// The rows were made with other settings.
    case otherRun
    case unreadable
    /// The contents are not what they should be.
    case malformed
  }

  public var code: Code
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

/// What is different about a row of a file that a run continues; nil where nothing is.
package func differs<T: Equatable>(_ label: String, _ there: T, _ here: T) -> String? {
  there == here ? nil : "\(label) is \(there) there and \(here) here"
}

extension FileError {
  /// Rows of a file that a run was to continue are of another one.
  package static func ofAnotherRun(_ mismatch: String) -> FileError {
    FileError(
      .otherRun, "the rows in the file are of another run: \(mismatch); take the same settings or another file")
  }
}
