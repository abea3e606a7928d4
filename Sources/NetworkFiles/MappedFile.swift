#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

package import Files

/// The bytes of a file that is not copied: the system reads a page when something asks for it.
///
/// A pipe or a device is read whole. Whoever shortens a file while it is mapped ends the program, as with every mapped
/// file; replacing it by another of its name is harmless.
package final class MappedFile: @unchecked Sendable {
  // Unchecked because of the pointer: nothing writes to the bytes between `init` and `deinit`.

  /// What messages call the file, in quotes where it is a path.
  package let name: String
  /// The folder of the file, without a slash at the end; nil for what has none.
  package let folder: String?
  /// The length in bytes.
  package let count: Int
  private let start: UnsafeMutableRawPointer?
  private let isMapped: Bool

  /// More bytes of a pipe are an error.
  package static let maximumPipedBytes = 1 << 31

  /// - Parameter path: `-` for standard input.
  /// - Throws: where there is no file, or where it is a folder, empty or not readable.
  package init(path: String) throws(FileError) {
    name = ByteStream.name(ofFile: path)
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot read \(name)") }
    defer { if path != "-" { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(.unreadable, "cannot read \(name)") }
    let kind = status.st_mode & mode_t(S_IFMT)
    guard kind != mode_t(S_IFDIR) else {
      throw FileError(.cannotOpen, "\(name) is a folder: name a file in it")
    }
    // A standard input that is a file can have been read in part, so it counts as a pipe.
    isMapped = kind == mode_t(S_IFREG) && path != "-"
    folder = isMapped ? Self.folder(of: path) : nil
    guard isMapped else {
      (start, count) = try Self.readWhole(descriptor, name)
      return
    }
    count = Int(status.st_size)
    guard count > 0 else { throw FileError(.malformed, "\(name) is empty") }
    let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapping, mapping != UnsafeMutableRawPointer(bitPattern: -1) else {
      throw .system(.unreadable, "cannot read \(name)")
    }
    start = mapping
  }

  /// Bytes at hand.
  ///
  /// - Parameter name: what messages call them.
  package init(_ bytes: [UInt8], name: String = "the file") {
    self.name = name
    folder = nil
    count = bytes.count
    isMapped = false
    start = malloc(max(1, bytes.count))
    bytes.withUnsafeBytes { source in
      if let start, let base = source.baseAddress { memcpy(start, base, source.count) }
    }
  }

  deinit {
    if isMapped, let start { munmap(start, count) } else { free(start) }
  }

  /// The byte at a position from 0; nil outside the file.
  package subscript(position: Int) -> UInt8? {
    guard let start, position >= 0, position < count else { return nil }
    return start.load(fromByteOffset: position, as: UInt8.self)
  }

  /// Calls `body` with the bytes of a range, or of the whole file. Of a range that leaves the file, the part inside.
  /// The pointer must not leave `body`.
  package func withBytes<Result, Failure: Error>(
    in range: Range<Int>? = nil, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let part = (range ?? 0..<count).clamped(to: 0..<count)
    defer { withExtendedLifetime(self) {} }
    guard let start else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    return try body(UnsafeRawBufferPointer(start: start + part.lowerBound, count: part.count))
  }

  /// The first bytes, as many as there are.
  package func prefix(_ length: Int) -> [UInt8] { withBytes(in: 0..<max(0, length)) { Array($0) } }

  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func readWhole(
    _ descriptor: Int32, _ name: String
  ) throws(FileError) -> (UnsafeMutableRawPointer, Int) {
    var capacity = 1 << 16
    var filled = 0
    guard var memory = malloc(capacity) else { throw FileError(.unreadable, "no memory for \(name)") }
    while true {
      if filled == capacity {
        guard capacity < maximumPipedBytes else {
          free(memory)
          throw FileError(
            .unreadable, "\(name) is longer than \(maximumPipedBytes >> 30) GiB: save it as a file and name that")
        }
        capacity *= 2
        guard let larger = realloc(memory, capacity) else {
          free(memory)
          throw FileError(.unreadable, "no memory for \(name)")
        }
        memory = larger
      }
      let amount = read(descriptor, memory + filled, capacity - filled)
      if amount == 0 { break }
      if amount > 0 {
        filled += amount
      } else if errno != EINTR {
        let failure = FileError.system(.unreadable, "cannot read \(name)")
        free(memory)
        throw failure
      }
    }
    guard filled > 0 else {
      free(memory)
      throw FileError(.malformed, "\(name) is empty")
    }
    return (memory, filled)
  }
}
