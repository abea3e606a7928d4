#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Which file a path leads to, however it is spelt: through symbolic links, another name of the file, or other folders.
package struct FileIdentity: Hashable, Sendable {
  /// Of the file; of its folder where there is no file yet.
  private let device: UInt64
  private let inode: UInt64
  /// The name in the folder of a file that is not there yet.
  private let name: String?
  /// Whether it is a file that keeps what is written to it, not a device or a pipe.
  package let isRegular: Bool

  /// Nil where neither the file nor its folder can be looked up.
  package init?(path: String) {
    var status = stat()
    if stat(path, &status) == 0 {
      name = nil
      isRegular = status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG)
    } else {
      guard errno == ENOENT, let target = Self.target(of: path), stat(Self.folder(of: target), &status) == 0 else {
        return nil
      }
      name = target.split(separator: "/").last.map(String.init) ?? ""
      isRegular = true
    }
    (device, inode) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
  }

  /// Where symbolic links lead, to a file that need not be there; nil where they go in a circle.
  static func target(of path: String) -> String? {
    var path = path
    for _ in 0..<40 {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(path, &buffer, buffer.count)
      guard count > 0 else { return path }
      let link = String(decoding: buffer[..<count].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      path = link.hasPrefix("/") ? link : folder(of: path) + "/" + link
    }
    return nil
  }

  /// The folder that a path names a file of.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    let folder = path[..<slash]
    return folder.isEmpty ? "/" : String(folder)
  }
}
