public import Accuracies
import Files
import Foundation
public import SearchSpaces
import Statistics
import Synchronization

/// How good the picks of a search are: many runs of it over stored scores, each with a seed of its own, and the trained
/// accuracy of the architecture with the highest score in each.
///
/// This is the protocol of NASWOT (Mellor et al., ICML 2021) and of later papers. The accuracy of a run's pick is
/// compared with that of a random architecture and with the highest that the run has seen. Architectures without a
/// stored row are not considered.
public struct RepeatedSearch: Sendable {
  /// The accuracy of a kind of pick over all runs, in percent.
  public struct Accuracy: Hashable, Sendable {
    /// The mean over runs.
    public var mean: Double
    /// The standard deviation over runs.
    public var deviation: Double
  }

  /// The accuracies on one split of one data set.
  public struct Entry: Sendable {
    /// One of `GroundTruth.dataSets`.
    public var dataSet: String
    public var split: GroundTruth.Split
    /// The accuracy of the architecture with the highest score.
    public var pick: Accuracy
    /// The accuracy of the first architecture that a run has seen, which is a random one.
    public var random: Accuracy
    /// The highest accuracy that a run has seen, whatever the score.
    public var optimum: Accuracy
  }

  /// One for each split of each data set, in the order of `GroundTruth.dataSets`.
  public let entries: [Entry]
  /// How often the search was run.
  public let runs: Int

  /// What all runs picked, where that is one architecture; nil where they picked several, and for a single run.
  public let onlyPick: Architecture?

  /// Runs a search over stored scores, on all processors.
  ///
  /// - Parameters:
  ///   - search: the first run; the seed of each later run is one higher.
  ///   - progress: called from time to time with the runs that are done; returns whether to go on.
  /// - Throws: errors of the search, `CancellationError` where `progress` ended it, and an error where a run has seen
  ///   no architecture with a score.
  public init(
    _ search: Search, runs: Int, scores: StoredScores, truth: GroundTruth, progress: (Int) -> Bool = { _ in true }
  ) throws {
    let known = search.restricted(to: scores.contains)
    let results = Mutex([Result<Outcome, any Error>?](repeating: nil, count: runs))
    let block = 16
    for first in stride(from: 0, to: runs, by: block) {
      guard progress(first) else { throw CancellationError() }
      DispatchQueue.concurrentPerform(iterations: min(block, runs - first)) { position in
        let result = Result { try Outcome(known, number: first + position, scores) }
        results.withLock { $0[first + position] = result }
      }
    }
    let outcomes = try results.withLock { $0 }.compactMap { try $0?.get() }
    let picks = Set(outcomes.map(\.pick))
    onlyPick = runs > 1 && picks.count == 1 ? outcomes.first?.architecture : nil
    self.runs = runs
    entries = truth.dataSets.flatMap { dataSet in
      GroundTruth.Split.allCases.map { split in
        let accuracies = truth.accuracies(dataSet: dataSet, split: split) ?? []
        func known(_ indices: [Int]) -> [Double] { indices.filter(accuracies.indices.contains).map { accuracies[$0] } }
        return Entry(
          dataSet: dataSet, split: split, pick: Accuracy(known(outcomes.map(\.pick))),
          random: Accuracy(known(outcomes.compactMap(\.seen.first))),
          optimum: Accuracy(outcomes.compactMap { known($0.seen).max() }))
      }
    }
  }
}

/// What one run has found.
private struct Outcome: Sendable {
  /// The architecture with the highest score.
  let architecture: Architecture
  /// Its index.
  let pick: Int
  /// The indices of all architectures that the run has evaluated.
  let seen: [Int]

  init(_ search: Search, number: Int, _ scores: StoredScores) throws {
    var run = search
    run.seed &+= UInt64(number)
    let result = try run.run { $0.map(scores.value) }
    guard let best = result.best(1).first?.architecture, let index = best.index else {
      throw FileError(.unreadable, "a run has seen no architecture with a score: take more samples")
    }
    (architecture, pick) = (best.key, index)
    seen = result.evaluations.compactMap(\.architecture.index)
  }
}

extension RepeatedSearch.Accuracy {
  fileprivate init(_ values: [Double]) { self.init(mean: values.mean, deviation: values.standardDeviation) }
}
