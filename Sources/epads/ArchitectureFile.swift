import Foundation
import SearchSpaces

/// Architectures or indices in a text file, one a line; blank lines and lines that start with # are passed over.
enum ArchitectureFile {
  /// Longer files are refused: a space of a million architectures of 1000 characters fits.
  static let maximumBytes = 1 << 30

  /// - Parameter path: `-` for standard input.
  static func read(_ path: String, space: any SearchSpace) throws -> [Architecture] {
    let data: Data
    if path == "-" {
      data = FileHandle.standardInput.readDataToEndOfFile()
    } else {
      let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      guard size <= maximumBytes else { throw Failure("'\(path)' is larger than 1 GiB", status: 2) }
      do {
        data = try Data(contentsOf: URL(fileURLWithPath: path))
      } catch {
        throw Failure("cannot read '\(path)': \(reason(error))", status: 2)
      }
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Failure("'\(path)' is no UTF-8 text", status: 2)
    }
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
        throw Failure("\(path == "-" ? "standard input" : path), line \(number + 1): \(error)", status: 2)
      }
    }
    return result
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(underlying.code)))
  }
}
