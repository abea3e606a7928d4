import Foundation

/// A message on standard error.
package func note(_ text: String) { writeToStandardError(printableMessage(text) + "\n") }

/// Messages that cannot be written are lost: results matter more.
package func writeToStandardError(_ text: String) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let amount = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard amount > 0 || errno == EINTR else { return }
    rest = rest.dropFirst(max(0, amount))
  }
}

/// A number of things: "1 row", "2 rows".
package func counted(_ count: Int, _ thing: String, _ things: String? = nil) -> String {
  "\(count) \(count == 1 ? thing : things ?? thing + "s")"
}

/// Columns of the terminal behind standard output or standard error; 80 where there is none.
package var terminalWidth: Int {
  for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
  }
  return 80
}

/// A number with so many decimals.
package func fixed(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}
