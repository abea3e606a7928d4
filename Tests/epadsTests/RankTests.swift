import Foundation
import TestSupport
import Testing

/// The best of a list first.
@Suite struct RankTests {
  private static let list = "name,arch,acc\nlow,3,1.5\nmine,1462,93\nbroken,foo,2\nalso mine,1462,93\nfive,5,\n"

  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.write(Self.list, "list.csv")
  }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test(arguments: ["epads", "naswot", "params", "relu_sites"])
  func theOrderIsThatOfTheScores(by key: String) async throws {
    let proxy = key == "naswot" ? "naswot" : "epads"
    let scored = try records(
      try await run("score --from list.csv --batch 4 --repeats 2 --proxies \(proxy) --format jsonl").output)
    let outcome = try await run("rank --from list.csv --batch 4 --repeats 2 --by \(key) --format jsonl")
    outcome.expectError(3, "2 of 10 rows without a score", output: nil)
    let ranked = try records(outcome.output)
    #expect(ranked.count == 5)
    // What the rows say, computed here.
    var values: [(name: String, value: Double)] = []
    for name in ["low", "mine", "also mine", "five"] {
      let numbers = scored.filter { $0["name"] as? String == name }.values(key, as: Double.self).compactMap(\.self)
      #expect(numbers.count == 2)
      values.append((name, mean(numbers)))
    }
    for record in ranked.dropLast() {
      let name = try #require(record["name"] as? String)
      let value = try #require(values.first { $0.name == name }?.value)
      #expect(record["by"] as? String == key && record["status"] as? String == "ok")
      #expect(abs((record["score"] as? Double ?? 0) - value) <= 1e-12 * abs(value))
      #expect(record["rank"] as? Int == 1 + values.count { $0.value > value })
      #expect(record["tied"] as? Bool == (values.count { $0.value == value } > 1))
      #expect(record["seeds"] as? Int == 2 && record["arch"] is String && record["line"] is Int)
      #expect((record["deviation"] is Double) == true)
    }
    let places = ranked.values("rank", as: Int.self)
    #expect(places.dropLast().compactMap(\.self) == places.compactMap(\.self).sorted())
    // The same network under two names: equal scores in the order of the list.
    let names = ranked.values("name", as: String.self).compactMap(\.self)
    let first = try #require(names.firstIndex(of: "mine"))
    #expect(names.firstIndex(of: "also mine") == first + 1)
    // What has no score comes last, with its reason.
    let last = try #require(ranked.last)
    #expect(last["name"] as? String == "broken" && last["rank"] == nil && last["status"] as? String == "failed")
    #expect((last["error"] as? String)?.contains("'list.csv', line 4: no architecture of nasbench201: 'foo'") == true)
    // The list's own columns stay.
    let input = try #require(ranked[first]["input"] as? [String: Any])
    #expect(input["acc"] as? Double == 93)
  }

  @Test func formatsHoldTheSame() async throws {
    let arguments = "rank --from list.csv --batch 4 --repeats 2 --proxies epads,naswot"
    let json = try records(try await run("\(arguments) --format jsonl").output)
    let csv = table(csv: try await run("\(arguments) --format csv").output)
    #expect(csv.map { $0["name"] } == json.values("name"))
    #expect(csv.map { $0["rank"].flatMap(Int.init) } == json.values("rank"))
    for (record, row) in zip(csv, json).dropLast() {
      // Not every reader of JSON takes the nearest number.
      let score = try #require(record["score"].flatMap(Double.init))
      #expect(abs(score - (row["score"] as? Double ?? 0)) < 1e-12 * score)
    }
    let accuracies: [String: Double] = ["low": 1.5, "mine": 93, "also mine": 93, "broken": 2]
    #expect(csv.map { $0["input.acc"].flatMap(Double.init) } == csv.map { accuracies[$0["name"] ?? ""] })
    for (record, row) in zip(csv, json).dropLast() {
      let ranks = try #require(row["ranks"] as? [String: Int])
      #expect(ranks["naswot"] == record["rank_by_naswot"].flatMap(Int.init))
      #expect(ranks["params"] == record["rank_by_params"].flatMap(Int.init) && ranks["params"] != nil)
    }
    let lines = try await run(arguments).lines
    let found = lines.compactMap { $0.firstMatch(of: /^ +[=~]?(\d) {2}(.{2,24}?) {2}/) }
    #expect(found.map { Int($0.output.1) } == Array(json.values("rank").dropLast()))
    #expect(lines.contains { $0.contains("± ") || $0.contains(" ±") })
    #expect(lines.contains { $0.hasPrefix("FAILED: broken: 'list.csv', line 4: no architecture") })
    #expect(lines.contains { $0.hasPrefix("= the score of another") })
  }

  @Test func theBestAreShownAndAllAreWritten() async throws {
    let whole = try await run("rank --from list.csv --batch 4 --format jsonl")
    let top = try await run("rank --from list.csv --batch 4 --format jsonl --top 2 --output rows.jsonl")
    #expect(top.lines == Array(whole.lines.prefix(2)) + whole.lines.suffix(1))
    #expect(try records(folder.text("rows.jsonl")).values("name") == ["low", "mine", "broken", "also mine", "five"])
    let table = try await run("rank --from list.csv --batch 4 --top 2")
    #expect(table.lines.count { $0.contains("|+|") && !$0.hasPrefix("FAILED") } == 2)
    #expect(table.output.contains("4 architectures by ePADS, the best 2"))
    let csv = try await run("rank --from list.csv --batch 4 --output rows.csv")
    #expect(csv.status == 3)
    let names = epadsTests.table(csv: folder.text("rows.csv")).map { $0["name"] }
    #expect(names == ["low", "mine", "broken", "also mine", "five"])
  }

  /// What was scored before is not scored again, and the ranking is the same.
  @Test func aRankingGoesOn() async throws {
    let whole = try await run("rank --from list.csv --batch 4 --repeats 2 --output whole.jsonl")
    let lines = folder.text("whole.jsonl").split(separator: "\n")
    #expect(lines.count == 10)
    // The last rows are there, and the first are not.
    try folder.write(lines.suffix(5).map { $0 + "\n" }.joined(), "rows.jsonl")
    let resumed = try await run("rank --from list.csv --batch 4 --repeats 2 --output rows.jsonl --resume")
    #expect(resumed.output == whole.output)
    #expect(resumed.errors.contains("resuming: 5 rows there, 5 left"))
    #expect(Set(timeless(folder.text("rows.jsonl"))) == Set(timeless(folder.text("whole.jsonl"))))
    let again = try await run("rank --from list.csv --batch 4 --repeats 2 --by params --output rows.jsonl --resume")
    #expect(again.errors.contains("resuming: 10 rows there, 0 left"))
  }

  @Test func whatNobodyCanRankIsSaid() async throws {
    try await run("rank --from list.csv --by naswot --proxies epads").expectError(2, "--by naswot needs --proxies")
    try await run("rank --from list.csv --top 0").expectError(2, "--top must be at least 1")
    try await run("rank --from list.csv --output -").expectError(2, "standard output has the ranking")
    try await run("rank --from list.csv --resume").expectError(2, "--resume needs --output")
    try await run("rank --from list.csv --resume --output rows.csv").expectError(2, "--resume continues JSON lines")
  }
}
