/// Lines of an SVG document, with its numbers and texts written as XML wants them.
struct SVGText {
  private(set) var document = ""

  mutating func line(_ text: String) {
    document += text
    document += "\n"
  }

  /// A text element.
  ///
  /// - Parameters:
  ///   - room: the length that the text should not exceed; a longer one is set smaller. Widths are estimated, because
  ///     the viewer's font is not known.
  ///   - upwards: whether the text runs from the bottom to the top.
  mutating func text(
    _ text: String, x: Double, y: Double, size: Double, anchor: String, weight: String? = nil, fill: String? = nil,
    room: Double, upwards: Bool = false
  ) {
    guard !text.isEmpty else { return }
    let length = Double(text.count) * size * (weight == nil ? 0.52 : 0.58)
    var attributes = "x=\"\(number(x))\" y=\"\(number(y))\""
    attributes += " font-size=\"\(number(length > room ? max(size * room / length, 3) : size))\""
    attributes += " text-anchor=\"\(anchor)\""
    if let weight { attributes += " font-weight=\"\(weight)\"" }
    if let fill { attributes += " fill=\"\(fill)\"" }
    if upwards { attributes += " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" }
    line("<text \(attributes)>\(escaped(text))</text>")
  }

  /// - Parameter title: what a viewer shows for the circle; nil for nothing.
  mutating func circle(x: Double, y: Double, radius: Double, title: String? = nil) {
    let attributes = "cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\""
    line(title.map { "<circle \(attributes)><title>\(escaped($0))</title></circle>" } ?? "<circle \(attributes)/>")
  }

  /// At most two decimals, without trailing zeros.
  func number(_ value: Double) -> String {
    // Beyond any sheet of paper: no figure needs it, and the conversion to an integer must not trap.
    let hundredths = Int((min(max(value.isNaN ? 0 : value, -1e9), 1e9) * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    var text = hundredths < 0 ? "-\(whole)" : "\(whole)"
    if rest > 0 {
      text += rest < 10 ? ".0" : "."
      text += rest % 10 == 0 ? "\(rest / 10)" : "\(rest)"
    }
    return text
  }

  /// Text as XML character data or an attribute's value; characters that XML 1.0 forbids become U+FFFD.
  func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      case "\t", "\n", "\r": result += " "
      case "\u{0}"..<"\u{20}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
