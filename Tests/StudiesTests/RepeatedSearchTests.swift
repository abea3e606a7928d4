import Accuracies
import Files
import Foundation
import SearchSpaces
import Statistics
import Studies
import TestSupport
import Testing

/// Files of the repository.
enum Repository {
  /// Scores of all of NAS-Bench-201.
  static let scores = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Benchmarks/Results/nasbench201/cifar10-sigma-1.0.csv").standardized.path
}

@Suite struct RepeatedSearchTests {
  private let space = NASBench201()
  private let truth = GroundTruth.nasbench201

  private func report(
    runs: Int, samples: Int, _ metric: Metric, strategy: SearchStrategy = .random
  ) throws -> RepeatedSearch {
    try RepeatedSearch(
      Search(space: space, strategy: strategy, samples: samples, seed: 7), runs: runs,
      scores: try StoredScores(path: Repository.scores, metric: metric, space: space), truth: truth)
  }

  /// The same numbers from the file and the accuracies, step by step.
  @Test(arguments: [(Metric.epads, 1), (.snaswot, 2), (.perturbation, 3), (.naswot, 4)])
  func reportsWhatFollowsFromTheScores(metric: Metric, column: Int) throws {
    let lines = try String(contentsOfFile: Repository.scores, encoding: .utf8).split(separator: "\n").dropFirst()
    var scores: [Int: Double] = [:]
    for line in lines {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      scores[try #require(Int(cells[0]))] = Double(cells[column])
    }
    let report = try report(runs: 20, samples: 60, metric)
    #expect(report.runs == 20)
    #expect(report.entries.map(\.dataSet) == truth.dataSets.flatMap { [$0, $0] })
    for entry in report.entries {
      var columns: [(pick: Double, random: Double, optimum: Double)] = []
      for run in 0..<20 {
        let sample = try space.randomArchitectures(60, seed: 7 + UInt64(run)).map { try #require($0.index) }
        var pick = -1
        var optimum = 0.0
        for index in sample {
          if let score = scores[index], pick < 0 || score > scores[pick] ?? 0 { pick = index }
          optimum = max(optimum, try accuracy(index, entry))
        }
        columns.append((try accuracy(pick, entry), try accuracy(sample[0], entry), optimum))
      }
      try expect(entry.pick, columns.map(\.pick))
      try expect(entry.random, columns.map(\.random))
      try expect(entry.optimum, columns.map(\.optimum))
    }
  }

  private func accuracy(_ index: Int, _ entry: RepeatedSearch.Entry) throws -> Double {
    try #require(truth.accuracy(index: index, dataSet: entry.dataSet, split: entry.split))
  }

  private func expect(_ accuracy: RepeatedSearch.Accuracy, _ values: [Double]) throws {
    let mean = values.reduce(0, +) / 20
    let deviation = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 19).squareRoot()
    #expect(abs(accuracy.mean - mean) < 1e-9)
    #expect(abs(accuracy.deviation - deviation) < 1e-9)
  }

  @Test func theWholeSpaceHasOnePick() throws {
    let report = try report(runs: 2, samples: 15625, .epads)
    for entry in report.entries {
      #expect(entry.pick.deviation == 0 && entry.optimum.deviation == 0)
      #expect(entry.optimum.mean == truth.accuracies(dataSet: entry.dataSet, split: entry.split)?.max())
    }
  }

  @Test func anEvolutionMayBeRepeatedToo() throws {
    let random = try report(runs: 8, samples: 150, .epads)
    let evolution = try report(runs: 8, samples: 150, .epads, strategy: .evolution(population: 20, tournament: 5))
    for (one, other) in zip(random.entries, evolution.entries) { #expect(one.random == other.random) }
  }

  // MARK: - Files of scores

  private func scores(_ text: String, _ metric: Metric = .epads) throws -> StoredScores {
    let folder = try ScratchFolder()
    return try StoredScores(path: try folder.write(text, "scores"), metric: metric, space: space)
  }

  private func value(_ scores: StoredScores, _ index: Int) throws -> Double? {
    scores.value(of: try space.architecture(index: index))
  }

  @Test func tablesAreReadByTheirHeader() throws {
    let table = """
      device,naswot,index,epads
      "one, two",4,3,1.5

      cpu,,9,
      cpu,5,3,2.5
      cpu,5,4,nan
      cpu,6,5,2

      """
    let epads = try scores(table)
    #expect(epads.count == 4 && epads.scored == 2)
    // Several seeds count with their mean, and not at all where one has no score.
    #expect(try value(epads, 3) == 2)
    #expect(try value(epads, 9) == nil)
    #expect(try value(epads, 4) == nil)
    #expect(try value(scores(table.replacing("\n", with: "\r\n"), .naswot), 3) == 4.5)
  }

  @Test(
    arguments: [
      ("", "neither rows of this program nor a table"), ("index,naswot\n1,2\n", "columns index and epads"),
      ("index,epads\n15625,1\n", "line 2"), ("index,epads\n1\n", "line 2"), ("index,epads\n1,x\n", "'x' is no number"),
      ("index,epads\n1,\n", "no architecture"), ("{}\n", "line 1"),
    ])
  func whatIsNoTableIsAnError(text: String, message: String) throws {
    let error = #expect(throws: FileError.self) { try scores(text) }
    #expect(error?.reason.contains(message) == true, "\(error?.reason ?? "")")
  }

  @Test func whatTheFileDoesNotKnowIsNotSampled() throws {
    func report(samples: Int, _ strategy: SearchStrategy = .random) throws -> RepeatedSearch {
      try RepeatedSearch(
        Search(space: space, strategy: strategy, samples: samples, seed: 1), runs: 3,
        scores: scores("index,epads\n5,1\n6,2\n7,\n"), truth: truth)
    }
    for strategy in [SearchStrategy.random, .evolution(population: 3, tournament: 2)] {
      let entry = try #require(try report(samples: 3, strategy).entries.first)
      let optimum = try (5...7).map { try accuracy($0, entry) }.max() ?? 0
      #expect(abs(entry.pick.mean - (try accuracy(6, entry))) < 1e-9)
      #expect(abs(entry.optimum.mean - optimum) < 1e-9)
    }
    #expect(throws: SearchError.self) { try report(samples: 4) }
  }

  @Test func aRunWithoutAScoreIsAnError() throws {
    let scores = try scores("index,epads\n5,1\n6,\n7,\n")
    let search = Search(space: space, strategy: .random, samples: 1, seed: 1)
    #expect(throws: FileError.self) { try RepeatedSearch(search, runs: 20, scores: scores, truth: truth) }
  }

  @Test func whatAllRunsPickedIsSaid() throws {
    // Every run sees the whole space, so all pick its best.
    let scores = try StoredScores(path: Repository.scores, metric: .epads, space: space)
    let whole = try report(runs: 3, samples: scores.count, .epads)
    #expect(whole.onlyPick?.index != nil && whole.entries.allSatisfy { $0.pick.deviation < 1e-9 })
    #expect(try report(runs: 20, samples: 60, .epads).onlyPick == nil)
    #expect(try report(runs: 1, samples: 60, .epads).onlyPick == nil)
  }

  @Test func aSearchCanBeEnded() throws {
    var seen: [Int] = []
    let search = Search(space: space, strategy: .random, samples: 10, seed: 1)
    let scores = try StoredScores(path: Repository.scores, metric: .epads, space: space)
    #expect(throws: CancellationError.self) {
      try RepeatedSearch(search, runs: 100, scores: scores, truth: truth) { done in
        seen.append(done)
        return done < 30
      }
    }
    #expect(seen.count > 1 && seen.last ?? 0 >= 30 && seen.last ?? 0 < 100)
  }
}
