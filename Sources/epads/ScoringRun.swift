import ArchitectureLists
import Files
import Runs
import Scoring
import Studies
import Synchronization
import Terminal

/// The end of messages about a run that has stopped and can go on.
enum StoppedRun {
  static let hint = "; the same command with --resume continues"
}

/// Scores the architectures of a list: those that are known, and those that come meanwhile.
struct ScoringRun {
  /// How a run has ended.
  struct Outcome {
    /// Rows of the run, those that were there before among them.
    var rows: Int
    /// Those that have no score.
    var failures: Int

    /// Ends the command as its rows say.
    func end() throws {
      guard failures > 0 else { return }
      throw Failure("\(failures) of \(counted(rows, "row")) without a score; each says why", status: 3)
    }
  }

  let study: Study
  let list: Listing
  /// The bytes that the run takes at most.
  let memoryBound: Int
  private let onError: ErrorPolicy
  private let isStrict: Bool
  private let memory: ScoringMemory

  /// Selects a backend, and says how much memory the list takes.
  ///
  /// - Parameter images: nil for the built-in ones.
  init(
    _ list: Listing, scoring: ScoringOptions, images: Images?, proxies: Set<Proxy>, backend options: BackendOptions,
    onError: ErrorPolicy, isStrict: Bool, layers: Bool = false
  ) throws {
    let backend = try options.select()
    memory = ScoringMemory(scoring: scoring, backend: backend, proxies: proxies)
    memoryBound = try memory.note(list.entries.readable)
    if let file = list.file { noteDifferences(from: file, of: list.entries.readable, scoring: scoring) }
    let scorer = Scorer(
      backend: backend, images: try images ?? scoring.loadImages(), sigma: scoring.sigma, proxies: proxies)
    study = Study(space: scoring.space.space, scorer: scorer, seeds: scoring.seeds, layers: layers)
    self.list = list
    self.onError = onError
    self.isStrict = isStrict
  }

  /// Scores what `stored` does not have yet.
  ///
  /// - Parameters:
  ///   - hint: the end of the message after a stop, which says how to continue.
  ///   - each: called with every new row, with true where the device failed, and with the position of the row in the
  ///     whole run.
  ///   - taken: called at the end, or after a stop, with every row that was there, and its position.
  func run(
    without stored: [Row], rowsOnTerminal: Bool = false, hint: String,
    each: (_ row: Row, _ deviceFailed: Bool, _ position: Int) throws -> Void,
    taken: (_ row: Row, _ position: Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    var outcome = Outcome(rows: 0, failures: 0)
    let run = StudyRun(
      study: study, label: "scoring", rowsOnTerminal: rowsOnTerminal, onError: onError, isStrict: isStrict,
      afterStop: hint, memoryLimit: list.stream == nil ? nil : memory.check)
    let continued = try RowsToContinue(study, stored)
    let items: StudyItems
    // Positions of the rows to make, and the rows that are there with theirs.
    let places = Mutex<(made: [Int], there: [(row: Row, position: Int)])>(([], []))
    let begin: @Sendable (Int) -> Void = { position in places.withLock { $0.made.append(position) } }
    let keep: @Sendable (Row, Int) -> Void = { row, position in places.withLock { $0.there.append((row, position)) } }
    if let stream = list.stream {
      items = StudyItems(list.entries, then: stream, of: study, without: continued, begun: begin, taken: keep)
    } else {
      var continued = continued
      let missing = study.items(list.entries).enumerated().filter { position, item in
        guard let row = continued.take(item) else {
          begin(position)
          return true
        }
        keep(row, position)
        return false
      }
      items = StudyItems(missing.map(\.element))
      if !stored.isEmpty {
        let there = places.withLock { $0.there.count }
        let others = stored.count - there
        note(
          "resuming: \(counted(there, "row")) there, \(missing.count) left"
            + (others > 0 ? "; \(others) more in the file are of other architectures, seeds or proxies" : ""))
      }
    }
    defer {
      for remark in list.stream?.remarks ?? [] { note(remark) }
      for (row, position) in places.withLock({ $0.there }) { taken(row, position) }
    }
    outcome.failures = try run.run(items) { row, deviceFailed in
      let position = places.withLock { $0.made[outcome.rows] }
      outcome.rows += 1
      try each(row, deviceFailed, position)
    }
    places.withLock {
      outcome.rows += $0.there.count
      outcome.failures += $0.there.count { $0.row.status == .failed }
    }
    return outcome
  }
}
