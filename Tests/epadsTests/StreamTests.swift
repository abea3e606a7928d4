import Foundation
import TestSupport
import Testing

/// Rows come as lines come: nobody has to end a pipe to see the first of them.
@Suite struct StreamTests {
  /// Writes a line, waits for something in a file, and only then writes the next. The wait ends after a minute, for
  /// whoever has broken this.
  private func conversation(_ command: String, sees file: String, _ first: String, _ second: String) async throws
    -> Program.Outcome
  {
    try await shell(
      """
      mkfifo pipe
      \(command) < pipe > out 2> errors & process=$!
      exec 3> pipe
      printf '\(first)' >&3
      count=0
      until [ -s \(file) ] || [ $count = 600 ]; do sleep 0.1; count=$((count + 1)); done
      cp \(file) early
      printf '\(second)' >&3
      exec 3>&-
      wait $process; status=$?
      cat early; echo ---; cat \(file); cat errors >&2; exit $status
      """)
  }

  @Test(
    arguments: [
      ("epads score --from - --batch 2 --format jsonl", "out", "9\\n", "5\\n"),
      ("epads score --from - --batch 2 --format csv", "out", "arch,x\\n9,1\\n", "5,2\\n"),
      ("epads score --from - --batch 2", "out", "9\\n", "5\\n"),
      ("epads score --from - --batch 2 --output rows.jsonl", "rows.jsonl", "{\"arch\":9}\\n", "{\"arch\":5}\\n"),
      ("epads rank --from - --batch 2 --output rows.jsonl", "rows.jsonl", "9,90\\n", "5,91\\n"),
      ("epads serve --batch 2", "out", "9\\n", "{\"index\":5}\\n"),
    ])
  func aRowComesBeforeTheNextLine(command: String, file: String, first: String, second: String) async throws {
    let outcome = try await conversation(command, sees: file, first, second)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let parts = outcome.output.components(separatedBy: "---\n")
    try #require(parts.count == 2)
    #expect(!parts[0].isEmpty && parts[1].hasPrefix(parts[0]))
    let lines = parts.map { $0.split(separator: "\n").count }
    // A table has its heading, which may come before the row.
    #expect(lines[0] < lines[1], "\(outcome.output)")
  }

  @Test func aStreamOfBrokenLinesHasARowForEach() async throws {
    let outcome = try await epads(
      "score", "--from", "-", "--batch", "2", "--format", "jsonl", input: "9\n\nfoo\n# note\n99999\n5")
    #expect(outcome.status == 0 || outcome.status == 3)
    let piped = try await shell(
      "printf '9\\n\\nfoo\\n# note\\n99999\\n5' | epads score --from - --batch 2 --format jsonl")
    piped.expectError(3, "2 of 4 rows without a score", output: nil)
    #expect(try records(piped.output).values("line") == [1, 3, 5, 6])
    #expect(try records(piped.output).values("status") == ["ok", "failed", "failed", "ok"])
    #expect(timeless(piped.output) == timeless(outcome.output))
  }

  /// Ctrl-C while nothing comes ends the program at once.
  @Test(arguments: [
    "score --from - --batch 2", "rank --from - --batch 2 --output rows.jsonl", "serve --batch 2",
  ])
  func ctrlCEndsTheWait(command: String) async throws {
    for given in ["", "echo 9 >&3;"] {
      let outcome = try await shell(
        """
        mkfifo pipe
        epads \(command) < pipe > out 2> errors & process=$!
        exec 3> pipe
        \(given)
        count=0
        until [ -s out ] || [ -s rows.jsonl ] || [ $count = \(given.isEmpty ? 10 : 600) ]; do
          sleep 0.1; count=$((count + 1))
        done
        kill -TERM $process
        wait $process; status=$?
        exec 3>&-
        cat errors >&2; exit $status
        """)
      // Before anything is begun the signal itself ends the program.
      #expect(outcome.status == 130 || given.isEmpty && outcome.status == 143, "\(outcome.status) \(outcome.errors)")
    }
  }

  @Test func aReaderThatHasSeenEnoughIsNoError() async throws {
    let outcome = try await shell(
      "{ seq 0 30 | epads score --from - --batch 2; echo $? > status; } | head -n 1; cat status")
    #expect(outcome.lines.last == "141" && outcome.errors == "", "\(outcome.output) \(outcome.errors)")
  }

  /// A table has the same columns whether it is a file or comes through a pipe.
  @Test func columnsOfAPipeAreThoseOfAFile() async throws {
    let folder = try ScratchFolder()
    try folder.write("name,arch,acc\na,9,1\n", "list.csv")
    let score = "--batch 2 --format csv | head -1"
    let file = try await shell("epads score --from list.csv \(score)", directory: folder.path)
    let pipe = try await shell("cat list.csv | epads score --from - \(score)", directory: folder.path)
    #expect(file.output == pipe.output && file.output.hasSuffix("version,input.acc\n"), "\(pipe.output)")
  }
}
