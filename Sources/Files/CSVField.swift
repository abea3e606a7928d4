/// A cell of comma-separated values, as it is written.
///
/// A text that a spreadsheet would take for a formula (its first character is one of `= + - @`, a tab or a line's end)
/// is written with an apostrophe before it, which `CSVReader` takes away again. Numbers are written as they are.
package struct CSVField: Hashable, Sendable {
  /// The characters of the cell in the file, quotes included.
  package let written: String

  /// A text; without one the cell is empty.
  package init(_ text: String?) { written = text.map { Self.quoted(Self.apostrophe(before: $0) + $0) } ?? "" }

  /// A number; without one the cell is empty.
  package init(_ number: Int?) { written = number.map { "\($0)" } ?? "" }

  /// A number; without one the cell is empty.
  package init(_ number: UInt64?) { written = number.map { "\($0)" } ?? "" }

  /// A number in the shortest form that gives it back; without one the cell is empty.
  package init(_ number: Double?) { written = number.map { "\($0)" } ?? "" }

  /// A line of a file, without its end.
  package static func line(_ fields: [CSVField]) -> String {
    // A line of nothing is no record for a reader.
    guard fields.count != 1 || !fields[0].written.isEmpty else { return "\"\"" }
    return fields.map(\.written).joined(separator: ",")
  }

  /// An apostrophe before what is a formula, and before what would otherwise lose its own on reading.
  private static func apostrophe(before text: String) -> String {
    beginsLikeFormula(text.unicodeScalars.drop { $0 == "'" }) && !isNumber(text) ? "'" : ""
  }

  /// What a field of a file says: without the apostrophe that keeps a spreadsheet from running it.
  static func text(ofField field: String) -> String {
    guard field.unicodeScalars.first == "'", beginsLikeFormula(field.unicodeScalars.drop { $0 == "'" }) else {
      return field
    }
    return String(field.unicodeScalars.dropFirst())
  }

  private static func beginsLikeFormula(_ text: Substring.UnicodeScalarView) -> Bool {
    switch text.first {
    // The last four are the wide forms, which some spreadsheets take for the others.
    case "=", "+", "-", "@", "\t", "\n", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
    case _: false
    }
  }

  /// Whether a spreadsheet reads a text as a number, which it does not run.
  private static func isNumber(_ text: String) -> Bool {
    text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) } && Double(text) != nil
  }

  /// The text in quotes where it needs them. Scalars are compared: a comma and a combining mark are one character.
  private static func quoted(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: needsQuotes) else { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result.unicodeScalars.append(scalar) }
      result.unicodeScalars.append(scalar)
    }
    result.unicodeScalars.append("\"")
    return result
  }

  private static func needsQuotes(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case ",", "\"", "\n"..."\r", "\u{85}", "\u{2028}", "\u{2029}": true
    case _: false
    }
  }
}
