import Files
import Foundation
import TestSupport
import Testing

@Suite struct ByteStreamTests {
  @Test func whatIsAtHandStaysTheNext() throws {
    let folder = try ScratchFolder()
    let bytes = (0..<300_000).map { UInt8($0 % 251) }
    var stream = try ByteStream(path: folder.write(Data(bytes), "bytes"))
    var read: [UInt8] = []
    while case let piece = try stream.atHand(), !piece.isEmpty {
      let first = try stream.peek()
      #expect(piece.first == first)
      let taken = Array(piece.prefix(1000))
      read += taken
      stream.skip(taken.count)
      #expect(stream.position == read.count)
    }
    #expect(read == bytes)
    #expect(stream.line == 1 + bytes.count { $0 == 0x0A })
  }

  @Test func linesHaveTheirNumbersAndABound() throws {
    let folder = try ScratchFolder()
    let long = String(repeating: "x", count: 600_000)
    var stream = try ByteStream(path: folder.write("a\n\n\(long)\nb", "lines"))
    var lines: [String] = []
    while let (bytes, isWhole) = try stream.nextLine(maximumBytes: 1000) {
      lines.append(String(decoding: bytes, as: UTF8.self))
      #expect(isWhole == (lines.count != 3))
    }
    #expect(lines == ["a", "", String(long.prefix(1000)), "b"])
    #expect(stream.line == 5)
    var old = ByteStream(Array("a\rb".utf8))
    let first = try old.nextLine(end: 0x0D, maximumBytes: 10)
    #expect(first?.bytes == Array("a".utf8))
  }

  /// Whoever waits for a pipe can be told to stop.
  @Test func aStopEndsAStream() throws {
    let folder = try ScratchFolder()
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let writer = open(path, O_RDWR)
    defer { close(writer) }
    var stream = try ByteStream(path: path) { true }
    let byte = try stream.peek()
    #expect(byte == nil)
  }
}
