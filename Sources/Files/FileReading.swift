public import Foundation

/// Reads a whole file, device or pipe.
///
/// - Parameters:
///   - path: `-` for standard input.
///   - maximumBytes: more than this is an error.
public func readFile(_ path: String, maximumBytes: Int = .max) throws(FileError) -> Data {
  let name = ByteStream.name(ofFile: path)
  let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot read \(name)") }
  defer { if path != "-" { close(descriptor) } }
  var contents = Data()
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let amount = read(descriptor, &block, block.count)
    if amount > 0 {
      guard contents.count + amount <= maximumBytes else {
        throw FileError(.unreadable, "\(name) is longer than \(maximumBytes >> 20) MiB")
      }
      contents.append(contentsOf: block[..<amount])
    } else if amount == 0 {
      return contents
    } else if errno != EINTR {
      throw .system(.unreadable, "cannot read \(name)")
    }
  }
}
