import Foundation
import TestSupport
import Testing

/// A file of rows that a run was torn away from ends up as if nothing had happened.
@Suite struct ResumeTests {
  private static let study = study(of: 40)
  private static func study(of count: Int) -> String {
    "correlate --sample \(count) --batch 4 --resamples 0 --proxies epads --format csv"
  }

  /// The rows and the report of an uninterrupted run.
  private static let whole = Task {
    let folder = try ScratchFolder()
    let outcome = try await epads(line: "\(study) --output rows.jsonl", directory: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return (rows: folder.text("rows.jsonl"), report: outcome.output)
  }

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  private func expectWhole(after arguments: String = "") async throws {
    let outcome = try await run("\(Self.study) --output rows.jsonl --resume \(arguments)")
    let whole = try await Self.whole.value
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == whole.report)
    #expect(try rows(folder.text("rows.jsonl")).prefix(40) == rows(whole.rows)[...])
  }

  /// Stops a run that has written its first line, long before its end: its sample begins with the smaller one.
  private func stopped(by signal: Int32) async throws -> Program.Outcome {
    let arguments = "\(Self.study(of: 1000)) --output rows.jsonl".split(separator: " ").map(String.init)
    let program = try Program("epads", arguments, directory: folder.path)
    let folder = folder
    #expect(await program.suspends { folder.text("rows.jsonl").contains("\n") })
    program.send(signal: signal)
    program.resume()
    return await program.outcome()
  }

  @Test(arguments: [SIGINT, SIGTERM]) func aRunThatIsInterruptedContinues(_ signal: Int32) async throws {
    let outcome = try await stopped(by: signal)
    outcome.expectError(130, "interrupted after", "the same command with --resume continues")
    let left = try rows(folder.text("rows.jsonl"))
    #expect((1..<1000).contains(left.count))
    #expect(outcome.errors.contains("after \(left.count) of 1000 rows"))
    try await expectWhole()
  }

  @Test func aRunThatIsKilledContinues() async throws {
    let outcome = try await stopped(by: SIGKILL)
    #expect(outcome.status == 128 + SIGKILL)
    #expect(outcome.output == "")
    try await expectWhole()
  }

  /// Cut in the middle of a line, just before its end, and after its first byte.
  @Test(arguments: [-700, -1, 1]) func aTornLineIsMadeAgain(_ cut: Int) async throws {
    let whole = try await Self.whole.value.rows
    let lines = whole.split(separator: "\n")
    let kept = lines.dropLast().joined(separator: "\n") + "\n"
    let torn = cut < 0 ? String(whole.utf8.dropLast(-cut)) ?? "" : kept + lines[39].prefix(cut)
    #expect(torn.count < whole.count)
    try folder.write(torn, "rows.jsonl")
    try await expectWhole()
  }

  @Test func aCompleteFileIsLeftAlone() async throws {
    let whole = try await Self.whole.value.rows
    try folder.write(whole, "rows.jsonl")
    try await expectWhole(after: "--threads 1")
    #expect(folder.text("rows.jsonl") == whole)
  }

  @Test func whereThereIsNoFileItIsMade() async throws {
    let outcome = try await run("correlate --sample 2 --batch 2 --resamples 0 --output rows.jsonl --resume")
    #expect(outcome.status == 0)
    #expect(try rows(folder.text("rows.jsonl")).count == 2)
  }

  @Test func rowsOfALargerSampleAndOtherSeedsAreNotInTheReport() async throws {
    let whole = try await Self.whole.value.rows
    // A row that stands twice counts once.
    try folder.write(whole + whole, "rows.jsonl")
    let report = "correlate --sample 10 --batch 4 --resamples 0 --proxies epads --format csv"
    let fresh = try await run(report)
    let resumed = try await run("\(report) --output rows.jsonl --resume")
    #expect(resumed.output == fresh.output)
    #expect(resumed.errors.contains("10 rows there, 0 left"))
    let other = try await run("\(report) --output rows.jsonl --resume --seed 2")
    #expect(other.status == 0)
    #expect(try rows(folder.text("rows.jsonl")).suffix(10).allSatisfy { $0.seed == 2 })
  }

  @Test(
    arguments: [
      ("--batch 8", "the batch is 4 there and 8 here"), ("--batch 4 --sigma 2", "sigma is 1.0 there and 2.0 here"),
      ("--batch 4 --dataset cifar100", "the data set is cifar10 there and cifar100 here"),
      ("--batch 4 --images images.bin", "the image set is dead-leaves "),
    ])
  func otherSettingsAreNotMixedIn(settings: String, message: String) async throws {
    let whole = try await Self.whole.value.rows
    try folder.write(whole, "rows.jsonl")
    var bytes = Data(count: 4 * 3073)
    bytes[5] = 1
    try folder.write(bytes, "images.bin")
    try await run("correlate --sample 3 --output rows.jsonl --resume \(settings)")
      .expectError(1, "of another run: \(message)", "take the same settings or another file")
    #expect(folder.text("rows.jsonl") == whole)
  }

  @Test func imagesCountByTheirBytes() async throws {
    #expect(try await run("images --output a.bin --count 4").status == 0)
    try FileManager.default.copyItem(atPath: folder.file("a.bin"), toPath: folder.file("b.bin"))
    let study = "correlate --sample 2 --batch 4 --resamples 0 --output rows.jsonl"
    #expect(try await run("\(study) --images a.bin").status == 0)
    let resumed = try await run("\(study) --images ./b.bin --resume")
    #expect(resumed.status == 0)
    #expect(resumed.errors.contains("2 rows there, 0 left"))
  }

  @Test(arguments: ["notes\n", "one line without an end", "{}\n", "{\"arch\":1}\n{\"arch\":", "first\nsecond"])
  func aFileOfOtherThingsIsNotTouched(_ text: String) async throws {
    try folder.write(text, "notes")
    try await run("correlate --sample 2 --batch 2 --output notes --resume")
      .expectError(1, "line 1 of 'notes' is no row of this program")
    #expect(folder.text("notes") == text)
  }

  @Test func aBrokenLineIsNamed() async throws {
    let lines = try await Self.whole.value.rows.split(separator: "\n")
    try folder.write("\(lines[0])\n\(lines[1].dropLast(5))\n\(lines[2])\n", "rows.jsonl")
    try await run("\(Self.study) --output rows.jsonl --resume").expectError(1, "line 2 of 'rows.jsonl' is no row")
  }

  @Test func aFileIsNotOverwritten() async throws {
    try folder.write("{}\n", "rows.jsonl")
    try await run("\(Self.study) --output rows.jsonl").expectError(1, "is there already", "continue it with --resume")
    #expect(folder.text("rows.jsonl") == "{}\n")
  }

  @Test func oneProcessWritesAFile() async throws {
    // Suspended with its file open while two more processes run.
    let arguments = "correlate --sample 1000 --batch 4 --proxies epads --threads 1 --output rows.jsonl"
    let first = try Program("epads", arguments.split(separator: " ").map(String.init), directory: folder.path)
    let folder = folder
    #expect(await first.suspends { folder.text("rows.jsonl").contains("\n") })
    for more in ["", " --resume"] {
      try await run("\(Self.study) --output rows.jsonl\(more)").expectError(1, "another process is writing")
    }
    first.send(signal: SIGKILL)
    _ = await first.outcome()
  }
}
