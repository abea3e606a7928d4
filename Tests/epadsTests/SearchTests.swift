import Accuracies
import Foundation
import Statistics
import TestSupport
import Testing

/// Searches as they are asked for, and what is left of one that is torn away.
@Suite struct SearchTests {
  private static let random = "search --samples 12 --batch 2"
  private static let evolution = "\(random) --strategy evolution --population 4 --tournament 2"
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  @Test func theBestArePrinted() async throws {
    let outcome = try await run("\(Self.random) --best 3 --output rows.jsonl --draw best.svg")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let all = try rows(folder.text("rows.jsonl"))
    #expect(all.count == 12 && Set(all.map(\.arch)).count == 12)
    let best = all.filter { $0.epads != nil }.sorted { $0.epads ?? 0 > $1.epads ?? 0 }.prefix(3)
    #expect(best.count == 3)
    for (position, row) in best.enumerated() {
      let line = try #require(outcome.lines.first { $0.hasPrefix("   \(position + 1)") })
      #expect(line.hasSuffix("  \(row.arch)"))
      #expect(line.contains(String(format: "  %.4f  ", row.epads ?? .nan)))
    }
    #expect(outcome.lines.last == best.first?.arch)
    let drawing = folder.text("best.svg")
    #expect(drawing.hasPrefix("<svg") && drawing.hasSuffix("</svg>\n"))
    #expect(drawing.contains(String(format: "ePADS %.4f", best.first?.epads ?? .nan)))

    // The other formats have the rows of the best and nothing else.
    let again = "\(Self.random) --best 3 --output rows.jsonl --resume"
    #expect(try rows(try await run("\(again) --format jsonl").output) == Array(best))
    let records = table(csv: try await run("\(again) --format csv").output)
    #expect(records.map { $0["arch"] } == best.map(\.arch))
    #expect(try await run("\(again) --format jsonl").errors.contains("resuming: 12 rows there"))
  }

  @Test(arguments: ["naswot", "snaswot", "perturbation"]) func theObjectiveIsWhatIsAskedFor(_ name: String) async throws
  {
    let outcome = try await run("\(Self.random) --objective \(name) --format jsonl --output rows.jsonl --batch 4")
    #expect(outcome.status == 0, "\(outcome.errors)")
    func value(_ row: OutputRow) -> Double? {
      name == "naswot" ? row.naswot : (name == "snaswot" ? row.snaswot : row.perturbation).map(Double.init)
    }
    let all = try rows(folder.text("rows.jsonl"))
    #expect(try rows(outcome.output).first.flatMap(value) == all.compactMap(value).max())
  }

  @Test func anArchitectureCountsWithTheMeanOfItsSeeds() async throws {
    let outcome = try await run("\(Self.random) --repeats 3 --seed 5 --format jsonl --output rows.jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let groups = Dictionary(grouping: try rows(folder.text("rows.jsonl")), by: \.arch)
    #expect(groups.count == 12)
    #expect(groups.values.allSatisfy { $0.map(\.seed) == [5, 6, 7] })
    let means = groups.values.map { $0.compactMap(\.epads) }.filter { $0.count == 3 }.map(\.mean)
    #expect(try rows(outcome.output).compactMap(\.epads).mean == means.max())
  }

  /// A cell space end to end: the last line of the table is a genotype that the program reads again, and cells are
  /// drawn.
  @Test(arguments: ["darts", "nasnet"]) func theBestOfACellSpaceIsAGenotype(_ space: String) async throws {
    let outcome = try await run(
      "search --samples 4 --space \(space) --width 4 --depth 3 --batch 2 --output rows.jsonl --draw best.svg")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let best = String(outcome.output.split(separator: "\n").last ?? "")
    #expect(best.hasPrefix("Genotype(normal=[("))
    #expect(try rows(folder.text("rows.jsonl")).contains { $0.arch == best })
    #expect(folder.text("best.svg").contains("reduction cell"))
    let again = try await epads(
      "score", "--space", space, "--width", "4", "--depth", "3", "--batch", "2", best)
    #expect(again.status == 0, "\(again.errors)")
  }

  @Test func aSpaceOfNamedNetworksIsNotSearched() async throws {
    try await run("search --samples 2 --space nds").expectError(2, "a search needs a space to draw from")
  }

  // MARK: - Limits

  @Test(arguments: [random, evolution]) func limitsAreKept(_ search: String) async throws {
    let outcome = try await run("\(search) --max-params 0.4M --max-flops 50000k --output rows.jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let all = try rows(folder.text("rows.jsonl"))
    #expect(all.count == 12)
    #expect(all.allSatisfy { $0.params <= 400_000 && $0.flops <= 50_000_000 })
  }

  @Test(arguments: [random, evolution]) func whereNothingFitsThereIsAnError(_ search: String) async throws {
    try await run("\(search) --max-params 1k --output rows.jsonl")
      .expectError(2, "only 0 of ", "in 15625 draws: take fewer --samples or a larger --max-params")
    #expect(folder.text("rows.jsonl") == "")
  }

  @Test(arguments: [
    "0", "-1", "M", "1.5", "1.2345k", "1e6", "1 k", "9223372036854775808", "9223372036854775807k", "1m",
  ])
  func brokenAmounts(_ amount: String) async throws {
    try await epads("search", "--samples", "1", "--max-params", amount).expectError(2, "invalid for '--max-params")
  }

  // MARK: - Files

  /// Wherever a search is torn away, it ends up as if nothing had happened.
  @Test(arguments: [random, evolution]) func aSearchContinuesFromAnyRow(_ search: String) async throws {
    let whole = try await run("\(search) --output whole.jsonl --best 12")
    #expect(whole.status == 0, "\(whole.errors)")
    let lines = folder.text("whole.jsonl").split(separator: "\n")
    #expect(lines.count == 12)
    for kept in 0...12 {
      // Within the next line, as a kill leaves it.
      let torn = lines[..<kept].map { $0 + "\n" }.joined() + (kept < 12 ? lines[kept].prefix(9 + kept) : "")
      try folder.write(torn, "rows.jsonl")
      let resumed = try await run("\(search) --output rows.jsonl --best 12 --resume")
      #expect(resumed.output == whole.output, "\(kept): \(resumed.errors)")
      #expect(try rows(folder.text("rows.jsonl")) == rows(folder.text("whole.jsonl")), "\(kept)")
    }
  }

  @Test(arguments: [SIGINT, SIGKILL]) func aSearchThatIsStoppedContinues(_ signal: Int32) async throws {
    let long = Self.evolution.replacing("--samples 12", with: "--samples 2000")
    let program = try Program(
      "epads", "\(long) --output rows.jsonl".split(separator: " ").map(String.init), directory: folder.path)
    let folder = folder
    #expect(await program.suspends { folder.text("rows.jsonl").count { $0 == "\n" } > 5 })
    program.send(signal: signal)
    program.resume()
    let outcome = await program.outcome()
    if signal == SIGINT {
      outcome.expectError(130, "interrupted after", "of 2000 rows; the same command with --resume continues")
    }
    let whole = try await run("\(Self.evolution) --format jsonl")
    let resumed = try await run("\(Self.evolution) --format jsonl --output rows.jsonl --resume")
    #expect(try rows(resumed.output) == rows(whole.output), "\(resumed.errors)")
  }

  @Test func rowsOfOtherSettingsAreRefused() async throws {
    #expect(try await run("\(Self.random) --output rows.jsonl").status == 0)
    try await run("\(Self.random) --output rows.jsonl").expectError(1, "is there already", "--resume")
    try await run("\(Self.random) --output rows.jsonl --resume --sigma 2").expectError(1, "sigma is 1.0 there")
  }

  @Test func aDrawingIsRefusedBeforeTheWork() async throws {
    try await run("\(Self.random) --draw none/best.svg").expectError(1, "cannot open 'none/best.svg' for writing")
  }

  // MARK: - Stored scores

  private struct Entry: Decodable {
    var dataset: String
    var split: String
    var pick: String
    var mean: Double
    var deviation: Double
  }

  @Test func searchesAreRepeatedOverStoredRows() async throws {
    #expect(try await run("\(Self.random) --output rows.jsonl").status == 0)
    let report = "search --samples 12 --runs 1 --scores rows.jsonl"
    let outcome = try await run("\(report) --format jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let entries = try outcome.lines.map { try JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
    #expect(entries.count == 18)
    #expect(entries.allSatisfy { $0.deviation == 0 })
    let all = try rows(folder.text("rows.jsonl"))
    let pick = try #require(all.filter { $0.epads != nil }.max { $0.epads ?? 0 < $1.epads ?? 0 }?.index)
    for entry in entries where entry.pick == "objective" {
      let split = try #require(GroundTruth.Split(rawValue: entry.split))
      #expect(entry.mean == GroundTruth.nasbench201.accuracy(index: pick, dataSet: entry.dataset, split: split))
    }
    let records = table(csv: try await run("\(report) --format csv").output)
    #expect(records.map { $0["mean"].flatMap(Double.init) } == entries.map(\.mean))
    let text = try await run(report).output
    #expect(text.contains(String(format: "%.2f ± 0.00", entries[0].mean)))

    try await run("\(report) --objective naswot").expectError(
      2, "no architecture in 'rows.jsonl' has a value of naswot")
    try await run("search --samples 5 --scores none").expectError(2, "cannot read 'none'")
    try await run("search --samples 13 --scores rows.jsonl").expectError(2, "only 12 of 13", "take fewer --samples")
  }
}
