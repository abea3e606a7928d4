import Foundation
import TestSupport
import Testing

/// Rows that `search --scores` and `pareto` take from a file: of one run, and whole.
@Suite struct StoredRowsTests {
  /// Four architectures with two seeds each.
  private static let scored = Task {
    let line = "score --index 3 --index 503 --index 1003 --index 1503 --batch 2 --repeats 2 --format jsonl"
    let outcome = try await epads(line: line)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  private static let search = "search --samples 4 --runs 1 --scores rows.jsonl --format jsonl"
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  /// Scores of two sigmas, batches and so on have nothing to do with each other.
  @Test(arguments: ["sigma", "batch", "numerics", "dataset", "images"])
  func rowsOfSeveralRunsAreRefused(key: String) async throws {
    let others: [String: Any] = [
      "sigma": 0.5, "batch": 4, "numerics": 1, "dataset": "cifar100", "images": "dead-leaves 0123456789abcdef",
    ]
    let rows = try changed(try await Self.scored.value) { number, row in
      if number == 7 { row[key] = others[key] }
    }
    try folder.write(rows, "rows.jsonl")
    try await run(Self.search).expectError(2, "'rows.jsonl' has rows of several runs: their scores cannot be compared")
    try await run("pareto --scores rows.jsonl --cost params")
      .expectError(2, "rows of scores are of several runs and cannot be compared (")
  }

  @Test func rowsOfAnotherSpaceAreRefused() async throws {
    let rows = try changed(try await Self.scored.value) { number, row in
      if number == 7 { row["space"] = "darts" }
    }
    try folder.write(rows, "rows.jsonl")
    try await run(Self.search).expectError(2, "'rows.jsonl' has rows of darts, not of nasbench201")
    try await run("pareto --scores rows.jsonl --cost params").expectError(2, "(the space is nasbench201 and darts)")
  }

  /// One of two seeds without a score: a mean of the other would be no mean of both.
  @Test func anArchitectureWithASeedThatFailedHasNoScore() async throws {
    let whole = try rows(try await Self.scored.value)
    let sums = Dictionary(grouping: whole, by: \.arch).mapValues { $0.compactMap(\.epads).reduce(0, +) }
    let best = try #require(sums.max { $0.value < $1.value }?.key)
    let rows = try changed(try await Self.scored.value) { _, row in
      guard row["arch"] as? String == best, row["seed"] as? Int == 2 else { return }
      (row["status"], row["error"], row["epads"]) = ("failed", "no ReLU", nil)
    }
    try folder.write(rows, "rows.jsonl")
    let search = try await run(Self.search)
    #expect(search.status == 0 && search.errors.contains("3 of 4 architectures in 'rows.jsonl' have a score"))
    let front = try await run("pareto --scores rows.jsonl --cost params --format jsonl --accuracy cifar10")
    #expect(front.status == 0 && front.errors.contains("left out: 1 architecture without a score; the first: \(best)"))
    #expect(!front.output.contains(best))
  }

  /// The number of runs where none is named, and their seeds: from the one of the search on.
  @Test func runsAndTheirSeeds() async throws {
    // All of them, so that none is drawn in vain.
    try folder.write("index,epads\n" + (0..<15625).map { "\($0),\($0 % 97)\n" }.joined(), "rows.csv")
    func entries(_ options: String) async throws -> [[String: String]] {
      let outcome = try await run("search --samples 1 --scores rows.csv --format csv \(options)")
      #expect(outcome.status == 0, "\(outcome.errors)")
      return table(csv: outcome.output).filter { $0["pick"] == "random" }
    }
    #expect(try await entries("").allSatisfy { $0["runs"] == "500" })
    var single: [[Double]] = []
    for seed in 5...7 {
      single.append(try await entries("--runs 1 --search-seed \(seed)").compactMap { $0["mean"].flatMap(Double.init) })
    }
    for (place, entry) in try await entries("--runs 3 --search-seed 5").enumerated() {
      let sum = 3 * (try #require(entry["mean"].flatMap(Double.init)))
      #expect(abs(sum - single.map { $0[place] }.reduce(0, +)) < 1e-9)
    }
  }
}
