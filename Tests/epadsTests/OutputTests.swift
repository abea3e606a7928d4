import Foundation
import TestSupport
import Testing

/// Where results go, and what happens where they cannot.
@Suite struct OutputTests {
  private static let score = "epads score --index 3 --index 9 --batch 2 --format csv"
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ script: String) async throws -> Program.Outcome {
    try await shell(script, directory: folder.path)
  }

  @Test func aFileHoldsWhatStandardOutputWould() async throws {
    let outcome = try await run("\(Self.score) --output rows.csv")
    #expect(outcome.status == 0)
    #expect(outcome.output == "")
    #expect(table(csv: folder.text("rows.csv")).map { $0["index"] } == ["3", "9"])
    let dash = try await run("\(Self.score) --output -")
    #expect(table(csv: dash.output).count == 2)
    #expect(!FileManager.default.fileExists(atPath: folder.file("-")))
    try await run("\(Self.score) --output rows.csv").expectError(1, "'rows.csv' is there already")
    #expect(table(csv: folder.text("rows.csv")).count == 2)
  }

  @Test(
    arguments: [
      ("--output none/rows", "cannot open 'none/rows' for writing: No such file or directory"),
      ("--output .", "Is a directory"), ("--output ''", "No such file or directory"),
      ("--output /dev/full", "cannot write to /dev/full after 0 lines: No space left on device"),
      (">/dev/full", "cannot write to standard output after 0 lines: No space left on device"),
      (">&-", "cannot write to standard output after 0 lines: Bad file descriptor"),
    ])
  func outputsThatFail(output: String, message: String) async throws {
    try await run("\(Self.score) \(output)").expectError(1, message)
  }

  @Test(.enabled(if: getuid() != 0, "root may write everywhere")) func aReadOnlyFileIsRefused() async throws {
    try await run("touch rows; chmod 444 rows; \(Self.score) --output rows").expectError(1, "Permission denied")
  }

  @Test func aReaderThatGoesEndsQuietly() async throws {
    // The reader has gone before the first row: the other end of the pipe is open for reading no longer.
    let outcome = try await run("mkfifo p; (: < p) & exec 3> p; wait; \(Self.score) >&3")
    #expect(outcome.status == 128 + SIGPIPE)
    #expect(outcome.output == "" && outcome.errors == "")
    let first = try await run("\(Self.score) | head -n 1")
    #expect(first.status == 0)
    #expect(first.lines.count == 1)
  }

  @Test(arguments: ["2>&-", "2>/dev/full"]) func withoutStandardErrorThereAreResults(_ redirection: String) async throws
  {
    let outcome = try await run("\(Self.score) \(redirection)")
    #expect(outcome.status == 0)
    #expect(table(csv: outcome.output).count == 2)
  }

  @Test func aClosedStandardOutputIsNotMistakenForTheFile() async throws {
    let outcome = try await run("\(Self.score) --output rows.csv >&- 2>&-")
    #expect(outcome.status == 0)
    #expect(table(csv: folder.text("rows.csv")).count == 2)
    #expect(!folder.text("rows.csv").contains("backend:"))
  }

  @Test func aLimitOnFileSizesIsAnError() async throws {
    // Blocks of 512 bytes or of 1024: room for a row at least, but not for all.
    let outcome = try await run("ulimit -f 3; epads correlate --sample 6 --batch 2 --resamples 0 --output rows.jsonl")
    outcome.expectError(1, "cannot write to rows.jsonl after", "File too large")
    #expect(folder.text("rows.jsonl").hasSuffix("}\n"))
    #expect((1..<6).contains(try rows(folder.text("rows.jsonl")).count))
  }

  @Test func helpThatCannotBeWrittenIsAnError() async throws {
    try await run("epads --help >/dev/full").expectError(1, "No space left on device")
  }

  @Test(arguments: ["none/images", "/dev/full", "."]) func imagesThatCannotBeWritten(_ output: String) async throws {
    try await run("epads images --count 2 --output \(output)")
      .expectError(1, output == "/dev/full" ? "cannot write '/dev/full'" : "cannot open '\(output)' for writing")
  }

  @Test func aPlotIsRefusedBeforeTheWork() async throws {
    let study = "epads correlate --sample 3 --batch 2 --resamples 0 --format csv"
    let missing = try await run("\(study) --plot none/plot.svg")
    missing.expectError(1, "cannot open 'none/plot.svg' for writing")
    #expect(!missing.errors.contains("scored"))
    try await run("\(study) --plot /dev/full")
      .expectError(1, "cannot write '/dev/full': No space left on device", output: nil)
    #expect(try await run("\(study) --plot plot.svg").status == 0)
    #expect(folder.text("plot.svg").hasSuffix("</svg>\n"))
  }

  // MARK: - Memory

  @Test func memoryIsRefusedBeforeItIsTaken() async throws {
    let outcome = try await run("ulimit -v 600000; epads score --index 1462 --batch 2000")
    outcome.expectError(1, "of memory and", "are left: take a smaller --batch")
    // Little memory is not worth a word.
    let little = try await run("epads score --index 3 --batch 2 --format csv --proxies naswot")
    #expect(little.status == 0 && little.errors == "")
  }

  // MARK: - Terminals

  private static let hasScript = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

  private func terminal(columns: Int, type: String, _ command: String) async throws -> String {
    let outcome = try await shell(
      "script -qc \"stty cols \(columns); \(command)\" /dev/null < /dev/null", directory: folder.path,
      environment: ["TERM": type])
    return outcome.output.replacing("\r\n", with: "\n")
  }

  @Test(.enabled(if: hasScript), arguments: [20, 40, 80]) func linesFitTheTerminal(_ columns: Int) async throws {
    let screen = try await terminal(
      columns: columns, type: "xterm", "epads score --index 1462 --index 1651 --batch 2 2>/dev/null")
    let lines = screen.split(separator: "\n")
    #expect(lines.contains { $0.contains("…") && $0.hasSuffix("~2|") })
    #expect(lines.allSatisfy { $0.count <= columns })
    // A reason is never cut.
    #expect(screen.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("react to the noise"))
  }

  @Test(.enabled(if: hasScript)) func aBarNeedsATerminalThatClearsLines() async throws {
    let command = "epads correlate --sample 3 --batch 2 --resamples 0"
    let able = try await terminal(columns: 60, type: "xterm", command)
    #expect(able.contains("\u{1B}[K"))
    #expect(able.contains("scoring [-"))
    let dumb = try await terminal(columns: 60, type: "dumb", command)
    #expect(!dumb.contains("\u{1B}"))
    #expect(dumb.contains("Kendall tau-b"))
    let none = try await run(command)
    #expect(!(none.errors + none.output).contains("\u{1B}"))
    #expect(!(none.errors + none.output).contains("\r"))
  }
}
