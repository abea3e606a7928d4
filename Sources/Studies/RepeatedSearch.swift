public import Accuracies
import Files
import SearchSpaces
import Statistics

/// How good the picks of a search are: many runs of it over stored scores, each with a seed of its own, and the trained
/// accuracy of the architecture with the highest score in each.
///
/// The protocol of NASWOT (Mellor et al., ICML 2021) and those after it. Beside the pick of a run stand a random one and the
/// best of what the run has seen: what a search gains lies between. Architectures that the scores do not know are not
/// considered.
public struct RepeatedSearch: Sendable {
  /// Mean and standard deviation over runs, in percent.
  public struct Accuracy: Hashable, Sendable {
    public var mean: Double
    public var deviation: Double
  }

  /// The accuracies on one data set.
  public struct Entry: Sendable {
    public var dataSet: String
    public var split: GroundTruth.Split
    /// The architecture with the highest score.
    public var pick: Accuracy
    /// One of those that a run has seen, the first.
    public var random: Accuracy
    /// The highest accuracy that a run has seen, whatever its score.
    public var optimum: Accuracy
  }

  /// A data set after the other, as in `GroundTruth.dataSets`, and the splits of each.
  public let entries: [Entry]
  public let runs: Int

  /// - Parameter search: the first run; those after it have the seeds after its own.
  /// - Throws: errors of the search, and where a run has seen no architecture with a score.
  public init(_ search: Search, runs: Int, scores: StoredScores, truth: GroundTruth) throws {
    let known = search.restricted(to: scores.contains)
    let outcomes = try (0..<runs).map { number in
      var run = known
      run.seed &+= UInt64(number)
      let result = try run.run { $0.map(scores.value) }
      guard let pick = result.best(1).first?.architecture.index else {
        throw FileError(.unreadable, "a run has seen no architecture with a score: take more samples")
      }
      return (pick: pick, seen: result.evaluations.compactMap(\.architecture.index))
    }
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

extension RepeatedSearch.Accuracy {
  fileprivate init(_ values: [Double]) { self.init(mean: values.mean, deviation: values.standardDeviation) }
}
