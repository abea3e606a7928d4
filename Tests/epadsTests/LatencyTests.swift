import Foundation
import Latency
import TestSupport
import Testing

/// `epads latency` from its arguments to its rows; times themselves are nobody's promise.
@Suite struct LatencyTests {
  /// A row as a program that reads the files would declare it.
  private struct LatencyRow: Decodable {
    struct Milliseconds: Decodable {
      var median: Double
      var p10: Double
      var p90: Double
      var p99: Double
      var low: Double
      var high: Double
    }

    struct Layer: Decodable {
      var name: String
      var ms: Double
      var share: Double
    }

    var arch: String
    var index: Int?
    var space: String
    var macro: String?
    var dataset: String
    var input: String
    var batch: Int
    var status: String
    var latencyMs: Milliseconds
    var runs: Int
    var end: String
    var warmUpMs: Double
    var prepareMs: Double
    var imagesPerSecond: Double
    var gmacsPerSecond: Double
    var peakShare: Double
    var params: Int
    var flops: Int
    var peakBytes: Int
    var backend: String
    var device: String
    var threads: Int
    var version: String
    var layers: [Layer]?
  }

  private static let quick = "--seconds 0.01 --precision 0.5 --threads 1 --backend cpu"

  private func rows(_ text: String) throws -> [LatencyRow] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try text.split(separator: "\n").map { try decoder.decode(LatencyRow.self, from: Data($0.utf8)) }
  }

  @Test func rowsHoldWhatTheFormatSays() async throws {
    let outcome = try await epads(
      line: "latency --index 0 --index 9 --batch 2 --image-size 12 --per-layer --format jsonl \(Self.quick)")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try rows(outcome.output)
    #expect(rows.map(\.index) == [0, 9])
    let scored = try await epads(line: "score --index 0 --index 9 --batch 2 --format jsonl")
    let scores = try epadsTests.rows(scored.output)
    for (row, score) in zip(rows, scores) {
      // What rows are joined by.
      #expect(row.arch == score.arch && row.space == score.space && row.params == score.params)
      #expect(row.status == "ok" && row.dataset == "cifar10" && row.input == "3x12x12" && row.batch == 2)
      #expect(row.backend == "cpu" && row.threads == 1 && row.version == score.version)
      let times = row.latencyMs
      #expect(0 < times.p10 && times.p10 <= times.median && times.median <= times.p90 && times.p90 <= times.p99)
      #expect(times.low <= times.median && times.median <= times.high)
      #expect(row.runs >= 12 && ["precision", "time"].contains(row.end))
      #expect(row.warmUpMs > 0 && row.prepareMs > 0 && row.peakBytes > 4 * row.params / 2)
      #expect(abs(row.imagesPerSecond * times.median / 2000 - 1) < 1e-6)
      // What nothing depends on is left out.
      #expect(row.gmacsPerSecond > 0 && row.gmacsPerSecond * 1e9 <= row.imagesPerSecond * Double(row.flops))
      #expect(row.peakShare > 0)
      let layers = try #require(row.layers)
      #expect(layers.first?.name == "stem.0" && layers.last?.name == "classifier")
      #expect(abs(layers.reduce(0) { $0 + $1.share } - 1) < 1e-6)
    }
    // Convolutions of images an eighth the size have an eighth of the operations.
    #expect(rows[0].flops < scores[0].flops / 6)
    #expect(!outcome.errors.contains("memory: at most") && outcome.errors.contains("measured: peak "))
  }

  @Test func formatsHoldTheSameArchitectures() async throws {
    let arguments = "latency --sample 3 --image-size 8 \(Self.quick) --format"
    let json = try rows(try await epads(line: "\(arguments) jsonl").output)
    let csv = table(csv: try await epads(line: "\(arguments) csv").output)
    #expect(csv.map { $0["arch"] } == json.map(\.arch))
    for (record, row) in zip(csv, json) {
      #expect(record["params"] == "\(row.params)" && record["flops"] == "\(row.flops)" && record["status"] == "ok")
      #expect(record["index"] == row.index.map(String.init) && record["input"] == "3x8x8" && record["threads"] == "1")
      #expect((record["latency_ms_median"].flatMap(Double.init) ?? 0) > 0)
    }
    let lines = try await epads(line: "\(arguments) table --per-layer").lines
    #expect(lines[0].hasPrefix("       ms     ± %") && lines[0].hasSuffix("architecture"))
    for row in json { #expect(lines.contains { $0.contains(row.arch) }) }
    #expect(lines.contains { $0.contains(" ms ") && $0.hasSuffix("  stem.0") })
    // The sample that other commands take.
    let sampled = try epadsTests.rows(try await epads(line: "score --sample 3 --batch 2 --format jsonl").output)
    #expect(sampled.map(\.arch) == json.map(\.arch))
  }

  @Test func doubtsAreSaidOnce() async throws {
    // Runs of microseconds on a machine that runs other tests: some are in doubt, or none.
    let line = "latency --sample 5 --image-size 4 \(Self.quick)"
    let outcome = try await epads(line: line)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let marked = outcome.lines.filter { $0.contains("? ") && $0.contains("|") }.count
    let sums = outcome.lines.filter { $0.contains("cannot be trusted") }
    #expect(sums.count == (marked > 0 ? 1 : 0), "\(outcome.output)")
    #expect(sums.allSatisfy { $0.hasPrefix("? \(marked) of 5 times cannot be trusted: ") }, "\(outcome.output)")
    #expect(!outcome.errors.contains("cannot be trusted"))
    let rows = try await epads(line: "\(line) --format jsonl")
    let doubted = rows.output.matches(of: /"doubt":/).count
    #expect(rows.errorLines.count { $0.contains("cannot be trusted") } == (doubted > 0 ? 1 : 0), "\(rows.errors)")
    #expect(rows.errors.contains("warning: \(doubted) of 5 times") == (doubted > 0))
  }

  @Test func everyFormOfArchitecture() async throws {
    let folder = try ScratchFolder()
    let outcome = try await epads(
      line: "latency --space darts --width 4 --depth 2 --image-size 8 --format jsonl \(Self.quick) DARTS_V2 --from -",
      input: "PC_DARTS_cifar\n")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try rows(outcome.output)
    #expect(rows.count == 2 && rows.allSatisfy { $0.space == "darts" && $0.macro == "width 4, depth 2" })
    let list = try folder.write("index,accuracy\n1462,1\n7,2\n", "list.csv")
    let listed = try await epads(line: "latency --from \(list) --image-size 8 --format jsonl \(Self.quick)")
    #expect(try self.rows(listed.output).map(\.index) == [1462, 7])
    // Nothing reaches the classifier.
    let none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    #expect(try await epads(line: "latency \(none) --image-size 8 --format jsonl \(Self.quick)").status == 0)
  }

  @Test func anInterruptLeavesRows() async throws {
    let folder = try ScratchFolder()
    let path = folder.file("rows.jsonl")
    let outcome = try await shell(
      """
      epads latency --sample 4 --image-size 8 --seconds 600 --precision 0.000001 --threads 1 --backend cpu \\
        --format jsonl --output \(path) & process=$!
      # Not INT: a shell has it ignored by what it runs in the background.
      sleep 3; kill -TERM $process; wait $process
      """)
    #expect(outcome.status == 130, "\(outcome.errors)")
    #expect(outcome.errors.contains("interrupted after"))
    let text = folder.text("rows.jsonl")
    #expect(text.split(separator: "\n").count <= 4 && (text.isEmpty || text.hasSuffix("\n")))
  }

  @Test func aFileIsContinued() async throws {
    let folder = try ScratchFolder()
    let path = folder.file("rows.jsonl")
    let command = "latency --image-size 8 --format jsonl --output \(path) \(Self.quick)"
    #expect(try await epads(line: "\(command) --index 9").status == 0)
    try await epads(line: "\(command) --index 9").expectError(1, "is there already", "--resume")
    // As a kill leaves it behind.
    try folder.write(folder.text("rows.jsonl") + "{\"arch\":\"|nor", "rows.jsonl")
    let resumed = try await epads(line: "\(command) --resume --index 0 --index 9")
    #expect(resumed.status == 0 && resumed.errors.contains("resuming: 1 row there, 1 left"), "\(resumed.errors)")
    #expect(try rows(folder.text("rows.jsonl")).map(\.index) == [9, 0])
    try await epads(line: "\(command) --resume --index 3 --batch 2")
      .expectError(1, "the batch is 1 there and 2 here")
  }

  @Test func aFullDiskIsAnError() async throws {
    let outcome = try await epads(line: "latency --index 0 --image-size 8 --output /dev/full \(Self.quick)")
    outcome.expectError(1, "/dev/full")
  }

  @Test func theMemoryIsRefusedBeforeItIsTaken() async throws {
    let outcome = try await shell(
      "ulimit -v 1000000; epads latency --index 0 --image-size 2048 --batch 64 \(Self.quick)")
    #expect(outcome.status == 1 && outcome.errors.contains("take a smaller --batch"), "\(outcome.errors)")
  }
}
