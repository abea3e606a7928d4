import Files
import Foundation
import TestSupport
import Testing

/// What a power cut or a mistake leaves in a file of rows.
@Suite struct RowFileTests {
  private struct Sum: StoredRow {
    static let contents = "sums"
    var arch: String
    var seed: Int
    var sum: Int
    var version = "1"

    var origin: String? { seed < 0 ? nil : "\(arch) \(seed)" }
    func contradiction(to other: Sum) -> String? { sum == other.sum ? nil : "\(arch) is \(other.sum) and \(sum)" }
  }

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func line(_ arch: String, seed: Int = 0, _ sum: Int) throws -> String {
    try RowFile.line(Sum(arch: arch, seed: seed, sum: sum)) + "\n"
  }

  /// A file may have got its length and not its last blocks.
  @Test(arguments: ["", "{\"ar", "{\"arch\":\"b\",\"seed\":0"], [1, 5000])
  func aTailOfNULBytesIsRemoved(torn: String, count: Int) throws {
    let whole = try line("a", 1)
    let contents = whole + torn + String(repeating: "\0", count: count)
    let path = try folder.write(contents, "rows")
    let read = try RowFile<Sum>.read(path: path)
    #expect(read.rows.map(\.arch) == ["a"] && read.isUnfinished)
    #expect(folder.text("rows") == contents)
    #expect(try RowFile<Sum>.repair(path: path).map(\.arch) == ["a"])
    #expect(folder.text("rows") == whole)
    #expect(try RowFile<Sum>.repair(path: try folder.write("\0\0", "zeros")).isEmpty)
    #expect(folder.text("zeros") == "")
  }

  @Test func whatIsNoRowIsKept() throws {
    for contents in ["notes\0\0", "\0notes", "\0\0\n", "notes\n\0"] {
      let path = try folder.write(contents, "notes")
      #expect(throws: FileError.self) { try RowFile<Sum>.repair(path: path) }
      #expect(folder.text("notes") == contents)
    }
  }

  @Test func rowsThatContradictEachOtherAreNamed() throws {
    let contents = try line("a", 1) + line("a", seed: 1, 2) + "\n" + line("b", 3) + line("a", 1) + line("a", 4)
    let path = try folder.write(contents, "rows")
    for read in [{ try RowFile<Sum>.read(path: path).rows }, { try RowFile<Sum>.repair(path: path) }] {
      let error = #expect(throws: FileError.self) { try read() }
      #expect(error?.code == .contradictory)
      #expect(
        error?.reason == "lines 1 and 6 of '\(path)' contradict each other: a is 1 and 4; remove the one that is wrong")
    }
    #expect(folder.text("rows") == contents)
    // Equal rows do not, nor do those that are measured.
    let fine = try line("a", 1) + line("a", 1) + line("c", seed: -1, 1) + line("c", seed: -1, 2)
    #expect(try RowFile<Sum>.read(path: try folder.write(fine, "fine")).rows.count == 4)
  }

  @Test func aHugeFileIsRefused() throws {
    // A hole takes no room on the disk.
    let path = try folder.write("", "huge")
    #expect(truncate(path, (1 << 30) + 1) == 0)
    let error = #expect(throws: FileError.self) { try RowFile<Sum>.repair(path: path) }
    #expect(error?.reason == "'\(path)' is longer than 1024 MiB")
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_size == (1 << 30) + 1)
  }
}
