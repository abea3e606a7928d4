import Foundation
import TestSupport
import Testing

/// What the system does not give is an error, and what it says is shown as it is.
@Suite struct SystemLimitTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ script: String) async throws -> Program.Outcome {
    try await shell(script, directory: folder.path)
  }

  // MARK: - Open files

  @Test(arguments: [4, 5, 6, 7, 8, 12])
  func tooFewFilesAreAnError(count: Int) async throws {
    try folder.write(
      [StoredRows.score("a", epads: 1), StoredRows.score("b", epads: 2)].joined(separator: "\n") + "\n", "scores")
    try folder.write("index,test-acc\n3,50\n9,60\n12,70\n", "acc.csv")
    for (number, command) in [
      // More than one block of architectures, so that they are shared out.
      "correlate --sample 200 --batch 2 --resamples 0 --proxies epads --output a --plot b",
      "correlate --from acc.csv --batch 2 --resamples 0 --plot b", "score --sample 70 --batch 2 --output a",
      "search --samples 3 --batch 2 --output a --draw b", "pareto --scores scores --output a --plot b",
      "latency --index 3 --seconds 0.01 --output a", "images --count 2 --output a --preview b", "devices",
    ].enumerated() {
      let outcome = try await run(
        "mkdir \(number); cd \(number); ln ../scores ../acc.csv .; ulimit -n \(count); exec epads \(command)")
      // 2 where it is an input that cannot be read, 3 where it went well: one of the 70 has no score.
      #expect([0, 1, 2, 3].contains(outcome.status), "\(command): \(outcome.status) \(outcome.errors)")
      if [1, 2].contains(outcome.status) { #expect(outcome.errors.lowercased().contains("open"), "\(outcome.errors)") }
    }
  }

  // MARK: - Memory

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "search --dataset imagenet --space darts_in --batch 1048576 --samples 2", "search --batch 20000 --samples 2",
      "images --count 1048576 --dataset imagenet --output new", "images --count 100000 --output new",
      "images --count 1000 --dataset imagenet --output new --preview sheet",
      "correlate --sample 2 --batch 20000", "score --index 3 --batch 20000 --dataset cifar100",
      "search --batch 20000 --samples 2 --objective naswot", "benchmark --batch 512",
    ])
  func memoryIsBoundedBeforeImagesAreMade(command: String) async throws {
    let start = ContinuousClock.now
    try await run("ulimit -v 400000; exec epads \(command)").expectError(
      1, "of memory and", "are left: take a smaller --")
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(!FileManager.default.fileExists(atPath: folder.file("new")))
  }

  // MARK: - Signals

  @Test func anIgnoredInterruptStaysIgnored() async throws {
    let command = "exec epads correlate --sample 300 --batch 4 --resamples 0 --proxies epads --output rows.jsonl"
    let program = try Program(script: "trap '' INT; \(command)", directory: folder.path)
    let folder = folder
    #expect(await program.suspends { folder.text("rows.jsonl").contains("\n") })
    program.send(signal: SIGINT)
    program.resume()
    let outcome = await program.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.errors.contains("finishing"))
  }

  // MARK: - Text of others

  private static let escape = "\u{1B}[2J"
  private static let shown = "\\u{1B}[2J"

  @Test func whatOthersWroteCannotTalkToTheTerminal() async throws {
    let name = "a\(Self.escape)\nError: b"
    let (quoted, shown) = ("'\(name)'", "a\(Self.shown)\\nError: b")
    for command in [
      "score --from \(quoted)", "score --index 3 --images \(quoted)", "pareto --scores \(quoted)",
      "score --index 3 --output \(quoted)/x", "correlate --from \(quoted)", "score --nds \(quoted)",
      "images --output \(quoted)/x --count 1", "score --index 3 --device \(quoted) --backend opencl",
      "score \(quoted)", "score --space \(quoted) --index 1", "score --index \(quoted)", "\(quoted)",
      "score --\(quoted)",
    ] {
      let outcome = try await run("epads \(command)")
      #expect(outcome.status != 0)
      #expect(!outcome.errors.contains("\u{1B}"), "\(outcome.errors)")
      #expect(!outcome.errorLines.contains { $0.hasPrefix("Error: b") }, "\(outcome.errors)")
    }
    let missing = try await run("epads score --from \(quoted)")
    #expect(missing.errors.contains(shown), "\(missing.errors)")
    let backend = try await shell("epads devices", environment: ["EPADS_BACKEND": name])
    #expect(backend.errors.contains(shown), "\(backend.errors)")
  }

  @Test func namesInTablesAreEscaped() async throws {
    #expect(try await run("epads images --count 2 --output '\(Self.escape)'").status == 0)
    let images = "--batch 2 --images '\(Self.escape)'"
    for command in ["correlate --sample 3 --resamples 0 \(images)", "search --samples 2 \(images)"] {
      let outcome = try await run("epads \(command)")
      #expect(outcome.status == 0)
      #expect(!(outcome.output + outcome.errors).contains("\u{1B}"), "\(outcome.output)")
    }
    // A file is read as it is written.
    #expect(try await run("epads score --index 3 --format jsonl \(images)").output.contains("\\u001b[2J"))
  }
}
