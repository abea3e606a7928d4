import Foundation

/// Columns that lines on standard output should keep to; nil where they may be of any length.
///
/// That is what the environment variable COLUMNS says where it is exported, which a shell does only when told to, else
/// the width of the terminal that standard output is.
///
/// - Parameter isStandardOutput: false for results that go into a file, whose lines are of any length.
package func outputWidth(isStandardOutput: Bool) -> Int? {
  guard isStandardOutput else { return nil }
  return exportedWidth ?? (isatty(STDOUT_FILENO) == 1 ? width(of: STDOUT_FILENO) ?? 80 : nil)
}

/// Columns of the terminal that standard error is; nil where it is none.
package var messageWidth: Int? { isatty(STDERR_FILENO) == 1 ? width(of: STDERR_FILENO) ?? 80 : nil }

/// What COLUMNS says where that is a width that tables can be laid out in.
private var exportedWidth: Int? {
  ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }.flatMap { (20...10_000).contains($0) ? $0 : nil }
}

/// What the terminal says.
private func width(of descriptor: Int32) -> Int? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}
