package import ArchitectureLists
import Files
import Foundation
package import SearchSpaces

/// What the user may have meant instead.
package enum Advice {
  /// An entry that, where it is unreadable, says what to do about it.
  package static func completing(_ entry: ListedArchitecture, of space: any SearchSpace) -> ListedArchitecture {
    guard entry.parsed == nil, let advice = advice(for: entry.key.text, of: space) else { return entry }
    return entry.advising(advice)
  }

  /// Why an entry names no architecture, and what to do about it; an argument with a mark below the place.
  package static func explained(_ entry: ListedArchitecture, of space: any SearchSpace) -> String {
    let entry = completing(entry, of: space)
    if entry.line == nil, let error = entry.error, error.position != nil { return error.description }
    return entry.failure ?? "no architecture"
  }

  /// What to do about a text that names no architecture of a space; nil where nothing is known.
  static func advice(for text: String, of space: any SearchSpace) -> String? {
    let ending = text.split(separator: ".").last.map { $0.lowercased() } ?? ""
    if text.contains("."), ["pt", "pth", "ckpt", "safetensors", "h5", "pb", "tflite"].contains(ending),
      !text.contains(where: \.isNewline)
    {
      return "a file of weights holds no architecture as text: print that where the network is made, and give the text"
    }
    if text.lowercased().hasSuffix(".onnx"), space.name != "file" {
      return "it is a network in a file: take --space file"
    }
    // A file that was read says itself what is wrong with it.
    if space.name == "file" { return nil }
    if text.count < 4096, let status = FileStatus(path: text) {
      return status.kind == .directory
        ? "it is a folder: name its files with --from" : "it is a file: read it with --from"
    }
    let first = text.split(whereSeparator: \.isWhitespace).prefix(2).map(String.init)
    if first.first == "epads" || first.first == "swift" { return "it is a command: run it in a shell" }
    guard let other = SpaceDescription.reading(text), other.name != space.name else { return nil }
    return "it is one of another space: take --space \(other.name)"
  }
}
