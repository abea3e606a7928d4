/// Ends a command with a message on standard error.
package struct Failure: Error, CustomStringConvertible {
  /// The exit status: 1 for a failure, 2 for a wrong command, 3 for rows without a value, 130 for an interrupt.
  package var status: Int32
  package var message: String

  package init(_ message: String, status: Int32 = 1) {
    self.message = message
    self.status = status
  }

  package var description: String { message }
}

/// What a run whose backend was named does when the device fails; `auto` goes on with the CPU instead.
package enum ErrorPolicy: String, CaseIterable, Sendable {
  case stop
  case `continue`
}
