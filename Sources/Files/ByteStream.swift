import Foundation

/// Bytes in their order, of an array or of a file that is read piece by piece.
package struct ByteStream: ~Copyable {
  /// Of the next byte, from 0.
  package private(set) var position = 0
  /// Of the next byte, from 1.
  package private(set) var line = 1
  private let name: String
  private let descriptor: Int32?
  private var buffer: [UInt8]
  private var count: Int
  private var next = 0

  package init(_ bytes: [UInt8]) {
    name = ""
    descriptor = nil
    buffer = bytes
    count = bytes.count
  }

  package init(path: String) throws(FileError) {
    name = "'\(path)'"
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw .system(.cannotOpen, "cannot read '\(path)'") }
    descriptor = opened
    buffer = [UInt8](repeating: 0, count: 1 << 18)
    count = 0
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  /// The next byte, which stays the next; nil at the end.
  package mutating func peek() throws(FileError) -> UInt8? {
    if next == count { try refill() }
    return next < count ? buffer[next] : nil
  }

  /// Goes past the byte that `peek` gave.
  package mutating func advance() {
    if buffer[next] == 0x0A { line += 1 }
    next += 1
    position += 1
  }

  private mutating func refill() throws(FileError) {
    guard let descriptor else { return }
    while true {
      let amount = read(descriptor, &buffer, buffer.count)
      if amount >= 0 {
        (count, next) = (amount, 0)
        return
      }
      guard errno == EINTR else { throw .system(.unreadable, "cannot read \(name)") }
    }
  }
}
