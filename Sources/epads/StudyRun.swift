import ArchitectureLists
import Compute
import Files
import Foundation
import Scoring
import Studies
import Synchronization
import Terminal

/// The items of a run: all at once, or as they come.
struct StudyItems: Sendable {
  /// How many there are; nil where nobody knows yet.
  let count: Int?
  /// The next one, nil after the last.
  let next: @Sendable () throws -> Study.Item?
  /// Waits for no more of them.
  let stop: @Sendable () -> Void

  init(_ items: [Study.Item]) {
    let position = Mutex(0)
    count = items.count
    next = {
      position.withLock { position in
        guard position < items.count else { return nil }
        defer { position += 1 }
        return items[position]
      }
    }
    stop = {}
  }

  /// The items of entries that are known, then those of a stream, without those whose row is there already.
  ///
  /// - Parameter taken: called with each row that is there.
  init(
    _ entries: [ListedArchitecture], then stream: ListStream, of study: Study, without rows: RowsToContinue,
    taken: @escaping @Sendable (Row) -> Void
  ) {
    let state = Mutex((rows: rows, items: Array(study.items(entries).reversed())))
    count = nil
    next = {
      try state.withLock { state in
        while true {
          while let item = state.items.popLast() {
            guard let row = state.rows.take(item) else { return item }
            taken(row)
          }
          guard let entry = try stream.next() else { return nil }
          state.items = study.items(of: entry).reversed()
        }
      }
    }
    stop = { stream.stop() }
  }
}

/// Runs the items of a study with a progress report, and stops between two of them when asked to.
struct StudyRun {
  let study: Study
  /// The text before the progress bar.
  let label: String
  /// Whether rows and the progress bar share a screen.
  var rowsOnTerminal = false
  /// Whether the run goes on after a device has failed.
  let onError: ErrorPolicy
  /// Whether the run ends with the first row that failed.
  var isStrict = false
  /// The end of the message after a stop, which says how to continue.
  var afterStop = ""
  /// Refuses a network that the machine has too little memory for; nil where that is known of all already.
  var memoryLimit: Study.NetworkCheck?

  /// Runs all items, in order.
  ///
  /// - Parameter each: called with every row, and with true where the device failed, which says nothing of the network.
  /// - Returns: how many rows failed.
  func run(_ items: StudyItems, each: (_ row: Row, _ deviceFailed: Bool) throws -> Void) throws -> Int {
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var progress = ProgressReport(label, total: items.count)
    defer { progress.clear() }
    return try run(items, progress: &progress, each: each)
  }

  /// Runs a part of a longer run. The caller has its progress, and watches for interrupts.
  func run(
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
func advised(_ error: any Error) -> String {
  guard let error = error as? BackendError, error.code == .outOfMemory else { return "\(error)" }
  return "\(error): take a smaller --batch"
}
