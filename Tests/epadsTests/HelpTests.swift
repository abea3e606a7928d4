import Foundation
import TestSupport
import Testing

@Suite struct HelpTests {
  static let commands = [
    "rank", "score", "correlate", "search", "pareto", "latency", "serve", "show", "images", "devices",
    "benchmark",
  ]

  @Test(arguments: [""] + commands) func helpIsAResult(_ command: String) async throws {
    let help = try await epads(line: "\(command) --help")
    #expect(help.status == 0)
    #expect(help.errors == "")
    #expect(help.output.contains("USAGE: epads"))
    #expect(help.lines.allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE") })
  }

  @Test func withoutArgumentsHelpIsShown() async throws {
    let help = try await epads(line: "--help")
    #expect(try await epads(line: "").output == help.output)
    for command in Self.commands { #expect(help.output.contains("  \(command) ")) }
    #expect(try await epads(line: "--version").output.hasPrefix("epads "))
  }

  /// Pasted as they stand, but for the amount of work; a benchmark would take too long.
  @Test(arguments: [""] + commands.filter { $0 != "benchmark" }) func examplesRun(_ command: String) async throws {
    let help = try await epads(line: "\(command) --help").output
    let overview = help.components(separatedBy: "USAGE:")[0]
    let lines = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }
    #expect(!lines.isEmpty)
    let script = lines.joined(separator: "\n")
      .replacing(#/--batch \d+/#, with: "--batch 2").replacing(#/--sample \d+/#, with: "--sample 3 --batch 2")
      .replacing("seq 0 9", with: "seq 3 5").replacing("--from networks.csv", with: "--from networks.csv --batch 2")
    let folder = try ScratchFolder()
    // The list of whoever reads.
    try folder.write("index,acc\n3,90\n5,91\n", "networks.csv")
    try FileManager.default.copyItem(
      atPath: Fixture.path("networks/mine.onnx"), toPath: folder.file("mine.onnx"))
    let outcome = try await shell("set -e\n" + script, directory: folder.path)
    #expect(outcome.status == 0, "\(script)\n\(outcome.errors)")
    #expect(!outcome.errors.contains("Error"), "\(outcome.errors)")
  }

  @Test func theReadmeNamesWhatIsThere() async throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    guard let readme = try? String(contentsOf: package.appending(path: "README.md"), encoding: .utf8) else { return }
    let commands = readme.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: #/    (?:swift run -c release )?epads (.*)/#).map { String($0.output.1) }
    }
    let overview = try await epads(line: "--help").output
    let first = try #require(commands.first)
    #expect(overview.contains("epads " + first))
    for command in commands {
      let name = String(command.prefix { $0 != " " })
      #expect(Self.commands.contains(name), "\(command)")
      let help = try await epads(line: "\(name) --help").output
      for option in command.matches(of: #/ (--[a-z-]+)/#).map(\.output.1) {
        #expect(help.contains("  \(option) ") || help.contains("  \(option)\n"), "\(command)")
      }
    }
  }
}
