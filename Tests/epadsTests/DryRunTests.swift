import Foundation
import TestSupport
import Testing

/// What a run would be, without the run.
@Suite struct DryRunTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.write("arch,acc\n9,90\nfoo,91\n1462,92\n9,90\n", "list.csv")
  }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  @Test(
    arguments: [
      ("score --from list.csv --output rows.jsonl", 4, 1), ("rank --from list.csv --output rows.jsonl", 4, 1),
      ("correlate --from list.csv --output rows.jsonl --plot plot.svg", 3, 1), ("score --sample 30", 30, 0),
      ("rank --index 9 --index 5", 2, 0), ("search --samples 12 --strategy evolution --output rows.jsonl", 12, 0),
    ])
  func itSaysWhatWouldHappen(command: String, count: Int, unreadable: Int) async throws {
    let outcome = try await run("\(command) --batch 2 --repeats 3 --dry-run")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.lines
    let more = unreadable > 0 ? ", \(unreadable) of them cannot be read" : ""
    #expect(lines.contains("architectures: \(count), 3 seeds\(more)"), "\(outcome.output)")
    #expect(lines.contains { $0.wholeMatch(of: /time: about [0-9.]+ s on .+, from \d architectures?/) != nil })
    #expect(lines.contains { $0.wholeMatch(of: /memory: at most \d+ MiB/) != nil })
    for option in ["--output", "--plot"] where command.contains(option) {
      #expect(lines.contains { $0.hasPrefix("\(option): '") && $0.hasSuffix("', which would be made") })
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["list.csv"])
  }

  @Test func filesThatAreThereStayAsTheyAre() async throws {
    #expect(try await run("score --from list.csv --batch 2 --output rows.jsonl").status == 3)
    let text = folder.text("rows.jsonl")
    let lines = text.split(separator: "\n")
    try folder.write(lines.prefix(2).map { $0 + "\n" }.joined() + lines[2].prefix(30), "torn.jsonl")
    let torn = folder.text("torn.jsonl")
    let there = try await run("score --from list.csv --batch 2 --output rows.jsonl --dry-run")
    #expect(there.lines.contains("--output: 'rows.jsonl', which is there already (--overwrite)"))
    let resumed = try await run("score --from list.csv --batch 2 --output torn.jsonl --resume --dry-run")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.lines.contains("--output: 'torn.jsonl', which would be continued"))
    #expect(resumed.lines.contains { $0.hasPrefix("rows: 2 rows to score") }, "\(resumed.output)")
    #expect(folder.text("rows.jsonl") == text && folder.text("torn.jsonl") == torn)
  }

  /// A wrong command is wrong before it is tried.
  @Test func whatWouldFailFails() async throws {
    try await run("score --from none --dry-run").expectError(2, "No such file")
    try await run("search --samples 3 --scores list.csv --dry-run").expectError(2, "--scores has the scores")
    try await run("score --index 3 --batch 1 --dry-run").expectError(2, "--batch must be from 2")
    try await run("rank --index 3 --output a.svg --dry-run").expectError(2, "'a.svg' is named as a picture")
  }
}
