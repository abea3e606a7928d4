import Foundation

/// The files of the repository, as the tests of its structure read them.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Paths below a folder, from the root, in alphabetical order.
  static func files(below folder: String, endings: Set<String>) throws -> [String] {
    let start = root.appending(path: folder)
    let found = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
    var paths: [String] = []
    while let file = found?.nextObject() as? URL {
      guard endings.contains(file.pathExtension) else { continue }
      paths.append(String(file.standardized.path.dropFirst(root.path.count).drop { $0 == "/" }))
    }
    return paths.sorted()
  }
}
