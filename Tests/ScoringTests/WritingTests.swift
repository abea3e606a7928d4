import Files
import Foundation
import NetworkGraph
import Scoring
import Testing

@Suite struct WritingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try OutputFile(path: path, overwrites: true).write(bytes)
  }

  @Test(arguments: [(DataSet.cifar10, 1), (.cifar100, 2), (.imagenet16, 2)])
  func writesRecordsWithLabelZero(dataSet: DataSet, labelBytes: Int) throws {
    let images = try Images.deadLeaves(dataSet, count: 5)
    let path = folder.file("images.bin")
    try write(images.records, to: path)
    let pixels = dataSet.shape.count
    let expected = (0..<5).flatMap { image in
      [UInt8](repeating: 0, count: labelBytes) + images.bytes[image * pixels..<(image + 1) * pixels]
    }
    #expect(try contents(of: path) == expected)
    let back = try Images(file: path, dataSet: dataSet, count: 5)
    #expect(back.identity == images.identity)
    #expect(try folder.names == ["images.bin"])
  }

  @Test func replacesAFileAndKeepsItsPermissionsAndLinks() throws {
    let path = try folder.write([1, 2, 3], "images.bin")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: path)
    let images = try Images.deadLeaves(.imagenet16, count: 2)
    try write(images.records, to: folder.file("link"))
    #expect(try contents(of: path).count == 2 * 770)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == path)
    let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(permissions == 0o640)
    #expect(try folder.names == ["images.bin", "link"])
  }

  @Test func saysWhyItCannotWrite() throws {
    let images = try Images.deadLeaves(.imagenet16, count: 2)
    func expectError(_ code: FileError.Code, _ message: String, _ path: String) {
      for bytes in [images.records, images.preview()] {
        let error = #expect(throws: FileError.self) { try write(bytes, to: path) }
        #expect(error?.code == code)
        #expect(error?.description == message)
      }
    }
    func expectUnopened(_ path: String, _ reason: String) {
      expectError(.cannotOpen, "cannot open '\(path)' for writing: \(reason)", path)
    }
    expectUnopened(folder.file("no/images.bin"), "No such file or directory")
    expectUnopened(folder.path, "Is a directory")
    expectUnopened(try folder.write([7], "file") + "/below", "Not a directory")
    #if os(Linux)
      expectError(.cannotWrite, "cannot write '/dev/full': No space left on device", "/dev/full")
    #endif
    #expect(try folder.names == ["file"])
    #expect(try contents(of: folder.file("file")) == [7])
  }

  @Test func writesStraightToWhatIsNoRegularFile() throws {
    let images = try Images.deadLeaves(.imagenet16, count: 1)
    try write(images.records, to: "/dev/null")
    #expect(FileManager.default.fileExists(atPath: "/dev/null"))

    // A stream that already holds something goes on where it is.
    let path = folder.file("stream")
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    #expect(Foundation.write(descriptor, "head", 4) == 4)
    try write(images.records, to: "/dev/fd/\(descriptor)")
    #expect(try contents(of: path) == Array("head".utf8) + [0, 0] + images.bytes)

    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    defer { close(reader) }
    try write(images.records, to: pipe)
    var buffer = [UInt8](repeating: 1, count: 1000)
    #expect(read(reader, &buffer, buffer.count) == 770)
    #expect(Array(buffer[..<770]) == [0, 0] + images.bytes)
    #expect(try folder.names == ["pipe", "stream"])
  }

  @Test(arguments: [(DataSet.cifar10, 1), (.cifar10, 6), (.cifar100, 9), (.imagenet16, 5)])
  func aPreviewShowsEveryImage(dataSet: DataSet, count: Int) throws {
    let images = try Images.deadLeaves(dataSet, count: count)
    try write(images.preview(), to: folder.file("preview.png"))
    let picture = try PNG(try contents(of: folder.file("preview.png")))
    let side = dataSet.shape.width
    let scale = side == 32 ? 2 : 3
    let columns = Int(Double(count).squareRoot().rounded(.up))
    let rows = (count + columns - 1) / columns
    #expect(picture.width == columns * (scale * side + 2) + 2)
    #expect(picture.height == rows * (scale * side + 2) + 2)
    var expected = [UInt8](repeating: 255, count: 3 * picture.width * picture.height)
    for image in 0..<count {
      for y in 0..<scale * side {
        for x in 0..<scale * side {
          let row = 2 + image / columns * (scale * side + 2) + y
          let column = 2 + image % columns * (scale * side + 2) + x
          for channel in 0..<3 {
            expected[3 * (row * picture.width + column) + channel] =
              images.bytes[((image * 3 + channel) * side + y / scale) * side + x / scale]
          }
        }
      }
    }
    #expect(picture.pixels == expected)
  }

  @Test func theMemoryBoundGrowsWithWhatIsMade() {
    let one = Images.memoryBound(ofWriting: 1, dataSet: .imagenet, withPreview: false)
    // The images and their records.
    #expect(
      Images.memoryBound(ofWriting: 101, dataSet: .imagenet, withPreview: false) - one == 100 * (150_528 + 150_530))
    #expect(Images.memoryBound(ofWriting: 1 << 20, dataSet: .imagenet, withPreview: false) > 290 << 30)
    // 16 rows of 16 images, three bytes a pixel, six times.
    let preview = Images.memoryBound(ofWriting: 256, dataSet: .imagenet, withPreview: true)
    #expect(preview > 256 * 150_528 + 6 * 3 * 3618 * 3618 && preview < 300 << 20)
    // What a scorer holds: bytes and floats.
    #expect(Scorer.memoryBound(ofImages: 1000, dataSet: .cifar10) == 1000 * 3072 * 5)
  }

  @Test func aPreviewHasALimit() throws {
    let images = try Images.deadLeaves(.imagenet16, count: 10)
    try write(images.preview(maximum: 4), to: folder.file("four.png"))
    #expect(try PNG(contents(of: folder.file("four.png"))).width == 102)
    // There is no sheet without an image.
    try write(images.preview(maximum: 0), to: folder.file("one.png"))
    #expect(try PNG(contents(of: folder.file("one.png"))).width == 52)
  }
}
