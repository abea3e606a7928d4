import Foundation

/// How far a run is, on standard error: a bar on a terminal, else a line now and then.
package struct ProgressReport: ~Copyable {
  /// Nil where nobody knows how many items there are: then only a terminal shows how many are done.
  package private(set) var total: Int?
  private let label: String
  /// Whether standard error is a terminal that can clear a line.
  private let isTerminal: Bool
  private var isShown = false
  private let start = ContinuousClock.now
  private var shown: ContinuousClock.Instant
  package private(set) var done = 0

  package init(_ label: String, total: Int?) {
    self.label = label
    self.total = total
    shown = start
    let terminal = ProcessInfo.processInfo.environment["TERM"] ?? ""
    isTerminal = isatty(STDERR_FILENO) == 1 && !["", "dumb"].contains(terminal)
    if isTerminal { draw() }
  }

  /// One item more is done.
  package mutating func advance() { advance(to: done + 1) }

  /// So many items are done.
  package mutating func advance(to count: Int) {
    done = count
    let now = ContinuousClock.now
    guard isTerminal && !isShown || now - shown >= (isTerminal ? .milliseconds(100) : .seconds(30)) else { return }
    shown = now
    if isTerminal {
      draw()
    } else {
      note(line(width: 0))
    }
  }

  /// So many items need not be done.
  package mutating func skip(_ count: Int) { total = total.map { $0 - count } }

  /// Takes the bar away.
  package mutating func clear() {
    if isShown { writeToStandardError("\r\u{1B}[K") }
    isShown = false
  }

  private mutating func draw() {
    guard !Messages.isQuiet else { return }
    // Not what COLUMNS says: a bar that the terminal breaks cannot be taken away.
    writeToStandardError("\r\u{1B}[K\(line(width: (messageWidth ?? 80) - 1))")
    isShown = true
  }

  private func line(width: Int) -> String {
    let rate = Double(done) / max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    guard let total else { return String("\(label): \(done), \(fixed(rate, 1))/s".prefix(width > 0 ? width : .max)) }
    let left = Double(total - done) / max(rate, 1e-9)
    let text = done == 0 ? "0/\(total)" : "\(done)/\(total), \(fixed(rate, 1))/s, \(duration(left)) left"
    let room = min(30, width - label.count - text.count - 4)
    guard room >= 5 else { return width > 0 ? String("\(label) \(text)".prefix(width)) : "\(label): \(text)" }
    let filled = total > 0 ? room * done / total : room
    return "\(label) [\(String(repeating: "#", count: filled))\(String(repeating: "-", count: room - filled))] \(text)"
  }

  private func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e7).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
