import Foundation
import TestSupport
import Testing

/// Studies on a device that is lost: what they write, what they say, and that they can be continued.
@Suite struct LostRowsTests {
  private static let study =
    "correlate --sample 6 --batch 2 --resamples 0 --proxies epads --threads 1 --in-flight 1 --output rows.jsonl"

  private struct Line: Decodable {
    var arch: String
    var status: String
    var backend: String
    var epads: Double?
  }

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private var lines: [Line] {
    get throws {
      try folder.text("rows.jsonl").split(separator: "\n").map {
        try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      }
    }
  }

  /// Runs the program on a device whose calls fail.
  ///
  /// PoCL 3.1 aborts now and then after a failure (pocl_release_dlhandle_cache): that is not what is tested here, so
  /// such a run is made again from the beginning.
  private func run(_ line: String, _ faults: String = "") async throws -> Program.Outcome {
    let inherited = ProcessInfo.processInfo.environment
    var environment = [
      "OCL_ICD_VENDORS": inherited["OCL_ICD_VENDORS"] ?? "/etc/OpenCL/vendors",
      "EPADS_OPENCL_LIBRARY": FallbackTests.faultyLibrary, "EPADS_FAULTY_DEVICE_TYPE": "gpu", "EPADS_FAULTS": faults,
    ]
    environment["EPADS_FAULTY_TARGET"] = inherited["EPADS_FAULTY_TARGET"]
    let before = folder.text("rows.jsonl")
    var outcome: Program.Outcome
    var attempts = 0
    repeat {
      if attempts > 0 { try folder.write(before, "rows.jsonl") }
      attempts += 1
      outcome = try await Program(
        "epads", line.split(separator: " ").map(String.init), directory: folder.path, environment: environment
      ).outcome()
    } while outcome.status == 128 + SIGABRT && attempts < 5
    return outcome
  }

  /// What the device is to blame for says nothing of a network: such rows are not written, and made again later.
  @Test(.enabled(if: FallbackTests.hasDevice)) func rowsThatADeviceLostAreNotWritten() async throws {
    let options = "--backend opencl --on-error continue"
    let outcome = try await run("\(Self.study) \(options)", "clEnqueueReadBuffer:8+:-5")
    #expect(outcome.status == 1, "\(outcome.errors)")
    let written = try lines
    #expect((2...4).contains(written.count), "\(outcome.errors)")
    #expect(written.allSatisfy { $0.status == "ok" && $0.epads != nil && $0.backend == "opencl" })
    let lost = 6 - written.count
    let hint = "the same command with --resume continues"
    #expect(outcome.errorLines.last == "Error: the device failed on \(lost) rows; \(hint)", "\(outcome.errors)")
    #expect(outcome.errors.contains("\(lost) architectures without a score, left out of the comparison; the first: "))
    #expect(outcome.errors.contains("clEnqueueReadBuffer"))
    #expect(outcome.output.contains("n = \(written.count), failed: \(lost), without accuracy: 0"))

    // The file is completed, and is that of a run without a fault.
    let resumed = try await run("\(Self.study) \(options) --resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resuming: \(written.count) rows there, \(lost) left"), "\(resumed.errors)")
    let whole = try lines
    let reference = try await run(Self.study.replacing("rows.jsonl", with: "cpu.jsonl") + " --backend cpu")
    #expect(reference.status == 0 && reference.output == resumed.output, "\(reference.errors)")
    let expected = try folder.text("cpu.jsonl").split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    #expect(whole.map(\.arch) == expected.map(\.arch) && whole.map(\.epads) == expected.map(\.epads))
  }

  /// Without a word on errors the first one ends it, after the rows before it.
  @Test(.enabled(if: FallbackTests.hasDevice)) func aStudyStopsAtALostDevice() async throws {
    let outcome = try await run("\(Self.study) --backend opencl", "clEnqueueReadBuffer:8+:-5")
    #expect(outcome.status == 1 && outcome.output == "", "\(outcome.errors)")
    let written = try lines.count
    #expect((2...4).contains(written))
    #expect(
      outcome.errorLines.last?.hasSuffix(
        "; stopped after \(written) of 6 rows; the same command with --resume continues") == true, "\(outcome.errors)")
    let resumed = try await run("\(Self.study) --backend opencl --resume")
    #expect(resumed.status == 0 && resumed.errors.contains("resuming: \(written) rows there, \(6 - written) left"))
    #expect(try lines.count == 6)
  }

  /// A row that a device lost would change the course of a search.
  @Test(.enabled(if: FallbackTests.hasDevice)) func aSearchEndsAtALostDevice() async throws {
    let search = "search --samples 4 --batch 2 --threads 1 --in-flight 1 --backend opencl --output rows.jsonl"
    let outcome = try await run(search, "clEnqueueReadBuffer:6+:-5")
    #expect(outcome.status == 1 && outcome.output == "", "\(outcome.errors)")
    let written = try lines
    #expect((1...3).contains(written.count) && written.allSatisfy { $0.status == "ok" })
    let resumed = try await run("\(search) --resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try lines.count == 4)
  }

  /// Under auto nothing is lost: the rows after the failure are the processor's.
  @Test(.enabled(if: FallbackTests.hasDevice)) func theProcessorGoesOnWithAStudy() async throws {
    let outcome = try await run(Self.study, "clEnqueueReadBuffer:8+:-5")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let written = try lines
    #expect(written.count == 6 && written.first?.backend == "opencl" && written.last?.backend == "cpu")
    #expect(outcome.errors.contains("cpu goes on"))
  }
}
