/// A text that came from a file, an argument, the environment or a driver, as it may be shown.
///
/// Characters that move the cursor, talk to the terminal or turn the direction of writing are written as Swift writes
/// them in a literal, such as `\\n` or `\\u{1B}`: control characters, separators of lines and paragraphs, and marks of
/// direction.
package func printable(_ text: some StringProtocol) -> String {
  guard text.unicodeScalars.contains(where: isUnprintable) else { return String(text) }
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where isUnprintable(scalar): result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    case _: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A message as it may be shown. A line feed stays one where two blanks follow, as in the excerpts of an
/// `ArchitectureError`: what a file is called cannot begin a line of its own.
package func printableMessage(_ text: String) -> String {
  var lines: [Substring.UnicodeScalarView] = []
  var rest = text.unicodeScalars[...]
  var start = rest.startIndex
  while let end = rest[start...].firstIndex(of: "\n") {
    let next = rest.index(after: end)
    if rest[next...].starts(with: "  ".unicodeScalars) {
      lines.append(rest[..<end])
      rest = rest[next...]
    }
    start = next
  }
  lines.append(rest)
  return lines.map { printable(Substring($0)) }.joined(separator: "\n")
}

private func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  // C0, DEL and C1.
  case 0...0x1F, 0x7F...0x9F: true
  // Separators of lines and paragraphs.
  case 0x2028, 0x2029: true
  // Marks of direction, its embeddings, overrides and isolates.
  case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
  case _: false
  }
}
