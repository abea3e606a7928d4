/// Columns of a terminal that a text takes: one for each character, two for one that is wide, as Chinese and Japanese
/// ones and emoji are.
package func displayWidth(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + displayWidth(of: $1) } }

private func displayWidth(of character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
  switch scalar.value {
  // Hangul, then what the property East_Asian_Width calls wide or full-width.
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3: return 2
  case 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6: return 2
  // Emoji, and the supplementary planes of ideographs.
  case 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD: return 2
  case _: return 1
  }
}

/// A text without its middle, in whose place an ellipsis stands, where it is wider than `width`.
package func elided(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  guard width > 1 else { return width == 1 ? "…" : "" }
  let tail = (width - 1) / 2
  let end = String(beginning(of: text.reversed(), to: tail).reversed())
  return String(beginning(of: Array(text), to: width - 1 - tail)) + "…" + end
}

/// As many characters as fit.
private func beginning(of characters: [Character], to width: Int) -> ArraySlice<Character> {
  var room = width
  return characters.prefix { character in
    room -= displayWidth(of: character)
    return room >= 0
  }
}

/// A text in lines that are not wider than `width`, broken at blanks, or within a word that is wider than a line.
///
/// Nothing is left out but the blanks where lines break. Characters that a terminal would act on are escaped before.
///
/// - Parameters:
///   - width: nil for one line, however long.
///   - indentation: what the first line begins with.
///   - continuation: what the other lines begin with.
package func wrapped(
  _ text: String, to width: Int?, indentation: String = "", continuation: String = "  "
) -> [String] {
  let text = printable(text)
  guard let width, displayWidth(indentation) + displayWidth(text) > width else { return [indentation + text] }
  var lines: [String] = []
  // Blanks at the beginning are an indentation too.
  var line = indentation + text.prefix { $0 == " " }.prefix(max(0, width / 4))
  var isAtStart = true
  func beginLine() {
    lines.append(line)
    line = continuation
    isAtStart = true
  }
  for word in text.split(separator: " ") {
    if !isAtStart, displayWidth(line) + 1 + displayWidth(word) > width { beginLine() }
    if !isAtStart { line += " " }
    isAtStart = false
    for character in word {
      // A character at least, so that the loop ends where there is no room for any.
      if displayWidth(line) + displayWidth(of: character) > width, !isAtStart { beginLine() }
      isAtStart = false
      line.append(character)
    }
  }
  return lines + [line]
}
