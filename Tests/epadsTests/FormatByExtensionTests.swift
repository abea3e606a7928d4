import Foundation
import TestSupport
import Testing

/// The name of a file says how it is written.
@Suite struct FormatByExtensionTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  private static func isFormat(_ text: String, _ format: String) -> Bool {
    switch format {
    case "jsonl": text.hasPrefix("{\"arch\":")
    case "csv": text.hasPrefix("arch,name,line,")
    default: !text.hasPrefix("{") && !text.hasPrefix("arch,") && text.contains("architecture")
    }
  }

  @Test(
    arguments: [
      ("rows.jsonl", "jsonl"), ("rows.ndjson", "jsonl"), ("rows.json", "jsonl"), ("ROWS.JSONL", "jsonl"),
      ("rows.csv", "csv"), ("a.b.CSV", "csv"), ("rows.txt", "table"), ("rows", "table"), (".csv", "table"),
      ("rows.old", "table"), ("rows.", "table"),
    ])
  func namesSayTheFormat(file: String, format: String) async throws {
    for command in ["score --index 9 --batch 2", "latency --index 9 --seconds 0.01 --image-size 8"] {
      let outcome = try await run("\(command) --output \(file) --overwrite")
      #expect(outcome.status == 0 && outcome.output == "", "\(outcome.errors)")
      #expect(Self.isFormat(folder.text(file), format), "\(folder.text(file))")
    }
    // A name that says nothing, and one that says the same, leave the choice.
    for asked in ["jsonl", "csv", "table"] {
      let outcome = try await run("score --index 9 --batch 2 --output \(file) --overwrite --format \(asked)")
      let isSilent = ["rows", ".csv", "rows.old", "rows."].contains(file)
      guard isSilent || asked == format else {
        outcome.expectError(2, "--format \(asked) contradicts the name of '\(file)'")
        continue
      }
      #expect(outcome.status == 0)
      #expect(Self.isFormat(folder.text(file), asked))
    }
  }

  @Test(
    arguments: [
      "score --index 9 --output rows.svg", "score --index 9 --output rows.gz", "latency --index 9 --output rows.npy",
      "rank --index 9 --output rows.txt", "rank --index 9 --output rows.xlsx", "correlate --sample 3 --output rows.txt",
      "correlate --sample 3 --plot plot.csv", "correlate --sample 3 --plot plot.png",
      "search --samples 3 --draw a.json",
      "search --samples 3 --output rows.svg", "rank --index 9 --resume --output rows.csv",
      "score --index 9 --resume --output rows.csv", "score --index 9 --resume --output rows.txt",
    ])
  func namesThatSaySomethingElseAreRefused(command: String) async throws {
    let outcome = try await run(command)
    outcome.expectError(2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  /// A table in CSV is a file of rows like another.
  @Test func tablesAreReadBack() async throws {
    try folder.write("name,arch,acc\na,9,90\n\"b, \"\"c\"\"\",1462,91\nd,5,\ne,foo,3\n", "list.csv")
    for file in ["rows.jsonl", "rows.csv"] {
      #expect(try await run("score --from list.csv --batch 2 --repeats 2 --output \(file)").status == 3)
    }
    for command in [
      "pareto --cost params --format jsonl", "pareto --format csv", "pareto --objective params --cost flops",
    ] {
      let (json, csv) = (
        try await run("\(command) --scores rows.jsonl"), try await run("\(command) --scores rows.csv")
      )
      #expect(json.status == 0, "\(json.errors)")
      #expect(csv.status == 0 && csv.output == json.output.replacing("rows.jsonl", with: "rows.csv"), "\(csv.errors)")
    }
    #expect(try await run("score --sample 12 --batch 2 --output many.jsonl").status % 3 == 0)
    #expect(try await run("score --sample 12 --batch 2 --output many.csv").status % 3 == 0)
    let search = "search --samples 3 --runs 4 --format csv --scores"
    let (json, csv) = (try await run("\(search) many.jsonl"), try await run("\(search) many.csv"))
    #expect(json.status == 0 && csv.status == 0 && csv.output == json.output, "\(csv.errors)")
    // As a spreadsheet saves it, and as a kill leaves it.
    try folder.write("\u{FEFF}" + folder.text("many.csv"), "marked.csv")
    try folder.write(folder.text("many.jsonl") + "{\"arch\":\"|no", "torn.jsonl")
    for file in ["marked.csv", "torn.jsonl"] {
      let other = try await run("\(search) \(file)")
      #expect(other.status == 0 && other.output == csv.output, "\(other.errors)")
      #expect(try await run("pareto --cost params --scores \(file)").status == 0)
    }
    // And a list: the architectures of a table can be scored again.
    let again = try await run("score --from rows.csv --batch 2 --format jsonl")
    #expect(try records(again.output).values("name").prefix(4) == ["a", "a", "b, \"c\"", "b, \"c\""])
  }

  @Test(
    arguments: [
      "score --index 9 --batch 2", "rank --index 9 --batch 2 --output rows.jsonl",
      "correlate --sample 6 --batch 2 --resamples 0", "latency --index 9 --seconds 0.01",
      "search --samples 3 --batch 2",
      "serve --batch 2",
    ])
  func quietIsQuiet(command: String) async throws {
    let outcome = try await run("\(command) --quiet")
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    // Errors are said all the same.
    try await run("score --from none --quiet").expectError(2, "No such file")
  }
}
