import Foundation
import TestSupport
import Testing

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
      .expectError(1, "of another run: the numerics version is 1 there and 2 here")
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
