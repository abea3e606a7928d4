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

/// Files of rows that were made with fewer proxies, or by an older version of the numerics.
@Suite struct ResumedProxiesTests {
  private static let study = "correlate --sample 4 --batch 4 --resamples 0 --format csv"

  /// Rows of ePADS alone.
  private static let scored = Task {
    let folder = try ScratchFolder()
    let outcome = try await epads(line: "\(study) --proxies epads --output rows.jsonl", directory: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return (rows: folder.text("rows.jsonl"), report: outcome.output)
  }

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  @Test func aProxyThatTheFileLacksIsScored() async throws {
    let scored = try await Self.scored.value
    try folder.write(scored.rows, "rows.jsonl")
    let both = "\(Self.study) --proxies epads,naswot"
    let fresh = try await run("\(both) --output fresh.jsonl")
    let resumed = try await run("\(both) --output rows.jsonl --resume")
    #expect(resumed.status == 0 && resumed.errors.contains("resuming: 0 rows there, 4 left"), "\(resumed.errors)")
    #expect(resumed.output == fresh.output)
    let all = try rows(folder.text("rows.jsonl"))
    #expect(all.map { $0.naswot != nil } == Array(repeating: false, count: 4) + Array(repeating: true, count: 4))
    #expect(try Array(all.suffix(4)) == rows(folder.text("fresh.jsonl")))

    // An architecture with a row of each kind is still one: neither a second seed nor a failure.
    let again = try await run("\(both) --output rows.jsonl --resume")
    #expect(again.status == 0 && again.errors.contains("resuming: 4 rows there, 0 left"), "\(again.errors)")
    #expect(again.output == fresh.output)
    let fewer = try await run("\(Self.study) --proxies epads --output rows.jsonl --resume")
    #expect(fewer.status == 0 && fewer.errors.contains("resuming: 4 rows there, 0 left"), "\(fewer.errors)")
    #expect(fewer.output == scored.report)
    #expect(try rows(folder.text("rows.jsonl")).count == 8)
  }

  @Test func aSearchScoresTheObjectiveThatTheFileLacks() async throws {
    let search = "search --samples 3 --batch 4 --format jsonl --output rows.jsonl"
    #expect(try await run(search).status == 0)
    let other = try await run("\(search) --objective naswot --resume")
    #expect(other.status == 0 && other.errors.contains("resuming: 0 rows there"), "\(other.errors)")
    let all = try rows(folder.text("rows.jsonl"))
    #expect(all.map { $0.naswot != nil } == [false, false, false, true, true, true])
    #expect(try rows(other.output).first?.naswot == all.compactMap(\.naswot).max())
    // Either search finds its own rows.
    for objective in ["epads", "naswot"] {
      let again = try await run("\(search) --objective \(objective) --resume")
      #expect(again.status == 0 && again.errors.contains("resuming: 3 rows there"), "\(again.errors)")
    }
    #expect(try rows(folder.text("rows.jsonl")).count == 6)
  }

  /// The same integers are promised within one version alone; the last row may be the only one of another.
  @Test(arguments: ["\(study) --proxies epads", "search --samples 4 --batch 4"], [0, 3])
  func rowsOfOlderNumericsAreRefused(command: String, place: Int) async throws {
    let old = try changed(try await Self.scored.value.rows) { number, row in
      if number == place { row["numerics"] = 1 }
    }
    try folder.write(old, "rows.jsonl")
    try await run("\(command) --output rows.jsonl --resume")
      .expectError(1, "of another run: the numerics version is 1 there and 3 here")
    #expect(folder.text("rows.jsonl") == old)
  }

  @Test func rowsOfAnotherSpaceAreRefused() async throws {
    let rows = try await Self.scored.value.rows
    try folder.write(rows, "rows.jsonl")
    try await run("search --samples 2 --space darts --width 4 --depth 2 --batch 4 --output rows.jsonl --resume")
      .expectError(1, "of another run: the space is nasbench201 there and darts here")
    #expect(folder.text("rows.jsonl") == rows)
  }

  /// A network that has no score will have none the next time: its row is not made again.
  @Test func aRowThatFailedIsKept() async throws {
    let rows = try changed(try await Self.scored.value.rows) { number, row in
      guard number == 1 else { return }
      (row["status"], row["error"], row["epads"]) = ("failed", "no ReLU", nil)
    }
    try folder.write(rows, "rows.jsonl")
    let resumed = try await run("\(Self.study) --proxies epads,naswot --output rows.jsonl --resume")
    #expect(resumed.status == 0 && resumed.errors.contains("resuming: 1 row there, 3 left"), "\(resumed.errors)")
    #expect(resumed.errors.contains("1 architecture without a score, left out of the comparison; the first: "))
    #expect(table(csv: resumed.output).allSatisfy { $0["n"] == "3" && $0["failures"] == "1" })
  }
}
