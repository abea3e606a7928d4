import Foundation
import TestSupport
import Testing

/// The program on a device that fails, or where there is none.
@Suite struct FallbackTests {
  static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  static let faultyLibrary = products.appendingPathComponent("libFaultyOpenCL.so").path
  static let hasDevice = !Found.candidates.isEmpty

  /// Cells without 3x3 convolutions: quick with the kernels for GPUs on a processor, too.
  static let architectures = [
    "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|",
    "|skip_connect~0|+|none~0|avg_pool_3x3~1|+|none~0|none~1|skip_connect~2|",
    "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|skip_connect~2|",
    "|none~0|+|skip_connect~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|",
  ]

  struct Outcome {
    var status: Int32
    var rows: [[String: Any]]
    var errorLines: [String]

    /// What must not depend on the backend.
    func comparable() throws -> [String] {
      try rows.map { row in
        let row = row.filter { !["ms", "backend", "device"].contains($0.key) }
        return String(decoding: try JSONSerialization.data(withJSONObject: row, options: .sortedKeys), as: UTF8.self)
      }
    }

    var backends: [String] { rows.map { $0["backend"] as? String ?? "none" } }
    var failed: [Bool] { rows.map { $0["status"] as? String == "failed" } }
    func lines(with text: String) -> [String] { errorLines.filter { $0.contains(text) } }
  }

  /// Scores four architectures.
  ///
  /// One at a time: PoCL 3.1 aborts now and then where several of its queues are busy (pocl_release_dlhandle_cache).
  private func score(
    _ arguments: [String] = [], _ environment: [String: String] = [:], inFlight: Int = 1
  ) throws -> Outcome {
    try run(
      ["score", "--batch", "2", "--layers", "--format", "jsonl", "--threads", "1", "--in-flight", "\(inFlight)"]
        + Self.architectures + arguments, environment)
  }

  private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Outcome {
    let process = Process()
    process.executableURL = Self.products.appendingPathComponent("epads")
    process.arguments = arguments
    var inherited = ProcessInfo.processInfo.environment
    for name in ["EPADS_BACKEND", "EPADS_DEVICE", "EPADS_FAULTS", "EPADS_FAULTY_DEVICE_TYPE"] { inherited[name] = nil }
    process.environment = inherited.merging(environment) { $1 }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("epads-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func stream(_ name: String) throws -> (URL, FileHandle) {
      let url = folder.appendingPathComponent(name)
      try Data().write(to: url)
      return (url, try FileHandle(forWritingTo: url))
    }
    let (output, outputHandle) = try stream("output")
    let (errors, errorsHandle) = try stream("errors")
    process.standardOutput = outputHandle
    process.standardError = errorsHandle
    try process.run()
    process.waitUntilExit()
    func lines(_ url: URL) throws -> [String] {
      try String(decoding: Data(contentsOf: url), as: UTF8.self).split(separator: "\n").map(String.init)
    }
    return Outcome(
      status: process.terminationStatus,
      rows: try lines(output).map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }, errorLines: try lines(errors))
  }

  /// Every device passes for a GPU, and calls fail.
  private func faulty(_ faults: String = "") -> [String: String] {
    ["EPADS_OPENCL_LIBRARY": Self.faultyLibrary, "EPADS_FAULTY_DEVICE_TYPE": "gpu", "EPADS_FAULTS": faults]
  }

  @Test(.enabled(if: hasDevice)) func autoTakesAGPU() throws {
    let reference = try score(["--backend", "cpu"])
    #expect(reference.status == 0)
    let outcome = try score([], faulty())
    #expect(outcome.status == 0)
    #expect(outcome.backends == Array(repeating: "opencl", count: 4))
    #expect(try outcome.comparable() == reference.comparable())
    #expect(outcome.lines(with: "backend: opencl").count == 1)
    #expect(outcome.lines(with: "first usable GPU").count == 1)
  }

  // A run reads twice: the flag, then the counts. The fifth read is the third architecture's first.

  @Test(.enabled(if: hasDevice)) func aLostDeviceIsLeftToTheCPU() throws {
    let reference = try score(["--backend", "cpu"])
    let outcome = try score([], faulty("clEnqueueReadBuffer:5+:-5"))
    #expect(outcome.status == 0)
    #expect(outcome.backends == ["opencl", "opencl", "cpu", "cpu"])
    #expect(try outcome.comparable() == reference.comparable())
    #expect(outcome.lines(with: "clEnqueueReadBuffer").count == 1)
    #expect(outcome.lines(with: "cpu goes on").count == 1)
  }

  /// Several in flight that fail together, on a device that does not come back: one warning, and no row is wrong or
  /// lost.
  @Test(.enabled(if: Found.overlapping != nil)) func severalInFlightAreLeftToTheCPU() throws {
    let reference = try score(["--backend", "cpu"])
    let outcome = try score([], faulty("clEnqueueReadBuffer:4+:-5"), inFlight: 3)
    #expect(outcome.status == 0)
    #expect(outcome.backends.last == "cpu")
    #expect(try outcome.comparable() == reference.comparable())
    #expect(outcome.lines(with: "cpu goes on").count == 1)
  }

  @Test(.enabled(if: hasDevice)) func oneFailureIsTriedAgain() throws {
    let reference = try score(["--backend", "cpu"])
    let outcome = try score(["--backend", "opencl"], faulty("clEnqueueReadBuffer:5:-5"))
    #expect(outcome.status == 0)
    #expect(outcome.backends == Array(repeating: "opencl", count: 4))
    #expect(try outcome.comparable() == reference.comparable())
    #expect(outcome.lines(with: "works again").count == 1)
  }

  @Test(.enabled(if: hasDevice)) func aDeviceThatWasAskedForStops() throws {
    let reference = try score(["--backend", "cpu"])
    let outcome = try score(["--backend", "opencl"], faulty("clEnqueueReadBuffer:5+:-5"))
    #expect(outcome.status == 1)
    #expect(try outcome.comparable() == Array(reference.comparable().prefix(2)))
    #expect(outcome.lines(with: "clEnqueueReadBuffer").count == 1)
    #expect(outcome.lines(with: "CL_OUT_OF_RESOURCES").count == 1)
  }

  @Test(.enabled(if: hasDevice)) func errorsCanBeRows() throws {
    let reference = try score(["--backend", "cpu"])
    let outcome = try score(
      ["--backend", "opencl", "--on-error", "continue"], faulty("clEnqueueReadBuffer:5+:-5"))
    #expect(outcome.status == 3)
    #expect(outcome.failed == [false, false, true, true])
    #expect(try outcome.comparable().prefix(2) == reference.comparable().prefix(2))
    for row in outcome.rows.suffix(2) { #expect((row["error"] as? String)?.contains("clEnqueueReadBuffer") == true) }
    #expect(outcome.lines(with: "2 of 4 rows without a score").count == 1)
  }

  /// A device whose kernels do not compile is passed over.
  @Test(.enabled(if: hasDevice)) func aDeviceWithoutACompilerIsPassedOver() throws {
    let faults = faulty("clBuildProgram:1+:-11")
    let outcome = try score(["--no-program-cache"], faults)
    #expect(outcome.status == 0)
    #expect(outcome.backends == Array(repeating: "cpu", count: 4))
    #expect(outcome.lines(with: "clBuildProgram").count == 1)
    let asked = try score(["--no-program-cache", "--backend", "opencl"], faults)
    #expect(asked.status == 1)
    #expect(asked.rows.isEmpty)
    #expect(asked.lines(with: "clBuildProgram").count == 1)
  }

  /// Ways in which a machine can be without OpenCL.
  enum Absence: CaseIterable {
    case library, brokenLibrary, drivers, brokenDriver

    func environment(folder: String) throws -> [String: String] {
      switch self {
      case .library: return ["EPADS_OPENCL_LIBRARY": "/nonexistent/libOpenCL.so.1"]
      case .brokenLibrary:
        try Data().write(to: URL(fileURLWithPath: folder + "/libOpenCL.so.1"))
        let path = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? ""
        return ["EPADS_OPENCL_LIBRARY": "", "LD_LIBRARY_PATH": folder + (path.isEmpty ? "" : ":" + path)]
      case .drivers: return ["OCL_ICD_VENDORS": folder, "EPADS_OPENCL_LIBRARY": ""]
      case .brokenDriver:
        try Data("/nonexistent/libdriver.so\n".utf8).write(to: URL(fileURLWithPath: folder + "/broken.icd"))
        return ["OCL_ICD_VENDORS": folder, "EPADS_OPENCL_LIBRARY": ""]
      }
    }
  }

  @Test(arguments: Absence.allCases) func withoutOpenCLTheCPUScores(absence: Absence) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("epads-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = try absence.environment(folder: folder.path)

    let reference = try score(["--backend", "cpu"], environment)
    #expect(reference.status == 0)
    #expect(reference.lines(with: "OpenCL").isEmpty)
    let outcome = try score([], environment)
    #expect(outcome.status == 0)
    #expect(outcome.backends == Array(repeating: "cpu", count: 4))
    #expect(try outcome.comparable() == reference.comparable())
    // Said where there is a driver of a GPU, whose owner would want to know.
    let drivers = ["/dev/nvidiactl", "/dev/kfd", "/dev/dri/renderD128"]
    let hasDriver = drivers.contains { FileManager.default.fileExists(atPath: $0) }
    #expect(outcome.lines(with: "backend: cpu").count == (hasDriver ? 1 : 0))
    #expect(outcome.lines(with: "no GPU: ").count == (hasDriver ? 1 : 0))

    let asked = try score(["--backend", "opencl"], environment)
    #expect(asked.status == 1)
    #expect(asked.rows.isEmpty)
    #expect(asked.errorLines.count == 1, "\(asked.errorLines)")
    // A path that was set wrongly is to be corrected; everything else is installed.
    let advice = absence == .library ? "EPADS_OPENCL_LIBRARY" : "install"
    #expect(asked.lines(with: advice).count == 1, "\(asked.errorLines)")
  }

  private static let latency = [
    "latency", "--image-size", "8", "--batch", "2", "--seconds", "0.02", "--precision", "0.5", "--per-layer",
    "--format",
    "jsonl",
  ]

  @Test(.enabled(if: hasDevice)) func latenciesHaveTheDevicesTime() throws {
    let outcome = try run(Self.latency + Self.architectures, faulty())
    #expect(outcome.status == 0, "\(outcome.errorLines)")
    #expect(outcome.backends == Array(repeating: "opencl", count: 4))
    for row in outcome.rows {
      let device = try #require(row["device_ms"] as? Double)
      #expect(device > 0)
      #expect((row["peak_share"] as? Double ?? 0) > 0 && (row["peak_bytes"] as? Int ?? 0) > 0)
      let layers = try #require(row["layers"] as? [[String: Any]])
      #expect(layers.last?["name"] as? String == "classifier")
      #expect(layers.contains { ($0["ms"] as? Double ?? 0) > 0 })
    }
  }

  /// A device that is lost makes rows with the reason, and no time of another device.
  @Test(.enabled(if: hasDevice)) func latenciesOfALostDeviceFail() throws {
    let outcome = try run(Self.latency + Self.architectures, faulty("clEnqueueReadBuffer:40+:-5"))
    #expect(outcome.status == 3)
    #expect(outcome.failed == Array(repeating: true, count: 4))
    #expect(outcome.rows.allSatisfy { ($0["error"] as? String ?? "").contains("clEnqueueReadBuffer") })
    #expect(outcome.rows.allSatisfy { $0["latency_ms"] == nil && $0["params"] is Int })
  }
}
