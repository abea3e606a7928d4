import Foundation
import Synchronization

/// Whether the program says on standard error how it is getting on.
package enum Messages {
  private static let quiet = Atomic(false)

  /// Whether notes, warnings and progress are kept back. Errors never are.
  package static var isQuiet: Bool {
    get { quiet.load(ordering: .relaxed) }
    set { quiet.store(newValue, ordering: .relaxed) }
  }
}

/// A message on standard error, where messages are wanted.
package func note(_ text: String) {
  if !Messages.isQuiet { writeToStandardError(messageText(text, width: messageWidth)) }
}

/// An error on standard error, in any case.
package func reportError(_ text: String) {
  writeToStandardError(messageText("Error: \(text)", width: messageWidth))
}

/// The lines of a message, each ended by a line feed, broken at blanks where they are wider than `width`. Lines of an
/// excerpt, which begin with two blanks, stay as they are: a mark may stand below a place in them.
package func messageText(_ text: String, width: Int?) -> String {
  printableMessage(text).split(separator: "\n", omittingEmptySubsequences: false)
    .flatMap { $0.hasPrefix("  ") ? [String($0)] : wrapped(String($0), to: width) }
    .map { $0 + "\n" }.joined()
}

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

/// A number with so many decimals.
package func fixed(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}
