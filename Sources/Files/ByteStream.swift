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

  /// The next bytes, so many where there are, which stay the next; at most 64 KiB.
  package mutating func prefix(_ maximum: Int) throws(FileError) -> [UInt8] {
    let wanted = min(maximum, 1 << 16)
    // A pipe may give a few bytes at a time.
    while let descriptor, count - next < wanted {
      if next > 0 {
        buffer.replaceSubrange(0..<count - next, with: Array(buffer[next..<count]))
        (count, next) = (count - next, 0)
      }
      let filled = count
      let amount = buffer.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      }
      if amount > 0 {
        count += amount
      } else if amount == 0 {
        break
      } else if errno != EINTR {
        throw .system(.unreadable, "cannot read \(name)")
      }
    }
    return Array(buffer[next..<min(count, next + wanted)])
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
