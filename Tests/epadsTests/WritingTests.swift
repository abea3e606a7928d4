import Foundation
import TestSupport
import Testing

/// Nothing is lost: not what was there, not what was read, not what was computed.
@Suite struct WritingTests {
  private static let correlate = "epads correlate --sample 3 --batch 2 --resamples 0 --proxies epads --format csv"
  private static let search = "epads search --samples 3 --batch 2"
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ script: String) async throws -> Program.Outcome {
    try await shell(script, directory: folder.path)
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  // MARK: - What was there

  @Test(
    arguments: [
      "\(correlate) --output FILE", "\(correlate) --plot FILE", "\(search) --output FILE", "\(search) --draw FILE",
      "epads score --index 3 --batch 2 --output FILE", "epads latency --index 3 --seconds 0.01 --output FILE",
      "epads images --count 2 --output FILE", "epads images --count 2 --output new --preview FILE",
    ])
  func aFileIsReplacedOnlyWhereAsked(command: String) async throws {
    let command = command.replacing("FILE", with: "file")
    try folder.write("precious", "file")
    let refused = try await run(command)
    refused.expectError(1, "'file' is there already: remove it, name another file", "replace it with --overwrite")
    #expect(!refused.errors.contains("memory:") && !refused.errors.contains("scored"))
    #expect(folder.text("file") == "precious")
    #expect(try names == ["file"])
    let replaced = try await run("\(command) --overwrite")
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(folder.text("file") != "" && !folder.text("file").contains("precious"))
    #expect(try names.filter { $0 != "new" } == ["file"])
  }

  @Test func aFrontIsReplacedOnlyWhereAsked() async throws {
    try folder.write(
      [StoredRows.score("a", epads: 1), StoredRows.score("b", epads: 2)].joined(separator: "\n"), "rows")
    for option in ["--output", "--plot"] {
      try folder.write("precious", "file")
      try await run("epads pareto --scores rows \(option) file").expectError(1, "'file' is there already")
      #expect(folder.text("file") == "precious")
      #expect(try await run("epads pareto --scores rows \(option) file --overwrite").status == 0)
      #expect(folder.text("file") != "precious")
    }
  }

  @Test func rowsThatAreBegunAnewAreKeptUntilTheFirst() async throws {
    try folder.write("precious", "rows")
    let command = "\(Self.correlate) --output rows --overwrite"
    try await run("\(command) --images none").expectError(2, "there is no file none")
    #expect(folder.text("rows") == "precious")
    // What is continued is not begun anew, and these are no rows.
    #expect(try await run("\(command) --resume").status == 1)
    #expect(folder.text("rows") == "precious")
    #expect(try await run(command).status == 0)
    let made = folder.text("rows")
    #expect(try rows(made).count == 3)
    // A plot of the rows so far makes room for the next.
    try folder.write("old", "plot")
    try await run("\(Self.correlate) --output rows --resume --plot plot").expectError(1, "'plot' is there already")
    #expect(try await run("\(command) --resume --plot plot").status == 0)
    #expect(folder.text("rows") == made && folder.text("plot").contains("<svg"))
  }

  @Test func aFullDiskLeavesTheOldFile() async throws {
    for command in ["images --count 9 --output file", "images --count 1 --output small --preview file"] {
      try folder.write("precious", "file")
      try await run("ulimit -f 8; epads \(command) --overwrite").expectError(1, "cannot write 'file': File too large")
      #expect(folder.text("file") == "precious")
      #expect(try names.filter { $0 != "small" } == ["file"])
    }
  }

  // MARK: - What was read

  private static let accuracies = "index,test-acc\n3,50\n9,60\n12,70\n"

  @Test(arguments: ["acc", "./acc", "soft", "hard", "$PWD/acc", "here/acc"])
  func whatIsReadIsNeverReplaced(path: String) async throws {
    try folder.write(Self.accuracies, "acc")
    #expect(try await run("ln acc hard; ln -s acc soft; ln -s . here").status == 0)
    let command = "epads correlate --batch 2 --resamples 0 --overwrite"
    for option in ["--output", "--plot"] {
      try await run("\(command) --from acc \(option) \"\(path)\"").expectError(2, "is named twice")
      try await run("\(command) --from - \(option) \"\(path)\" < acc").expectError(2, "is named twice")
      try await run("\(command) --from \"\(path)\" \(option) acc").expectError(2, "is named twice")
    }
    #expect(folder.text("acc") == Self.accuracies)
  }

  @Test(
    arguments: [
      "epads score --index 3 --images FILE --output FILE", "epads search --samples 2 --images FILE --draw FILE",
      "epads correlate --sample 2 --images FILE --plot FILE", "epads latency --from FILE --output FILE",
      "epads score --space nds --nds FILE --output FILE", "epads pareto --scores FILE --plot FILE",
      "epads pareto --scores rows --from FILE --plot FILE", "epads pareto --scores rows --latency FILE --output FILE",
    ])
  func everyInputIsSafe(command: String) async throws {
    try folder.write("precious", "file")
    #expect(try await run("ln -s file link").status == 0)
    let range = try #require(command.range(of: "FILE"))
    let script = command.replacingCharacters(in: range, with: "file").replacing("FILE", with: "link")
    try await run("\(script) --overwrite").expectError(2, "'link' is named twice")
    #expect(folder.text("file") == "precious")
  }

  @Test func whatIsAppendedToMayHaveBeenRead() async throws {
    let command = "epads latency --format jsonl --seconds 0.01 --output rows"
    #expect(try await run("\(command) --index 3").status == 0)
    let resumed = try await run("\(command) --from rows --resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("1 row there, 0 left"))
  }

  // MARK: - What was computed

  @Test(arguments: ["\(correlate) --plot", "\(search) --draw", "epads pareto --scores rows --plot"])
  func aDrawingThatFailsTakesNoTableWithIt(command: String) async throws {
    try folder.write(StoredRows.score("a", epads: 1), "rows")
    let outcome = try await run("\(command) /dev/full")
    outcome.expectError(1, "cannot write '/dev/full': No space left on device", output: nil)
    #expect(!outcome.output.isEmpty)
    // Nor the other way round.
    try await run("\(command) plot.svg >/dev/full").expectError(1, "cannot write to standard output")
    #expect(folder.text("plot.svg").hasSuffix("</svg>\n"))
  }

  // MARK: - Rows

  @Test func aPowerCutIsRepaired() async throws {
    #expect(try await run("\(Self.correlate) --output rows").status == 0)
    let whole = folder.text("rows")
    let lines = whole.split(separator: "\n")
    try folder.write(
      lines.prefix(2).joined(separator: "\n") + "\n{\"arch\"" + String(repeating: "\0", count: 4000), "rows")
    let resumed = try await run("\(Self.correlate) --output rows --resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try rows(folder.text("rows")) == rows(whole))
  }

  @Test func rowsThatContradictEachOtherAreNamed() async throws {
    #expect(try await run("\(Self.correlate) --output rows").status == 0)
    let whole = folder.text("rows")
    let first = String(try #require(whole.split(separator: "\n").first))
    let other = first.replacing(#/"snaswot":\d+/#, with: "\"snaswot\":1")
    try folder.write(whole + other + "\n", "rows")
    for command in ["\(Self.correlate) --output rows --resume", "epads pareto --scores rows"] {
      try await run(command).expectError(1, "lines 1 and 4 of 'rows' contradict each other: snaswot of |")
    }
    // Of another seed it may be.
    try folder.write(whole + other.replacing("\"seed\":1", with: "\"seed\":2") + "\n", "rows")
    #expect(try await run("\(Self.correlate) --output rows --resume").status == 0)
  }

  @Test func rowsOfAnotherVersionAreNamed() async throws {
    #expect(try await run("\(Self.correlate) --output rows").status == 0)
    let whole = folder.text("rows")
    #expect(try await !run("\(Self.correlate) --output rows --resume").errors.contains("version"))
    let version = try #require(whole.firstMatch(of: #/"version":"[^"]*"/#)).output
    try folder.write(whole.replacing(version, with: "\"version\":\"0.0.1\"", maxReplacements: 1), "rows")
    for command in ["\(Self.correlate) --output rows --resume", "epads pareto --scores rows"] {
      let outcome = try await run(command)
      #expect(outcome.status == 0)
      #expect(outcome.errorLines.contains("1 row of 'rows' is of version 0.0.1"))
    }
  }
}
