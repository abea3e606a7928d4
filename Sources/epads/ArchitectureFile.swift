import Foundation
import SearchSpaces
import Studies

/// Architectures or indices in a text file, one a line; blank lines and lines that start with # are passed over.
enum ArchitectureFile {
  /// Longer files are refused: a space of a million architectures of 1000 characters fits.
  private static let maximumBytes = 1 << 30

  /// - Parameter path: `-` for standard input.
  static func read(_ path: String, space: any SearchSpace) throws -> [Architecture] {
    let name = path == "-" ? "standard input" : "'\(path)'"
    let data: Data
    do throws(FileError) {
      data = try readFile(path, maximumBytes: maximumBytes)
    } catch {
      throw Failure("\(error)", status: 2)
    }
    guard let text = String(data: data, encoding: .utf8) else { throw Failure("\(name) is no UTF-8 text", status: 2) }
    var result: [Architecture] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      do {
        if let index = Int(line) {
          result.append(try space.architecture(index: index))
        } else {
          result.append(try space.architecture(text: line))
        }
      } catch {
        throw Failure("\(name), line \(number + 1): \(error)", status: 2)
      }
    }
    guard !result.isEmpty else { throw Failure("no architecture in \(name)", status: 2) }
    return result
  }
}
