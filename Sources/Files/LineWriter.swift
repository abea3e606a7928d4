import Foundation

/// Appends lines to a file or a pipe, each whole or not at all.
///
/// Every line goes to the system at once, so what was written survives the process. Every few seconds, and at the end,
/// the lines of a regular file are flushed to the disk, so that little is lost with the power. A line that does not fit
/// (a full disk) is taken back.
public final class LineWriter {
  /// What happens to a file that has contents already.
  public enum Contents: Sendable {
    /// That is an error.
    case refused
    /// Lines are appended to it.
    case continued
    /// The first line takes the place of all that is there.
    case replaced
  }

  public let name: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  /// Whether lines can be taken back.
  private let isRegular: Bool
  /// Whether what the file holds has still to go.
  private var hasOldContents = false
  private var flushed = ContinuousClock.now
  private var isFlushed = true
  /// Lines written through this writer.
  public private(set) var count = 0

  /// Lines are flushed to the disk this often.
  private static let flushInterval = Duration.seconds(5)

  /// Standard output.
  public init() {
    name = "standard output"
    descriptor = STDOUT_FILENO
    ownsDescriptor = false
    isRegular = false
  }

  /// Opens a file for appending.
  public init(path: String, contents: Contents) throws(FileError) {
    name = path
    let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    // A pipe or a device may refuse to be read.
    let isWriteOnly = opened < 0 && (errno == EACCES || errno == EINVAL)
    let reason = errno
    descriptor = isWriteOnly ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : opened
    // That there is no file yet is not why none can be made.
    if descriptor < 0, errno == ENOENT, isWriteOnly { errno = reason }
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
    let isEmpty = fstat(descriptor, &status) == 0 && status.st_size == 0
    switch contents {
    case .refused: guard isEmpty else { throw .alreadyThere(path) }
    case .continued: break
    case .replaced: hasOldContents = !isEmpty
    }
    if isEmpty { FileDescriptor.flushFolder(FileIdentity.folder(of: FileIdentity.target(of: path) ?? path)) }
  }

  deinit {
    guard ownsDescriptor, descriptor >= 0 else { return }
    if !isFlushed { _ = flushToDisk(descriptor) }
    close(descriptor)
  }

  /// Appends one line.
  public func append(_ line: String) throws(FileError) {
    try removeOldContents()
    var status = stat()
    let start = isRegular && fstat(descriptor, &status) == 0 ? status.st_size : 0
    let bytes = Array(line.utf8) + [0x0A]
    let written = writeAll(bytes, to: descriptor)
    guard written == bytes.count else {
      let code = errno
      if isRegular, written > 0 { ftruncate(descriptor, start) }
      throw code == EPIPE
        ? FileError(.closedPipe, "the reader of \(name) has gone \(afterLines)")
        : .system(.cannotWrite, "cannot write to \(name) \(afterLines)", code)
    }
    count += 1
    isFlushed = !isRegular
    if isRegular, ContinuousClock.now - flushed >= Self.flushInterval { try flush() }
  }

  /// Makes sure that everything is on the disk: to be called after the last line.
  public func finish() throws(FileError) {
    try removeOldContents()
    if !isFlushed { try flush() }
  }

  private func flush() throws(FileError) {
    guard flushToDisk(descriptor) else { throw .system(.cannotWrite, "cannot write to \(name) \(afterLines)") }
    isFlushed = true
    flushed = .now
  }

  /// Only now: a run that fails before its first line leaves the old ones.
  private func removeOldContents() throws(FileError) {
    guard hasOldContents else { return }
    guard ftruncate(descriptor, 0) == 0 else { throw .system(.cannotWrite, "cannot write to \(name) \(afterLines)") }
    hasOldContents = false
    isFlushed = false
  }

  private var afterLines: String { "after \(count) line\(count == 1 ? "" : "s")" }
}
