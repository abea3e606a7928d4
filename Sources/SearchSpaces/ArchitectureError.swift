/// Why a text or an index names no architecture.
public struct ArchitectureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was given.
  public var text: String
  /// Where in `text`, in characters from 0; nil where the whole is meant.
  public var position: Int?
  /// What is wrong, without the text.
  public var reason: String

  public init(text: String, position: Int? = nil, reason: String) {
    self.text = text
    self.position = position
    self.reason = reason
  }

  /// The reason, and below it the text with a mark at the position.
  public var description: String {
    guard let position, !text.isEmpty else { return "\(Self.printable(reason)): \(Self.shortened(text))" }
    let (excerpt, column) = excerpt(around: position)
    return "\(Self.printable(reason)) at character \(position + 1)\n  \(Self.printable(excerpt))\n"
      + "  \(String(repeating: " ", count: column))^"
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

  /// A blank for every character that moves the cursor or talks to the terminal.
  private static func printable(_ text: some StringProtocol) -> String {
    String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
  }
}
