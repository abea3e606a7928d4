import Foundation

/// A file that is opened before the work, which tells at once whether that is possible, and filled after it.
public final class ReservedFile {
  private let path: String
  private let descriptor: Int32

  public init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot open '\(path)' for writing") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Makes `text` the contents.
  public func write(_ text: String) throws(FileError) {
    // A pipe cannot be cut.
    ftruncate(descriptor, 0)
    let bytes = Array(text.utf8)
    guard writeAll(bytes, to: descriptor) == bytes.count else {
      throw .system(.cannotWrite, "cannot write '\(path)'")
    }
  }
}
