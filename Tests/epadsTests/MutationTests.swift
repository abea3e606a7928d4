import Foundation
import TestSupport
import Testing

/// Broken lines go through the program as they go through the reader: a row each, in bounded memory.
@Suite struct MutationTests {
  private static let cell = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"

  @Test(
    .timeLimit(.minutes(2)),
    arguments: [
      ("", [cell, "1462"], "text"), ("arch,acc\n", ["\(cell),93.5", "5,90"], "table"),
      ("{\"arch\":5}\n", ["{\"arch\":\"\(cell)\",\"acc\":93.5}", "{\"index\":1462}"], "json"),
      ("5,90\n", ["\(cell),93.5", "5,90"], "pairs"),
    ])
  func everyLineIsARow(beginning: String, lines: [String], kind: String) async throws {
    let folder = try ScratchFolder()
    var mutation = LineMutation(seed: 9, avoided: kind == "table" || kind == "pairs" ? [0x22] : [])
    let mutated = (0..<150).map { _ in mutation.mutated(lines, times: 3...9) }
    // The first line is a whole one, so that the list is what it is meant to be.
    let whole = lines[0] + "\n"
    try folder.write(Data((beginning + whole).utf8) + Data(mutated.flatMap { $0 + [0x0A] }), "list")
    for command in ["score --from list", "score --from - < list", "cat list | epads score --from -"] {
      let start = command.hasPrefix("cat") ? command : "epads \(command)"
      let script = start.replacing("--from", with: "--batch 2 --threads 1 --format jsonl --from")
      let outcome = try await shell("ulimit -v 2000000; \(script)", directory: folder.path)
      #expect(outcome.status == 3, "\(outcome.errors)")
      let rows = try records(outcome.output)
      let first = kind == "json" || kind == "pairs" ? 2 : 1
      #expect(rows.count == mutated.count + first)
      let line = kind == "table" ? 2 : 1
      #expect(rows.values("line") == (0..<rows.count).map { line + $0 })
      let failed = rows.filter { $0["status"] as? String == "failed" }
      #expect(failed.count > mutated.count / 2)
      for row in failed { #expect((row["error"] as? String)?.isEmpty == false) }
    }
  }

  /// One line of many megabytes is one failed row.
  @Test func aHugeLineIsOneRow() async throws {
    let folder = try ScratchFolder()
    let script = "(echo 5; head -c 40000000 /dev/zero | tr '\\0' x; echo; echo 9) > list"
    #expect(try await shell(script, directory: folder.path).status == 0)
    for command in ["score --from list", "score --from - < list"] {
      let outcome = try await shell(
        "ulimit -v 2000000; epads \(command.replacing("score", with: "score --batch 2 --format jsonl"))",
        directory: folder.path)
      outcome.expectError(3, "1 of 3 rows without a score", output: nil)
      let rows = try records(outcome.output)
      #expect(rows.values("status") == ["ok", "failed", "ok"])
      #expect(rows.values("line") == [1, 2, 3])
      #expect(outcome.output.utf8.count < 100_000)
    }
  }
}
