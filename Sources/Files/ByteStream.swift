import Foundation

/// Bytes in their order, of an array, of a file that is read piece by piece, or of a stream as they come.
package struct ByteStream: ~Copyable {
  /// Of the next byte, from 0.
  package private(set) var position = 0
  /// Of the next byte, from 1.
  package private(set) var line: Int
  private let name: String
  private let descriptor: Int32?
  private let ownsDescriptor: Bool
  /// Asked while nothing comes; true ends the stream. Nil for a file, which is never waited for.
  private let isStopRequested: (@Sendable () -> Bool)?
  private var buffer: [UInt8]
  private var count: Int
  private var next = 0

  /// - Parameter line: the number of the line that the bytes begin with.
  package init(_ bytes: [UInt8], line: Int = 1) {
    self.line = line
    name = ""
    descriptor = nil
    ownsDescriptor = false
    isStopRequested = nil
    buffer = bytes
    count = bytes.count
  }

  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - isStopRequested: asked from time to time while the bytes of a pipe are waited for; true ends the stream.
  package init(path: String, isStopRequested: (@Sendable () -> Bool)? = nil) throws(FileError) {
    line = 1
    name = Self.name(ofFile: path)
    let opened = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw .system(.cannotOpen, "cannot read \(name)") }
    descriptor = opened
    ownsDescriptor = path != "-"
    self.isStopRequested = isStopRequested
    buffer = [UInt8](repeating: 0, count: 1 << 18)
    count = 0
  }

  /// What messages call a file.
  package static func name(ofFile path: String) -> String { path == "-" ? "standard input" : "'\(path)'" }

  deinit {
    if let descriptor, ownsDescriptor { close(descriptor) }
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

  /// Goes past bytes that are at hand.
  package mutating func skip(_ amount: Int) {
    let skipped = buffer[next..<min(count, next + amount)]
    line += skipped.count { $0 == 0x0A }
    next += skipped.count
    position += skipped.count
  }

  /// The bytes that are at hand, which stay the next: of a file some hundred thousand, of a pipe those that came
  /// together, none at the end.
  package mutating func atHand() throws(FileError) -> ArraySlice<UInt8> {
    _ = try peek()
    return buffer[next..<count]
  }

  /// Goes past the next line, and its end.
  ///
  /// - Parameters:
  ///   - end: the byte that ends a line.
  ///   - maximumBytes: more bytes of a line are passed over.
  /// - Returns: the line without its end, and whether it is whole; nil at the end of the stream.
  package mutating func nextLine(
    end: UInt8 = 0x0A, maximumBytes: Int
  ) throws(FileError) -> (bytes: [UInt8], isWhole: Bool)? {
    guard try peek() != nil else { return nil }
    var bytes: [UInt8] = []
    var isWhole = true
    while try peek() != nil {
      let stop = buffer[next..<count].firstIndex(of: end)
      let piece = buffer[next..<(stop ?? count)]
      let room = maximumBytes - bytes.count
      bytes += piece.prefix(room)
      if piece.count > room { isWhole = false }
      let taken = piece.count + (stop == nil ? 0 : 1)
      next += taken
      position += taken
      if stop != nil { break }
    }
    line += 1
    return (bytes, isWhole)
  }

  private mutating func refill() throws(FileError) {
    guard let descriptor else { return }
    while true {
      if let isStopRequested, !Self.waits(for: descriptor, unless: isStopRequested) {
        (count, next) = (0, 0)
        return
      }
      let amount = read(descriptor, &buffer, buffer.count)
      if amount >= 0 {
        (count, next) = (amount, 0)
        return
      }
      guard errno == EINTR else { throw .system(.unreadable, "cannot read \(name)") }
    }
  }

  /// Waits until something can be read, or nothing will ever come; false where a stop was requested first.
  private static func waits(for descriptor: Int32, unless isStopRequested: () -> Bool) -> Bool {
    while !isStopRequested() {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // A signal may reach another thread, so the wait is short. What cannot be waited for is read, which says why.
      let ready = poll(&request, 1, 100)
      if ready > 0 || ready < 0 && errno != EINTR { return true }
    }
    return false
  }
}
