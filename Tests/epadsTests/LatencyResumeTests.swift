import Foundation
import TestSupport
import Testing

/// A file of latencies is continued with what can be compared to it, and with nothing else.
@Suite struct LatencyResumeTests {
  private static let quick = "--format jsonl --seconds 0.001 --precision 0.9 --backend cpu"
  private static let command = "latency \(quick) --output rows.jsonl"

  /// Two rows of one thread and a batch of 1.
  private static let measured = Task {
    let outcome = try await epads(line: "latency \(quick) --image-size 8 --threads 1 --index 9 --index 3")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private struct Line: Decodable, Equatable {
    var index: Int?
    var status: String
    var error: String?
  }

  private var lines: [Line] {
    get throws {
      try folder.text("rows.jsonl").split(separator: "\n").map {
        try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      }
    }
  }

  private func resume(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: "\(Self.command) --resume \(arguments)", directory: folder.path)
  }

  /// A time depends on all of them: rows of two would be compared as if they were of one.
  @Test(
    arguments: [
      ("--index 0 --image-size 8 --threads 2", "the number of threads is 1 there and 2 here"),
      ("--index 0 --image-size 8 --threads 1 --batch 2", "the batch is 1 there and 2 here"),
      ("--index 0 --image-size 16 --threads 1", "an image is 3x8x8 there and 3x16x16 here"),
      ("--index 0 --threads 1", "an image is 3x8x8 there and 3x32x32 here"),
      ("--index 0 --image-size 8 --threads 1 --dataset cifar100", "the data set is cifar10 there and cifar100 here"),
      ("--image-size 8 --threads 1 --space darts DARTS_V2", "the space is nasbench201 there and darts here"),
    ])
  func rowsOfOtherSettingsAreRefused(arguments: String, message: String) async throws {
    let rows = try await Self.measured.value
    try folder.write(rows, "rows.jsonl")
    try await resume(arguments).expectError(1, "of another run: \(message)", "take the same settings or another file")
    #expect(folder.text("rows.jsonl") == rows)
  }

  /// One row of another device is enough, wherever it stands and whatever became of it.
  @Test(arguments: [("device", "Another Processor", 0), ("backend", "opencl", 1)])
  func rowsOfAnotherDeviceAreRefused(key: String, value: String, place: Int) async throws {
    let rows = try changed(try await Self.measured.value) { number, row in
      if number == place { row[key] = value }
    }
    try folder.write(rows, "rows.jsonl")
    let outcome = try await resume("--index 0 --image-size 8 --threads 1")
    outcome.expectError(1, "of another run: the device is ", value)
    #expect(folder.text("rows.jsonl") == rows)
  }

  @Test func rowsOfOtherSurroundingsAreRefused() async throws {
    let cells = "--space darts --image-size 8 --threads 1 DARTS_V2"
    let first = try await epads(line: "\(Self.command) \(cells) --width 4 --depth 2", directory: folder.path)
    #expect(first.status == 0, "\(first.errors)")
    for other in ["--width 4 --depth 3", "--width 8 --depth 2"] {
      try await resume("\(cells) \(other)")
        .expectError(1, "the macro architecture is width 4, depth 2 there and w\(other.dropFirst(3).prefix(4))")
    }
    let same = try await resume("\(cells) --width 4 --depth 2")
    #expect(same.status == 0 && same.errors.contains("resuming: 1 row there, 0 left"), "\(same.errors)")
  }

  /// A failure may be the device's: the architecture is measured again, and the row that failed stays as a record.
  @Test func whatFailedIsMeasuredAgain() async throws {
    let rows = try changed(try await Self.measured.value) { number, row in
      guard number == 0 else { return }
      (row["status"], row["error"], row["latency_ms"], row["end"]) = ("failed", "the device was lost", nil, nil)
    }
    try folder.write(rows, "rows.jsonl")
    let settings = "--image-size 8 --threads 1 --index 3 --index 9"
    let resumed = try await resume(settings)
    #expect(resumed.status == 0 && resumed.errors.contains("resuming: 2 rows there, 1 left"), "\(resumed.errors)")
    #expect(folder.text("rows.jsonl").hasPrefix(rows))
    let failed = Line(index: 9, status: "failed", error: "the device was lost")
    #expect(try lines == [failed, Line(index: 3, status: "ok"), Line(index: 9, status: "ok")])
    // Now it has its time.
    let again = try await resume(settings)
    #expect(again.status == 0 && again.errors.contains("resuming: 3 rows there, 0 left"), "\(again.errors)")
    #expect(try lines.count == 3)
  }
}
