import Foundation

/// Why rows cannot be written or read.
public struct FileError: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable {
    case cannotOpen
    case cannotWrite
    /// The reader of a pipe has gone.
    case closedPipe
    case inUse
    case alreadyThere
    case unreadable
  }

  public var code: Code
  public var reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason }

  static func system(_ code: Code, _ what: String) -> FileError {
    FileError(code, "\(what): \(String(cString: strerror(errno)))")
  }
}

/// Appends lines to a file or a pipe, each whole or not at all.
///
/// Every line goes to the system at once, so what was written survives the process. A line that does not fit (a full
/// disk) is taken back.
public final class LineWriter {
  public let name: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  /// Whether lines can be taken back.
  private let isRegular: Bool
  /// Lines written through this writer.
  public private(set) var count = 0

  /// Standard output.
  public init() {
    name = "standard output"
    descriptor = STDOUT_FILENO
    ownsDescriptor = false
    isRegular = false
  }

  /// Opens a file for appending.
  ///
  /// - Parameter keepingContents: whether a file that has contents already may be continued; else that is an error.
  public init(path: String, keepingContents: Bool) throws(FileError) {
    name = path
    let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    // A pipe or a device may refuse to be read.
    descriptor = opened >= 0 || errno != EACCES && errno != EINVAL ? opened : open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot open '\(path)' for writing") }
    ownsDescriptor = true
    var status = stat()
    isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    guard isRegular else { return }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw FileError(.inUse, "another process is writing '\(path)'")
    }
    guard keepingContents || status.st_size == 0 else {
      throw FileError(.alreadyThere, "'\(path)' is there already: --resume continues it, or name another file")
    }
  }

  deinit {
    if ownsDescriptor, descriptor >= 0 { close(descriptor) }
  }

  /// Appends one line.
  public func append(_ line: String) throws(FileError) {
    try append(Data(line.utf8))
  }

  func append(_ line: Data) throws(FileError) {
    var status = stat()
    let start = isRegular && fstat(descriptor, &status) == 0 ? status.st_size : 0
    let bytes = [UInt8](line) + [0x0A]
    var written = 0
    while written < bytes.count {
      let result = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written) }
      if result > 0 {
        written += result
      } else if errno != EINTR {
        let error = errno
        if isRegular, written > 0 { ftruncate(descriptor, start) }
        errno = error
        throw error == EPIPE
          ? FileError(.closedPipe, "the reader of \(name) has gone; \(count) rows were written")
          : .system(.cannotWrite, "cannot write to \(name) (\(count) rows were written)")
      }
    }
    count += 1
  }
}

/// Rows in JSON lines.
public enum RowFile {
  /// The line of a row.
  public static func line(_ row: Row) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(row), as: UTF8.self)
  }

  /// Reads the rows of a file; a last line without its end, as a kill leaves behind, is removed from the file.
  ///
  /// - Returns: nothing where there is no such file.
  public static func repair(path: String) throws(FileError) -> [Row] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let contents: Data
    do {
      contents = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw FileError(.unreadable, "cannot read '\(path)': \(error.localizedDescription)")
    }
    let whole = contents.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    if whole < contents.count, truncate(path, off_t(whole)) != 0 {
      throw .system(.cannotWrite, "cannot remove the unfinished last line of '\(path)'")
    }
    let decoder = JSONDecoder()
    var rows: [Row] = []
    for (number, line) in contents[..<whole].split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard !line.isEmpty else { continue }
      do {
        rows.append(try decoder.decode(Row.self, from: line))
      } catch {
        throw FileError(.unreadable, "line \(number + 1) of '\(path)' is no row of this program")
      }
    }
    return rows
  }
}
