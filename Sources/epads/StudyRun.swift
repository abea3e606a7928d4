import Compute
import Files
import Foundation
import Scoring
import SearchSpaces
import Studies
import Synchronization
import Terminal

/// Runs the items of a study with a progress report, and stops between two of them when asked to.
struct StudyRun {
  let study: Study
  /// The text before the progress bar.
  let label: String
  /// Whether rows and the progress bar share a screen.
  let rowsOnTerminal: Bool
  /// Whether the run goes on after a device has failed.
  let onError: ErrorPolicy
  /// The end of the message after a stop, which says how to continue.
  let afterStop: String

  init(
    _ study: Study, label: String, onError: ErrorPolicy, rowsOnTerminal: Bool = false, afterStop: String = ""
  ) {
    self.study = study
    self.label = label
    self.onError = onError
    self.rowsOnTerminal = rowsOnTerminal
    self.afterStop = afterStop
  }

  /// Runs all items, in order.
  ///
  /// - Parameter each: called with every row, and with true where the device failed, which says nothing of the network.
  /// - Returns: how many rows failed.
  func run(_ items: [Study.Item], each: (_ row: Row, _ deviceFailed: Bool) throws -> Void) throws -> Int {
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var progress = ProgressReport(label, total: items.count)
    defer { progress.clear() }
    return try run(items, progress: &progress, each: each)
  }

  /// Runs a part of a longer run. The caller has its progress, and watches for interrupts.
  func run(
    _ items: [Study.Item], progress: inout ProgressReport, each: (_ row: Row, _ deviceFailed: Bool) throws -> Void
  ) throws -> Int {
    var failures = 0
    var left = items.count
    func stopped(_ progress: borrowing ProgressReport) -> String {
      "after \(progress.done) of \(counted(progress.total, "row"))\(afterStop)"
    }
    let study = study
    // The number of items in flight changes the times in rows and nothing else.
    let work = OrderedWork(
      items, width: study.scorer.backend.concurrentRuns, isStopRequested: { Interrupt.isRequested }
    ) { item in try study.row(item) }
    defer { work.stop() }
    while let (made, deviceError) = try work.next() {
      var row = made
      if let deviceError {
        if onError == .stop { throw Failure("\(advised(deviceError)); stopped \(stopped(progress))") }
        if row.error == deviceError.reason { row.error = advised(deviceError) }
      }
      if row.status == .failed { failures += 1 }
      if rowsOnTerminal { progress.clear() }
      try each(row, deviceError != nil)
      progress.advance()
      left -= 1
    }
    guard left == 0 else { throw Failure("interrupted \(stopped(progress))", status: 130) }
    return failures
  }
}

/// An error and, where memory ran out, the option that mends it.
func advised(_ error: any Error) -> String {
  guard let error = error as? BackendError, error.code == .outOfMemory else { return "\(error)" }
  return "\(error): take a smaller --batch"
}

/// Says how much memory scoring takes at most, before any is taken.
///
/// - Parameter noted: the bytes that were said before; only more is said again.
/// - Returns: the most bytes so far.
/// - Throws: `Failure` where the machine has less memory.
@discardableResult
func noteMemory(
  _ architectures: [ParsedArchitecture], scoring: ScoringOptions, backend: any Backend, proxies: Set<Proxy>,
  above noted: Int = 0
) throws -> Int {
  let space = scoring.space.space
  return try noteMemory(architectures, backend: backend, above: noted) { architecture in
    let network = try space.network(of: architecture, input: scoring.dataset.shape, classes: scoring.dataset.classes)
    return try Scorer.memoryBound(
      of: network, on: backend, batch: scoring.batch, proxies: proxies, seeds: scoring.repeats)
  }
}

/// Says how much memory a run takes at most, before any is taken.
///
/// - Parameters:
///   - noted: the bytes that were said before; only more is said again.
///   - beside: takes the bytes of the largest architecture, and returns the bytes that are held beside it.
///   - bytesOf: returns an upper bound of the bytes of an architecture.
/// - Returns: the most bytes so far.
/// - Throws: `Failure` where the machine has less memory.
@discardableResult
func noteMemory(
  _ architectures: [ParsedArchitecture], backend: any Backend, above noted: Int = 0, beside: (Int) -> Int = { _ in 0 },
  bytesOf: @Sendable (ParsedArchitecture) throws -> Int
) throws -> Int {
  let distinct = Array(Set(architectures))
  let found = Bound()
  // Building a network takes half a millisecond, so those of a whole space are built on all processors, in blocks.
  let block = 64
  DispatchQueue.concurrentPerform(iterations: (distinct.count + block - 1) / block) { number in
    let part = distinct[number * block..<min(distinct.count, (number + 1) * block)]
    found.include(Result { try part.reduce(0) { max($0, try bytesOf($1)) } })
  }
  let bound: Int
  do {
    let largest = try found.get()
    bound = largest + beside(largest)
  } catch {
    throw Failure("\(error)", status: 2)
  }
  // A device that has its own memory checks the bound against that.
  if backend.device.kind == .cpu { try requireMemory(bound, "the run", orElse: "take a smaller --batch") }
  if megabytes(bound) != megabytes(noted), bound > noted { note("memory: at most \(megabytes(bound))") }
  return max(bound, noted)
}

/// The largest of several numbers, or the first error among them.
private final class Bound: Sendable {
  private let found = Mutex<Result<Int, any Error>>(.success(0))

  func include(_ other: Result<Int, any Error>) {
    found.withLock { found in found = found.flatMap { bound in other.map { max(bound, $0) } } }
  }

  func get() throws -> Int { try found.withLock { $0 }.get() }
}
