import Compute
import Foundation
import Scoring
package import Studies
package import Terminal

/// Runs the items of a study with a progress report, and stops between two of them when asked to.
package struct StudyRun {
  private let study: Study
  /// The text before the progress bar.
  private let label: String
  /// Whether rows and the progress bar share a screen.
  private let rowsOnTerminal: Bool
  /// Whether the run goes on after a device has failed.
  private let onError: ErrorPolicy
  /// Whether the run ends with the first row that failed.
  private let isStrict: Bool
  /// The end of the message after a stop, which says how to continue.
  private let afterStop: String
  /// Refuses a network that the machine has too little memory for; nil where that is known of all already.
  private let memoryLimit: Study.NetworkCheck?

  package init(
    study: Study, label: String, rowsOnTerminal: Bool = false, onError: ErrorPolicy, isStrict: Bool = false,
    afterStop: String = "", memoryLimit: Study.NetworkCheck? = nil
  ) {
    self.study = study
    self.label = label
    self.rowsOnTerminal = rowsOnTerminal
    self.onError = onError
    self.isStrict = isStrict
    self.afterStop = afterStop
    self.memoryLimit = memoryLimit
  }

  /// Runs all items, in order.
  ///
  /// - Parameter each: called with every row, and with true where the device failed, which says nothing of the network.
  /// - Returns: how many rows failed.
  package func run(_ items: StudyItems, each: (_ row: Row, _ deviceFailed: Bool) throws -> Void) throws -> Int {
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var progress = ProgressReport(label, total: items.count)
    defer { progress.clear() }
    return try run(items, progress: &progress, each: each)
  }

  /// Runs a part of a longer run. The caller has its progress, and watches for interrupts.
  package func run(
    _ items: StudyItems, progress: inout ProgressReport, each: (_ row: Row, _ deviceFailed: Bool) throws -> Void
  ) throws -> Int {
    var failures = 0
    var done = 0
    func stopped(_ progress: borrowing ProgressReport) -> String {
      "after " + (progress.total.map { "\(progress.done) of \(counted($0, "row"))" } ?? counted(progress.done, "row"))
    }
    let (study, memoryLimit) = (study, memoryLimit)
    // The number of items in flight changes the times in rows and nothing else.
    let work = OrderedWork(
      width: min(study.scorer.backend.concurrentRuns, items.count ?? .max),
      isStopRequested: { Interrupt.isRequested }, source: items.next
    ) { item in study.row(item, allowing: memoryLimit) }
    defer {
      items.stop()
      work.stop()
    }
    while let (made, deviceError) = try work.next() {
      var row = made
      if let deviceError {
        if onError == .stop { throw Failure("\(advised(deviceError)); stopped \(stopped(progress))\(afterStop)") }
        if row.error == deviceError.reason { row.error = advised(deviceError) }
      }
      if row.status == .failed { failures += 1 }
      if rowsOnTerminal { progress.clear() }
      try each(row, deviceError != nil)
      progress.advance()
      done += 1
      if isStrict, row.status == .failed {
        throw Failure("\(row.name ?? row.arch): \(row.error ?? "no score"); --strict stopped \(stopped(progress))")
      }
    }
    guard !Interrupt.isRequested || done == items.count else {
      throw Failure("interrupted \(stopped(progress))\(afterStop)", status: 130)
    }
    return failures
  }
}

/// An error and, where memory ran out, the option that mends it.
package func advised(_ error: any Error) -> String {
  guard let error = error as? BackendError, error.code == .outOfMemory else { return "\(error)" }
  return "\(error): take a smaller --batch"
}
