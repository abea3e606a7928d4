import Foundation
import TestSupport
import Testing

/// Whatever ends a run, and wherever, the same command with --resume ends with the file of a run that nothing ended.
@Suite struct KillTests {
  /// Duplicates with and without names, lines that fail, empty cells.
  private static let list = """
    name,arch,acc
    a,9,90.5
    b,5,
    a,9,90.5
    c,broken,1
    ,1462,2
    ,9,3
    d,,4
    a,9,5
    e,99999,6
    f,3,7
    ,9,8
    c,broken,9

    """
  private static let settings = "--batch 2 --repeats 2 --threads 1"

  @Test(
    arguments: [
      ("score --from list.csv", SIGKILL), ("score --from list.csv", SIGTERM), ("score --from -", SIGKILL),
      ("score --from -", SIGTERM), ("rank --from list.csv", SIGKILL), ("rank --from -", SIGTERM),
    ])
  func theRestIsMade(command: String, signal: Int32) async throws {
    let folder = try ScratchFolder()
    try folder.write(Self.list, "list.csv")
    func arguments(_ file: String) -> [String] {
      "\(command) \(Self.settings) --output \(file)".split(separator: " ").map(String.init)
    }
    func start(_ file: String, _ more: String...) throws -> Program {
      try Program("epads", arguments(file) + more, input: Self.list, directory: folder.path)
    }
    let whole = try await start("whole.jsonl").outcome()
    #expect(whole.status == 3, "\(whole.errors)")
    let rows = timeless(folder.text("whole.jsonl"))
    #expect(rows.count == 24)
    var random = RepeatableGenerator(seed: UInt64(signal) + UInt64(command.count))
    for moment in 0..<8 {
      let file = "rows\(moment).jsonl"
      // Twice: what was continued may be ended, too.
      for _ in 0..<2 {
        let count = random.index(below: rows.count)
        let program = try start(file, "--resume")
        if await program.suspends(once: { folder.text(file).count(where: \.isNewline) >= count }) {
          program.send(signal: signal)
          program.resume()
        }
        let outcome = await program.outcome()
        // A request to end that comes before anything is begun ends the process.
        #expect([128 + SIGKILL, 128 + SIGTERM, 130, 3].contains(outcome.status), "\(outcome.errors)")
        guard signal == SIGKILL else { continue }
        // A power cut may take some of the last row.
        let text = folder.text(file)
        let last = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).last?.count ?? 0
        if last > 0 { try folder.write(String(text.dropLast(random.index(below: last))), file) }
      }
      let resumed = try await start(file, "--resume").outcome()
      #expect(resumed.status == 3, "\(resumed.errors)")
      #expect(timeless(folder.text(file)) == rows)
      #expect(resumed.output == whole.output)
    }
  }
}
