import Files
import Foundation
import TestSupport
import Testing

@Suite struct LineWriterTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test func contentsAreRefusedContinuedOrReplaced() throws {
    let path = try folder.write("old\n", "rows")
    #expect(throws: FileError.self) { try LineWriter(path: path, contents: .refused) }
    try LineWriter(path: path, contents: .continued).append("more")
    #expect(folder.text("rows") == "old\nmore\n")
    let writer = try LineWriter(path: path, contents: .replaced)
    // A run that ends before its first line leaves what is there.
    #expect(folder.text("rows") == "old\nmore\n")
    try writer.append("new")
    try writer.append("lines")
    #expect(folder.text("rows") == "new\nlines\n")
  }

  @Test func aFileThatGetsNoLinesIsEmptyAtTheEnd() throws {
    let path = try folder.write("old\n", "rows")
    try LineWriter(path: path, contents: .replaced).finish()
    #expect(folder.text("rows") == "")
    try LineWriter(path: "/dev/null", contents: .replaced).finish()
  }
}
