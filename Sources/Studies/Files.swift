public import Foundation
import Scoring

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

  static func system(_ code: Code, _ what: String, _ number: Int32 = errno) -> FileError {
    FileError(code, "\(what): \(systemReason(number))")
  }
}

/// Reads a whole file, device or pipe.
///
/// - Parameters:
///   - path: `-` for standard input.
///   - maximumBytes: more than this is an error.
public func readFile(_ path: String, maximumBytes: Int = .max) throws(FileError) -> Data {
  let name = path == "-" ? "standard input" : "'\(path)'"
  let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot read \(name)") }
  defer { if path != "-" { close(descriptor) } }
  var contents = Data()
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let amount = read(descriptor, &block, block.count)
    if amount > 0 {
      guard contents.count + amount <= maximumBytes else {
        throw FileError(.unreadable, "\(name) is longer than \(maximumBytes >> 20) MiB")
      }
      contents.append(contentsOf: block[..<amount])
    } else if amount == 0 {
      return contents
    } else if errno != EINTR {
      throw .system(.unreadable, "cannot read \(name)")
    }
  }
}

/// A file that is opened before the work, which tells at once whether that is possible, and filled after it.
public final class ReservedFile {
  private let path: String
  private let descriptor: Int32

  public init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot open '\(path)' for writing") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Makes `text` the contents.
  public func write(_ text: String) throws(FileError) {
    // A pipe cannot be cut.
    ftruncate(descriptor, 0)
    let bytes = Array(text.utf8)
    guard writeAll(bytes, to: descriptor) == bytes.count else {
      throw .system(.cannotWrite, "cannot write '\(path)'")
    }
  }
}
