#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Makes `path` a file of these bytes, whole or not at all.
///
/// A regular file is written beside its place and renamed, so that neither a full disk nor a crash leaves a half-written
/// file. A device or a pipe, and the standard streams by their names under /dev, are written to as they are.
package func writeFile(_ bytes: [UInt8], to path: String) throws(FileError) {
  if let number = openDescriptor(named: path) {
    // Not opened again: where the stream goes to a file, that would write over what it already holds.
    try writeStraight(bytes, to: FileDescriptor.duplicating(number), path: path)
    return
  }
  let status = FileStatus(path: path)
  switch status?.kind {
  case .directory: throw FileError(.cannotWrite, "cannot write \(path): it is a folder")
  case .special: try writeStraight(bytes, to: FileDescriptor.writing(path), path: path)
  case .regular, nil: try replaceFile(path, with: bytes, existing: status)
  }
}

/// The number of a descriptor that this process has open, from `/dev/stdout`, `/dev/stderr` or `/dev/fd/N`.
private func openDescriptor(named path: String) -> Int32? {
  switch path {
  case "/dev/stdout": 1
  case "/dev/stderr": 2
  case _ where path.hasPrefix("/dev/fd/"): Int32(path.dropFirst("/dev/fd/".count))
  default: nil
  }
}

private func writeStraight(
  _ bytes: [UInt8], to file: consuming FileDescriptor?, path: String
) throws(FileError) {
  guard let file, file.write(bytes), file.closed() else {
    throw FileError(.cannotWrite, "cannot write \(path): \(systemReason())")
  }
}

private func replaceFile(
  _ path: String, with bytes: [UInt8], existing: FileStatus?
) throws(FileError) {
  func failure(_ code: Int32 = errno) -> FileError {
    FileError(.cannotWrite, "cannot write \(path): \(systemReason(code))")
  }
  var target = path
  if existing != nil {
    // A rename needs no permission to write the file that it replaces, and would replace a symbolic link itself.
    guard access(path, W_OK) == 0 else { throw failure() }
    guard let resolved = realpath(path, nil) else { throw failure() }
    defer { free(resolved) }
    target = String(cString: resolved)
  }
  // Neither another process nor another task that writes the same file may meet this name.
  let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
  guard let file = FileDescriptor.creating(temporary) else { throw failure() }
  var complete = file.write(bytes)
  if complete, let existing { complete = file.setPermissions(existing.permissions) }
  // Some file systems report only here that the bytes found no room. After a failure the first reason counts.
  let reason = errno
  let closed = file.closed()
  guard complete, closed, rename(temporary, target) == 0 else {
    let code = complete ? errno : reason
    unlink(temporary)
    throw failure(code)
  }
}
