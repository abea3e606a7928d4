import Foundation
import Scoring
import SearchSpaces
import Studies

/// Runs the items of a study with a progress report, and stops cleanly when asked to.
struct StudyRun {
  let study: Study
  let label: String
  /// What to do after an interrupt.
  let afterInterrupt: String

  init(_ study: Study, label: String, afterInterrupt: String = "") {
    self.study = study
    self.label = label
    self.afterInterrupt = afterInterrupt
  }

  /// - Returns: how many rows failed.
  func run(_ items: [Study.Item], each: (Row) throws -> Void) throws -> Int {
    Interrupt.watch()
    var progress = ProgressReport(label, total: items.count)
    defer { progress.clear() }
    var failures = 0
    for (done, item) in items.enumerated() {
      guard !Interrupt.isRequested else {
        throw Failure("interrupted after \(done) of \(items.count) rows\(afterInterrupt)", status: 130)
      }
      let row = try study.row(item)
      if row.status == .failed { failures += 1 }
      // On a terminal the bar and the rows share a screen.
      progress.clear()
      try each(row)
      progress.advance()
    }
    return failures
  }
}

/// Says how much memory a run takes, before it takes it.
func noteMemory(_ study: Study, _ architectures: [Architecture]) throws {
  var bound = 0
  for architecture in architectures.prefix(64) {
    let network = try study.space.network(
      of: architecture, input: study.configuration.dataSet.shape, classes: study.configuration.dataSet.classes)
    do {
      bound = max(bound, try study.scorer.memoryBound(of: network))
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }
  note("memory: at most \((bound + (1 << 20) - 1) >> 20) MiB")
}
