import Foundation

/// How far a run is, on standard error: a bar on a terminal, else a line now and then.
struct ProgressReport: ~Copyable {
  private let total: Int
  private let label: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private var shown: ContinuousClock.Instant
  private var done = 0

  init(_ label: String, total: Int) {
    self.label = label
    self.total = total
    shown = start
  }

  /// One item more is done.
  mutating func advance() {
    done += 1
    let now = ContinuousClock.now
    guard now - shown >= (isTerminal ? .milliseconds(100) : .seconds(30)) else { return }
    shown = now
    if isTerminal {
      FileHandle.standardError.write(Data("\r\u{1B}[K\(line(width: terminalWidth - 1))".utf8))
    } else {
      note(line(width: 0))
    }
  }

  /// Takes the bar away.
  func clear() {
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }

  /// Seconds since the start.
  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  private func line(width: Int) -> String {
    let rate = Double(done) / max(seconds, 1e-9)
    let left = Double(total - done) / max(rate, 1e-9)
    let text = "\(done)/\(total), \(fixed(rate, 1))/s, \(duration(left)) left"
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

/// Columns of the terminal behind standard output or standard error; 80 where there is none.
var terminalWidth: Int {
  for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
  }
  return 80
}

/// A number with so many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}
