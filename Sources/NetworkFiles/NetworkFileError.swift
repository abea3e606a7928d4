/// Why a file of a network cannot be read.
public struct NetworkFileError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is, for who reacts to it.
  public enum Code: Sendable {
    /// The file is something else.
    case notONNX
    /// The file ends before what it announces.
    case truncated
    /// The contents contradict the format or themselves.
    case malformed
    /// The contents are more than is read.
    case tooLarge
    /// The format allows it, and it is not read here.
    case unsupported
    /// Values stand in another file, which is not there, cannot be read or may not be.
    case unreadable
  }

  public var code: Code
  /// What the user should read, with the name of the file.
  public var reason: String
  /// Of the byte in the file where the trouble was seen, from 0; nil where no byte is to blame.
  public var position: Int?

  public init(_ code: Code, _ reason: String, position: Int? = nil) {
    self.code = code
    self.reason = reason
    self.position = position
  }

  public var description: String { reason }

  /// Contents that contradict the format at a byte; the name of the file goes before.
  static func malformed(at position: Int, _ text: String) -> NetworkFileError {
    NetworkFileError(.malformed, "is malformed at byte \(position): \(text)", position: position)
  }

  /// More than is read at a byte; the name of the file goes before.
  static func tooLarge(at position: Int, _ text: String) -> NetworkFileError {
    NetworkFileError(.tooLarge, "is too large at byte \(position): \(text)", position: position)
  }

  /// The same with the name of the file before the reason.
  func named(_ file: String) -> NetworkFileError {
    NetworkFileError(code, "\(file) \(reason)", position: position)
  }
}

/// A name of the file in quotes, as messages have it. A file can make a name as long as itself.
func quoted(_ name: String) -> String {
  let limit = 120
  // Scalars are counted: one character can have any number of them.
  let scalars = name.unicodeScalars
  guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
    end < scalars.endIndex
  else { return "'\(name)'" }
  return "'\(name[..<end])...'"
}
