import Foundation
import TestSupport
import Testing

/// What the exit status says, and that the guide says the same.
@Suite struct ExitStatusTests {
  private static let lists = [
    "good.csv": "arch,acc\n9,90\n5,91\n1462,92\n", "some.csv": "arch,acc\n9,90\nfoo,91\n1462,92\n",
    "none.txt": "foo\nbar\n",
  ]

  static let commands: [(command: String, status: Int32)] = [
    ("score --from good.csv", 0), ("rank --from good.csv", 0), ("latency --from good.csv --seconds 0.01", 0),
    ("correlate --from good.csv --resamples 0", 0), ("correlate --from some.csv --resamples 0", 0),
    ("search --samples 3", 0), ("score --from some.csv", 3), ("rank --from some.csv", 3),
    ("latency --from some.csv --seconds 0.01", 3), ("score --from some.csv --strict", 2),
    ("rank --from some.csv --strict", 2), ("latency --from some.csv --seconds 0.01 --strict", 2),
    ("correlate --from some.csv --strict", 2), ("score --from none.txt", 2), ("rank --from none.txt", 2),
    ("correlate --from none.txt", 2), ("latency --from none.txt", 2), ("score --from missing", 2),
    ("score --from .", 2), ("score --index 3 --batch 0", 2), ("score", 2), ("bogus", 2),
    ("score --index 3 --output none/rows", 1), ("score --index 3 --output good.csv", 1),
    ("pareto --scores missing", 2), ("score --index 3 --sigma 1e308", 3), ("rank --index 3 --sigma 1e308", 3),
    ("score --index 3 --sigma 1e308 --strict", 1),
  ]

  @Test(arguments: commands) func commandsEndAsTheySay(command: String, status: Int32) async throws {
    let folder = try ScratchFolder()
    for (name, text) in Self.lists { try folder.write(text, name) }
    let takesBatch = !command.contains("--batch") && !command.hasPrefix("pareto") && command.contains(" ")
    let outcome = try await epads(line: command + (takesBatch ? " --batch 2" : ""), directory: folder.path)
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(outcome.errors.contains("Error: ") == (status != 0))
  }

  @Test func rowsThatContradictEachOtherAreAnError() async throws {
    let folder = try ScratchFolder()
    try folder.write(
      [1, 2].map { try StoredRows.score("a", epads: 1, others: ["snaswot": $0]) + "\n" }.joined(), "rows.jsonl")
    try await epads(line: "pareto --scores rows.jsonl", directory: folder.path).expectError(1, "contradict each other")
  }

  @Test(arguments: ["score --index 3", "rank --index 3"]) func aFullDiskIsAnError(command: String) async throws {
    let outcome = try await shell("epads \(command) --batch 2 > /dev/full")
    outcome.expectError(1, "No space left on device")
  }

  /// The rows of the guide's table: `| 3 | ... |`.
  @Test func theGuideSaysTheSame() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    guard let guide = try? String(contentsOf: package.appending(path: "Docs/Guide.md"), encoding: .utf8) else { return }
    let rows = guide.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: /\| (0|1|2|3|64|130|141) \| (.+) \|/).flatMap { match in
        Int32(match.output.1).map { (status: $0, text: String(match.output.2)) }
      }
    }
    #expect(!rows.isEmpty)
    for (command, status) in Self.commands {
      let text = rows.filter { $0.status == status }.map(\.text).joined(separator: " ")
      #expect(!text.isEmpty, "the guide has no status \(status)")
      // Only some commands have this status, and it names them.
      guard status == 3 else { continue }
      let name = command.prefix { $0 != " " }
      #expect(text.contains("`\(name)`"), "\(command) ends with \(status)")
    }
    #expect(rows.contains { $0.status == 130 })
  }
}
