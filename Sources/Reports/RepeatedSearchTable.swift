import Accuracies
import SearchSpaces
package import Studies
import Terminal

/// The accuracies of what many runs of a search have picked.
package struct RepeatedSearchTable: Report {
  private let report: RepeatedSearch
  private let space: String
  private let strategy: String
  private let samples: Int
  private let seed: UInt64
  private let metric: Metric
  /// Where the accuracies are from.
  private let source: String

  /// - Parameters:
  ///   - space: the space's name.
  ///   - strategy: the strategy's name.
  ///   - samples: how many architectures each run evaluates.
  ///   - seed: the seed of the first run.
  ///   - metric: the score that the searches maximise.
  ///   - source: where the accuracies are from.
  package init(
    _ report: RepeatedSearch, space: String, strategy: String, samples: Int, seed: UInt64, metric: Metric,
    source: String
  ) {
    self.report = report
    self.space = space
    self.strategy = strategy
    self.samples = samples
    self.seed = seed
    self.metric = metric
    self.source = source
  }

  /// The settings, and a table with a line for each split of each data set.
  package func lines(width: Int?) -> [String] {
    var table = TextTable(columns: [
      TextTable.Column("accuracy, %"), TextTable.Column(metric.title, .right),
      TextTable.Column("random", .right), TextTable.Column("optimum", .right),
    ])
    func cell(_ accuracy: RepeatedSearch.Accuracy) -> String {
      "\(fixed(accuracy.mean, 2)) ± \(fixed(accuracy.deviation, 2))"
    }
    for entry in report.entries {
      table.append([
        "\(entry.dataSet) \(entry.split.rawValue)", cell(entry.pick), cell(entry.random), cell(entry.optimum),
      ])
    }
    let title =
      "\(space), \(strategy) search: \(counted(report.runs, "run")) of \(samples) samples, "
      + "seeds from \(seed)"
    return wrapped(title, to: width) + wrapped("mean ± standard deviation over runs", to: width) + [""]
      + table.lines(width: width) + [""] + onlyPick(width) + wrapped("accuracies: \(source)", to: width)
  }

  /// A deviation of 0 has its reason here.
  private func onlyPick(_ width: Int?) -> [String] {
    report.onlyPick.map { wrapped("all \(report.runs) runs picked the same architecture:", to: width) + [$0.text] }
      ?? []
  }

  /// Three for each split of each data set, one for each kind of pick.
  package var entries: [RepeatedSearchRecord] {
    report.entries.flatMap { entry in
      [("objective", entry.pick), ("random", entry.random), ("optimum", entry.optimum)].map { pick, accuracy in
        RepeatedSearchRecord(
          dataset: entry.dataSet, split: entry.split.rawValue, objective: metric.key, strategy: strategy,
          runs: report.runs, samples: samples, pick: pick, mean: accuracy.mean, deviation: accuracy.deviation)
      }
    }
  }
}

/// The accuracy of one kind of pick, for programs.
package struct RepeatedSearchRecord: Record {
  fileprivate var dataset: String
  fileprivate var split: String
  fileprivate var objective: String
  fileprivate var strategy: String
  fileprivate var runs: Int
  fileprivate var samples: Int
  /// `objective` for the architecture with the highest score, `random` for a random one, or `optimum` for the most
  /// accurate one.
  fileprivate var pick: String
  /// In percent, as is the deviation; both over the runs.
  fileprivate var mean: Double
  fileprivate var deviation: Double

  /// The columns have the names of the JSON keys.
  package static let columns: [CSVColumn<RepeatedSearchRecord>] = [
    CSVColumn("dataset") { $0.dataset }, CSVColumn("split") { $0.split }, CSVColumn("objective") { $0.objective },
    CSVColumn("strategy") { $0.strategy }, CSVColumn("runs") { "\($0.runs)" },
    CSVColumn("samples") { "\($0.samples)" }, CSVColumn("pick") { $0.pick }, CSVColumn("mean") { "\($0.mean)" },
    CSVColumn("deviation") { "\($0.deviation)" },
  ]
}
