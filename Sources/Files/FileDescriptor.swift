#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// What the system says about its last error.
package func systemReason(_ code: Int32) -> String { String(cString: strerror(code)) }

package func systemReason() -> String { systemReason(errno) }

/// Writes all bytes and returns how many went out: fewer only after an error, which `errno` explains.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int {
  bytes.withUnsafeBytes { buffer in
    guard let base = buffer.baseAddress else { return 0 }
    var written = 0
    while written < buffer.count {
      let amount = write(descriptor, base + written, buffer.count - written)
      if amount >= 0 {
        written += amount
      } else if errno != EINTR {
        break
      }
    }
    return written
  }
}

/// What `stat` says about a path, symbolic links followed.
package struct FileStatus {
  package enum Kind {
    case regular
    case directory
    /// A pipe, a socket or a device.
    case special
  }

  package var kind: Kind
  /// In bytes; meaningful for regular files alone.
  package var size: Int
  package var permissions: UInt32

  /// Nil where `stat` fails; `errno` then has the reason.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & mode_t(S_IFMT) {
    case mode_t(S_IFREG): kind = .regular
    case mode_t(S_IFDIR): kind = .directory
    default: kind = .special
    }
    size = Int(status.st_size)
    permissions = UInt32(status.st_mode & 0o7777)
  }
}

/// An open file, closed when its owner goes. Every failure is reported as a value that `errno` explains.
package struct FileDescriptor: ~Copyable {
  private let number: Int32

  private init?(_ number: Int32) {
    guard number >= 0 else { return nil }
    self.number = number
  }

  package static func reading(_ path: String) -> FileDescriptor? { FileDescriptor(open(path, O_RDONLY | O_CLOEXEC)) }

  /// Opens what exists, such as a device or a pipe, for writing.
  package static func writing(_ path: String) -> FileDescriptor? { FileDescriptor(open(path, O_WRONLY | O_CLOEXEC)) }

  /// Makes a file that did not exist.
  package static func creating(_ path: String) -> FileDescriptor? {
    FileDescriptor(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
  }

  /// A second descriptor of an open file that shares its position.
  package static func duplicating(_ number: Int32) -> FileDescriptor? { FileDescriptor(dup(number)) }

  deinit { _ = close(number) }

  /// Reads until `buffer` is full or the file ends, and returns the bytes read; nil on an error.
  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    guard let base = buffer.baseAddress else { return 0 }
    var filled = 0
    while filled < buffer.count {
      let amount = systemRead(number, base + filled, buffer.count - filled)
      if amount == 0 { break }
      if amount > 0 {
        filled += amount
      } else if errno != EINTR {
        return nil
      }
    }
    return filled
  }

  /// Whether all bytes could be written.
  package func write(_ bytes: [UInt8]) -> Bool { writeAll(bytes, to: number) == bytes.count }

  package func setPermissions(_ permissions: UInt32) -> Bool { fchmod(number, mode_t(permissions)) == 0 }

  /// Waits until the bytes are on the disk; false where the disk reports an error.
  package func reachesDisk() -> Bool { flushToDisk(number) }

  /// Waits until the names of a folder's files are on the disk, where its file system can say so.
  static func flushFolder(_ path: String) {
    guard let folder = reading(path) else { return }
    _ = folder.reachesDisk()
  }

  /// Closes the file now; false where the system reports only here that the bytes did not reach it.
  package consuming func closed() -> Bool {
    let number = number
    discard self
    return close(number) == 0
  }
}

/// Waits until what was written is on the disk. A file system that cannot say so counts as one that did it.
func flushToDisk(_ number: Int32) -> Bool {
  while fsync(number) != 0 {
    if errno == EINVAL || errno == ENOTSUP || errno == EROFS { return true }
    guard errno == EINTR else { return false }
  }
  return true
}

/// Whether this process can open so many more files.
package func canOpen(_ count: Int) -> Bool {
  var opened: [Int32] = []
  defer { for number in opened { close(number) } }
  while opened.count < count {
    let number = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
    guard number >= 0 else { return false }
    opened.append(number)
  }
  return true
}

// Inside `FileDescriptor` its own method hides the function of the C library.
private func systemRead(_ number: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(number, buffer, count)
}
