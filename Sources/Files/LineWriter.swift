import Foundation

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
    let isWriteOnly = opened < 0 && (errno == EACCES || errno == EINVAL)
    descriptor = isWriteOnly ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : opened
    guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot open '\(path)' for writing") }
    ownsDescriptor = true
    var status = stat()
    isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    guard isRegular else { return }
    // Some file systems have no locks.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw FileError(.inUse, "another process is writing '\(path)': wait for it or name another file")
    }
    // Only now nobody else writes.
    guard keepingContents || fstat(descriptor, &status) == 0 && status.st_size == 0 else {
      throw FileError(.alreadyThere, "'\(path)' is there already: remove it or name another file")
    }
  }

  deinit {
    if ownsDescriptor, descriptor >= 0 { close(descriptor) }
  }

  /// Appends one line.
  public func append(_ line: String) throws(FileError) {
    var status = stat()
    let start = isRegular && fstat(descriptor, &status) == 0 ? status.st_size : 0
    let bytes = Array(line.utf8) + [0x0A]
    let written = writeAll(bytes, to: descriptor)
    guard written == bytes.count else {
      let code = errno
      if isRegular, written > 0 { ftruncate(descriptor, start) }
      let after = "after \(count) line\(count == 1 ? "" : "s")"
      throw code == EPIPE
        ? FileError(.closedPipe, "the reader of \(name) has gone \(after)")
        : .system(.cannotWrite, "cannot write to \(name) \(after)", code)
    }
    count += 1
  }
}
