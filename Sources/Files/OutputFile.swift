#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A file that is written as a whole after the work; whether that is possible is found out before the work.
///
/// A regular file is written beside its place, flushed to the disk and renamed, so that neither a full disk nor a crash
/// leaves a half-written file or takes the old one away. A device or a pipe, and the standard streams by their names
/// under /dev, are written to as they are.
public struct OutputFile: Sendable {
  private enum Place: Sendable {
    /// A descriptor that this process has open.
    case stream(Int32)
    /// A device or a pipe.
    case special
    /// A regular file at the end of all symbolic links.
    case regular(target: String)
  }

  private let path: String
  private let overwrites: Bool
  private let place: Place

  /// Looks whether the file can be written, and leaves everything as it is.
  ///
  /// - Parameters:
  ///   - path: where the file goes; symbolic links stay and are followed.
  ///   - overwrites: whether a file that has contents may be replaced; else that is an error.
  public init(path: String, overwrites: Bool) throws(FileError) {
    self.path = path
    self.overwrites = overwrites
    func failure(_ code: Int32 = errno) -> FileError { .system(.cannotOpen, "cannot open '\(path)' for writing", code) }
    if let number = Self.openDescriptor(named: path) {
      // Not opened again: where the stream goes to a file, that would write over what it already holds.
      guard fcntl(number, F_GETFD) >= 0 else { throw failure() }
      place = .stream(number)
      return
    }
    let status = FileStatus(path: path)
    guard status != nil || errno == ENOENT else { throw failure() }
    switch status?.kind {
    case .directory: throw failure(EISDIR)
    case .special:
      guard access(path, W_OK) == 0 else { throw failure() }
      place = .special
    case .regular, nil:
      guard let target = FileIdentity.target(of: path) else { throw failure(ELOOP) }
      guard let last = target.utf8.last, last != UInt8(ascii: "/") else { throw failure(ENOENT) }
      // A rename needs no permission to write the file that it replaces.
      if status != nil, access(target, W_OK) != 0 { throw failure() }
      guard access(FileIdentity.folder(of: target), W_OK | X_OK) == 0 else { throw failure() }
      place = .regular(target: target)
      try refuseContents(of: target)
    }
  }

  /// Makes a text the contents.
  public func write(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

  /// Makes these bytes the contents, all of them or none.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    switch place {
    case .stream(let number): try write(bytes, straightTo: FileDescriptor.duplicating(number))
    case .special: try write(bytes, straightTo: FileDescriptor.writing(path))
    case .regular(let target): try replace(target, with: bytes)
    }
  }

  private func write(_ bytes: [UInt8], straightTo file: consuming FileDescriptor?) throws(FileError) {
    guard let file, file.write(bytes), file.closed() else { throw failure() }
  }

  private func replace(_ target: String, with bytes: [UInt8]) throws(FileError) {
    // It may have come while the work was done.
    try refuseContents(of: target)
    let folder = FileIdentity.folder(of: target)
    // Neither another process nor another task that writes the same file may meet this name.
    let temporary = "\(folder)/.epads-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
    guard let file = FileDescriptor.creating(temporary) else { throw failure() }
    var isComplete = file.write(bytes)
    if isComplete, let existing = FileStatus(path: target) { isComplete = file.setPermissions(existing.permissions) }
    if isComplete { isComplete = file.reachesDisk() }
    // Some file systems report only here that the bytes found no room. After a failure the first reason counts.
    let reason = errno
    let isClosed = file.closed()
    guard isComplete, isClosed, move(temporary, to: target) else {
      let code = isComplete ? errno : reason
      unlink(temporary)
      throw code == EEXIST ? alreadyThere : failure(code)
    }
    // The file is there; that its name outlives a power cut is all that is left.
    FileDescriptor.flushFolder(folder)
  }

  /// Puts a finished file in its place; without leave to overwrite it may not take the place of another.
  private func move(_ temporary: String, to target: String) -> Bool {
    guard !overwrites, FileStatus(path: target) == nil else { return rename(temporary, target) == 0 }
    if link(temporary, target) == 0 {
      unlink(temporary)
      return true
    }
    // Some file systems have one name a file.
    return errno != EEXIST && rename(temporary, target) == 0
  }

  private func refuseContents(of target: String) throws(FileError) {
    guard !overwrites, let status = FileStatus(path: target), status.kind != .regular || status.size > 0 else { return }
    throw alreadyThere
  }

  private var alreadyThere: FileError { .alreadyThere(path) }

  private func failure(_ code: Int32 = errno) -> FileError { .system(.cannotWrite, "cannot write '\(path)'", code) }

  /// The number of a descriptor that this process has open, from `/dev/stdout`, `/dev/stderr` or `/dev/fd/N`.
  private static func openDescriptor(named path: String) -> Int32? {
    switch path {
    case "/dev/stdout": 1
    case "/dev/stderr": 2
    case _ where path.hasPrefix("/dev/fd/"): Int32(path.dropFirst("/dev/fd/".count))
    case _: nil
    }
  }
}
