import ArchitectureLists
import Files
import Foundation
import SearchSpaces

/// What the user may have meant instead.
enum Advice {
  /// An entry whose reason, where it is unreadable, says what to do about it.
  static func completing(_ entry: ListedArchitecture, of space: any SearchSpace) -> ListedArchitecture {
    guard let failure = entry.failure, let advice = advice(for: entry.key.text, of: space) else { return entry }
    var entry = entry
    entry.failure = "\(failure); \(advice)"
    return entry
  }

  /// Why an entry names no architecture: an argument with a mark below the place, and what to do about it.
  static func explained(_ entry: ListedArchitecture, of space: any SearchSpace) -> String {
    let advice = advice(for: entry.key.text, of: space)
    if let error = entry.error, entry.line == nil, error.position != nil {
      // The advice comes before the excerpt, which is on lines of its own.
      let lines = error.description.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return ([lines[0] + (advice.map { "; \($0)" } ?? "")] + lines.dropFirst()).joined(separator: "\n")
    }
    let failure = entry.failure ?? "no architecture"
    return advice.map { "\(failure); \($0)" } ?? failure
  }

  /// What to do about a text that names no architecture of a space; nil where nothing is known.
  static func advice(for text: String, of space: any SearchSpace) -> String? {
    let ending = text.split(separator: ".").last.map { $0.lowercased() } ?? ""
    if text.contains("."), ["pt", "pth", "ckpt", "safetensors", "onnx", "h5", "pb", "tflite"].contains(ending),
      !text.contains(where: \.isNewline)
    {
      return
        "a file of weights says no architecture that this program reads: write it as the space does, such as "
        + "\(shortened(space.example))"
    }
    if text.count < 4096, let status = FileStatus(path: text) {
      return status.kind == .directory
        ? "it is a folder: name its files with --from" : "it is a file: read it with --from"
    }
    let first = text.split(whereSeparator: \.isWhitespace).prefix(2).map(String.init)
    if first.first == "epads" || first.first == "swift" { return "it is a command: run it in a shell" }
    guard let other = SpaceDescription.reading(text), other.name != space.name else { return nil }
    return "it is one of another space: take --space \(other.name)"
  }

  private static func shortened(_ text: String) -> String { text.count <= 60 ? text : text.prefix(60) + "…" }
}
