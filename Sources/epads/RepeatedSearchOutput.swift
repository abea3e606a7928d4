import Accuracies
import Files
import Statistics
import Studies
import Terminal

/// The accuracies of many searches' picks, in one of the formats.
struct RepeatedSearchOutput {
  let report: RepeatedSearch
  let space: String
  let options: SearchOptions
  /// Where the accuracies are from.
  let source: String

  func write(_ format: OutputFormat, to writer: LineWriter) throws {
    switch format {
    case .table: for line in lines { try writer.append(line) }
    case .jsonl: for line in entries { try writer.append(jsonLine(line)) }
    case .csv:
      try writer.append("dataset,split,objective,strategy,runs,samples,pick,mean,deviation")
      for entry in entries { try writer.append(entry.csv) }
    }
  }

  private var lines: [String] {
    var table = TextTable(columns: [
      TextTable.Column("accuracy, %"), TextTable.Column(options.objective.predictor.title, .right),
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
      "\(space), \(options.strategy.rawValue) search: \(counted(report.runs, "run")) of \(options.samples) samples, "
      + "seeds from \(options.searchSeed)"
    return [title, "mean ± standard deviation over runs", ""]
      + table.text().split(separator: "\n").map(String.init) + ["", "accuracies: \(source)"]
  }

  private var entries: [Entry] {
    report.entries.flatMap { entry in
      [("objective", entry.pick), ("random", entry.random), ("optimum", entry.optimum)].map { pick, accuracy in
        Entry(
          dataset: entry.dataSet, split: entry.split.rawValue, objective: options.objective.rawValue,
          strategy: options.strategy.rawValue, runs: report.runs, samples: options.samples, pick: pick,
          mean: accuracy.mean, deviation: accuracy.deviation)
      }
    }
  }

  private struct Entry: Encodable {
    var dataset: String
    var split: String
    var objective: String
    var strategy: String
    var runs: Int
    var samples: Int
    /// What the accuracy is of: the highest objective, a random one, or the optimum.
    var pick: String
    var mean: Double
    var deviation: Double

    var csv: String {
      "\(dataset),\(split),\(objective),\(strategy),\(runs),\(samples),\(pick),\(mean),\(deviation)"
    }
  }
}
