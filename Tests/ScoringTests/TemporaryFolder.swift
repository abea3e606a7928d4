import Foundation

/// A folder that goes when its owner does.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("epads-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

func contents(of path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }

/// Byte `position` of image `image` of the hand-made files.
func syntheticByte(image: Int, position: Int) -> UInt8 {
  UInt8(truncatingIfNeeded: 37 * position + position / 256 * 11 + 91 * image)
}

/// Records of hand-made pixels; every label byte is 3, which every data set allows.
func syntheticRecords(labelBytes: Int, pixels: Int, count: Int) -> [UInt8] {
  (0..<count).flatMap { image in
    [UInt8](repeating: 3, count: labelBytes) + (0..<pixels).map { syntheticByte(image: image, position: $0) }
  }
}
