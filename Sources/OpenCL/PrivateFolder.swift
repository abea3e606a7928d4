import Foundation

/// A folder that belongs to the user and that nobody else can write to, held open.
///
/// Everything goes through descriptors: what has been checked is what is read or written, whatever happens to the path
/// meanwhile. Links are not followed.
struct PrivateFolder: ~Copyable {
  /// A file as a listing shows it.
  struct Entry {
    var name: String
    /// Bytes.
    var size: Int
    var modified: Date
  }

  private let descriptor: Int32

  /// Nil where there is no such folder, or others own it or can write to it.
  init?(_ path: String) {
    guard !path.isEmpty else { return nil }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    guard Self.status(of: descriptor) != nil else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// The status of something open that is the user's alone to write; nil for everything else.
  private static func status(of descriptor: Int32) -> stat? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      return nil
    }
    return status
  }

  /// The bytes of a file, which counts as used now; nil where it is not there, not the user's alone, or longer than
  /// `limit`.
  func read(_ name: String, limit: Int) -> [UInt8]? {
    // Not blocking, so that a pipe in its place does not stop the program.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard let status = Self.status(of: file), status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var count = 0
    let isWhole = bytes.withUnsafeMutableBytes { bytes in
      while count < bytes.count {
        let read = Foundation.read(file, bytes.baseAddress.map { $0 + count }, bytes.count - count)
        if read < 0, errno == EINTR { continue }
        guard read > 0 else { return false }
        count += read
      }
      return true
    }
    guard isWhole else { return nil }
    futimens(file, nil)
    return bytes
  }

  /// Writes a file beside its place, then puts it there: nobody sees half of it.
  ///
  /// - Returns: whether it is there.
  func write(_ bytes: [UInt8], to name: String) -> Bool {
    let temporary = "\(name).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
    let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    var count = 0
    let isWhole = bytes.withUnsafeBytes { bytes in
      while count < bytes.count {
        let written = Foundation.write(file, bytes.baseAddress.map { $0 + count }, bytes.count - count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        count += written
      }
      return true
    }
    guard close(file) == 0, isWhole, renameat(descriptor, temporary, descriptor, name) == 0 else {
      remove(temporary)
      return false
    }
    return true
  }

  func remove(_ name: String) { unlinkat(descriptor, name, 0) }

  /// What lies in it, in no particular order.
  var entries: [Entry] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return [] }
    guard let listing = fdopendir(copy) else {
      close(copy)
      return []
    }
    defer { closedir(listing) }
    var entries: [Entry] = []
    while let next = readdir(listing) {
      let name = withUnsafePointer(to: &next.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
          String(cString: $0)
        }
      }
      var status = stat()
      guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      let modified = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec) + 1e-9 * Double(status.st_mtim.tv_nsec))
      entries.append(Entry(name: name, size: Int(status.st_size), modified: modified))
    }
    return entries
  }
}
