/// Why a text or an index names no architecture.
public struct ArchitectureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was given.
  public var text: String
  /// Where in `text`, in characters from 0; nil where the whole is meant.
  public var position: Int?
  /// What is wrong, without the text.
  public var reason: String
  /// What to write instead, where the reason does not say it; nil where there is nothing to add.
  public var advice: String?

  public init(text: String, position: Int? = nil, reason: String, advice: String? = nil) {
    self.text = text
    self.position = position
    self.reason = reason
    self.advice = advice
  }

  /// The reason, and below it the text with a mark at the position.
  public var description: String {
    let end = advice.map { "; " + Self.printable($0) } ?? ""
    guard let position, !text.isEmpty else { return "\(Self.printable(reason)): \(Self.shortened(text))\(end)" }
    let (excerpt, column) = excerpt(around: position)
    // What is shown in the place of a control character is longer than it.
    let width = Self.printable(excerpt.prefix(column)).count
    return "\(Self.printable(reason)) at character \(position + 1)\(end)\n  \(Self.printable(excerpt))\n"
      + "  \(String(repeating: " ", count: width))^"
  }

  /// The text, or of a long one what is near a position; and the column of that position.
  private func excerpt(around position: Int) -> (text: String, column: Int) {
    guard text.count > 160 else { return (text, position) }
    let dropped = max(0, position - 60)
    let rest = text.dropFirst(dropped)
    let (before, after) = (dropped > 0 ? "..." : "", rest.count > 120 ? "..." : "")
    return (before + rest.prefix(120) + after, before.count + position - dropped)
  }

  private static func shortened(_ text: String) -> String {
    "'" + printable(text.prefix(120)) + (text.count > 120 ? "..." : "") + "'"
  }

  /// As Swift writes them in a literal, what moves the cursor, talks to the terminal or turns the direction of writing.
  private static func printable(_ text: some StringProtocol) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result.append(contentsOf: "\\n".unicodeScalars)
      case 0x0D: result.append(contentsOf: "\\r".unicodeScalars)
      case 0x09: result.append(contentsOf: "\\t".unicodeScalars)
      case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
        result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
