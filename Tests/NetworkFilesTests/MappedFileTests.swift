import Files
import Foundation
import NetworkFiles
import TestSupport
import Testing

@Suite struct MappedFileTests {
  @Test func bytesAreThoseOfTheFile() throws {
    let folder = try ScratchFolder()
    let bytes = (0..<100_000).map { UInt8($0 % 251) }
    let path = try folder.write(Data(bytes), "bytes")
    for file in [try MappedFile(path: path), MappedFile(bytes)] {
      #expect(file.count == bytes.count)
      #expect(file.withBytes { Array($0) } == bytes)
      #expect(file.withBytes(in: 70_000..<70_010) { Array($0) } == Array(bytes[70_000..<70_010]))
      // Outside there is nothing.
      #expect(file.withBytes(in: 99_990..<200_000) { $0.count } == 10)
      #expect(file.withBytes(in: 100_001..<200_000) { $0.count } == 0)
      #expect(file[0] == 0)
      #expect(file[99_999] == bytes.last)
      #expect(file[100_000] == nil)
      #expect(file[-1] == nil)
      #expect(file.prefix(3) == [0, 1, 2])
    }
    #expect(MappedFile([])[0] == nil)
    #expect(MappedFile([]).withBytes { $0.count } == 0)
    // A file that is taken away while it is open stays readable.
    let file = try MappedFile(path: path)
    try FileManager.default.removeItem(atPath: path)
    #expect(file[1000] == bytes[1000])
  }

  @Test func whatIsNoFileIsTold() throws {
    let folder = try ScratchFolder()
    func reason(_ path: String) -> String {
      do throws(FileError) {
        _ = try MappedFile(path: path)
        return ""
      } catch {
        return error.reason
      }
    }
    let none = folder.file("none")
    #expect(reason(none) == "cannot read '\(none)': No such file or directory")
    #expect(reason(folder.path) == "'\(folder.path)' is a folder: name a file in it")
    let empty = try folder.write("", "empty")
    #expect(reason(empty) == "'\(empty)' is empty")
    #expect(reason("/dev/null") == "'/dev/null' is empty")
  }

  @Test func pipesAreReadWhole() async throws {
    let folder = try ScratchFolder()
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let bytes = (0..<300_000).map { UInt8($0 % 251) }
    let writer = Task.detached {
      let descriptor = open(path, O_WRONLY)
      defer { close(descriptor) }
      return writeAll(bytes, to: descriptor)
    }
    let file = try MappedFile(path: path)
    #expect(await writer.value == bytes.count)
    #expect(file.withBytes { Array($0) } == bytes)
    #expect(file.folder == nil)
  }
}
