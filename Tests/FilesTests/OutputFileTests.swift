import Files
import Foundation
import TestSupport
import Testing

/// A file that is written as a whole takes nothing with it that should stay.
@Suite struct OutputFileTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  private func write(_ text: String, _ name: String, overwrites: Bool = false) throws {
    try OutputFile(path: folder.file(name), overwrites: overwrites).write(text)
  }

  @Test func aFileWithContentsIsReplacedOnlyWhereAsked() throws {
    try folder.write("old", "a")
    let error = #expect(throws: FileError.self) { try write("new", "a") }
    #expect(error?.code == .alreadyThere)
    #expect(folder.text("a") == "old")
    try write("new", "a", overwrites: true)
    #expect(folder.text("a") == "new")
    // Nothing is lost with a file of nothing, as mktemp makes it.
    try folder.write("", "empty")
    try write("new", "empty")
    #expect(folder.text("empty") == "new")
    #expect(try names == ["a", "empty"])
  }

  @Test func aFileThatCameWhileTheWorkWasDoneStays() throws {
    let file = try OutputFile(path: folder.file("a"), overwrites: false)
    #expect(try names == [])
    try folder.write("theirs", "a")
    let error = #expect(throws: FileError.self) { try file.write("ours") }
    #expect(error?.code == .alreadyThere)
    #expect(folder.text("a") == "theirs")
    #expect(try names == ["a"])
  }

  @Test func linksAreFollowedAndStay() throws {
    try folder.write("old", "file")
    for (link, target) in [("link", "file"), ("dangling", "later"), ("second", "dangling")] {
      try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: target)
    }
    try write("1", "link", overwrites: true)
    #expect(folder.text("file") == "1")
    try write("2", "second")
    #expect(folder.text("later") == "2")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("dangling")) == "later")
    try FileManager.default.createSymbolicLink(atPath: folder.file("circle"), withDestinationPath: "circle")
    #expect(throws: FileError.self) { try write("3", "circle") }
    #expect(try names == ["circle", "dangling", "file", "later", "link", "second"])
  }

  @Test func aNameMayBeAsLongAsTheSystemAllows() throws {
    let name = String(repeating: "n", count: 255)
    try write("1", name)
    #expect(folder.text(name) == "1")
    #expect(throws: FileError.self) { try OutputFile(path: folder.file(name + "n"), overwrites: true) }
    #expect(throws: FileError.self) { try OutputFile(path: folder.file("new/"), overwrites: true) }
    #expect(throws: FileError.self) { try OutputFile(path: "", overwrites: true) }
    #expect(throws: FileError.self) { try OutputFile(path: "/dev/fd/98765", overwrites: true) }
  }

  // MARK: - Identity

  @Test func oneFileHasOneIdentity() throws {
    try folder.write("1", "file")
    try folder.write("1", "other")
    try FileManager.default.linkItem(atPath: folder.file("file"), toPath: folder.file("hard"))
    try FileManager.default.createSymbolicLink(atPath: folder.file("soft"), withDestinationPath: "file")
    try FileManager.default.createSymbolicLink(atPath: folder.file("here"), withDestinationPath: ".")
    try FileManager.default.createSymbolicLink(atPath: folder.file("to-new"), withDestinationPath: "here/new")
    let file = try #require(FileIdentity(path: folder.file("file")))
    for name in ["hard", "soft", "./file", "here/file", "here/here/soft"] {
      #expect(FileIdentity(path: folder.file(name)) == file, "\(name)")
    }
    #expect(FileIdentity(path: folder.file("other")) != file)
    // A file that is not there yet.
    let new = try #require(FileIdentity(path: folder.file("new")))
    for name in ["./new", "here/new", "to-new"] { #expect(FileIdentity(path: folder.file(name)) == new, "\(name)") }
    #expect(FileIdentity(path: folder.file("new2")) != new)
    #expect(FileIdentity(path: folder.file("none/new")) == nil)
    #expect(file.isRegular && new.isRegular)
    #expect(FileIdentity(path: "/dev/null")?.isRegular == false)
  }
}
