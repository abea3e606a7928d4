import Foundation
import Synchronization

/// A built program that runs as a process of its own, and sees no OpenCL device: runs are alike on every machine.
public final class Program: Sendable {
  /// What a process left behind.
  public struct Outcome: Sendable {
    /// The exit status; as a shell counts, 128 and the number of the signal that ended it.
    public var status: Int32
    public var output: String
    public var errors: String

    public var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
    public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// The folder that products are built to: that of the test bundle.
  public static let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path

  private let process = Process()
  private let scratch: ScratchFolder
  private let ended: AsyncStream<Int32>

  /// Starts a program of the products folder.
  ///
  /// - Parameters:
  ///   - input: standard input; empty without it.
  ///   - directory: where it runs; a folder of its own without it.
  ///   - environment: in place of single variables of this process.
  public convenience init(
    _ name: String, _ arguments: [String], input: String = "", directory: String? = nil,
    environment: [String: String] = [:]
  ) throws {
    try self.init(
      path: Program.folder + "/" + name, arguments, input: input, directory: directory, environment: environment)
  }

  /// Starts a shell script that finds the products on its `PATH`.
  public convenience init(
    script: String, input: String = "", directory: String? = nil, environment: [String: String] = [:]
  ) throws {
    var environment = environment
    environment["PATH"] = Program.folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    try self.init(
      path: "/bin/sh", ["-c", script], input: input, directory: directory, environment: environment)
  }

  private init(
    path: String, _ arguments: [String], input: String, directory: String?, environment: [String: String]
  ) throws {
    scratch = try ScratchFolder()
    // Files, not pipes: neither side waits for the other.
    for name in ["output", "errors"] { try scratch.write("", name) }
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("EPADS_") }
      .merging(["OCL_ICD_VENDORS": "/nonexistent"]) { $1 }.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: directory ?? scratch.path)
    let streams = [
      FileHandle(forReadingAtPath: try scratch.write(input, "input")),
      FileHandle(forWritingAtPath: scratch.file("output")), FileHandle(forWritingAtPath: scratch.file("errors")),
    ]
    process.standardInput = streams[0]
    process.standardOutput = streams[1]
    process.standardError = streams[2]
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    ended = stream
    process.terminationHandler = { process in
      let isSignal = process.terminationReason == .uncaughtSignal
      continuation.yield(isSignal ? 128 + process.terminationStatus : process.terminationStatus)
      continuation.finish()
    }
    // A shell that runs the tests in the background has this signal ignored, and a program inherits that.
    signal(SIGINT, SIG_DFL)
    try process.run()
    // The program has its own now. Hundreds of tests run at a time, and a system may allow a thousand open files.
    for stream in streams { try stream?.close() }
  }

  public var isRunning: Bool { process.isRunning }

  public func send(signal number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for the end. To be called once.
  public func outcome() async -> Outcome {
    var status: Int32 = -1
    for await value in ended { status = value }
    return Outcome(status: status, output: scratch.text("output"), errors: scratch.text("errors"))
  }

  /// Suspends the program as soon as a condition holds, and says whether it came to that before the program ended.
  ///
  /// A thread of its own watches, since other tests may keep the threads of tasks busy for minutes. What is suspended
  /// stays where it is until `resume`.
  public func suspends(once condition: @escaping @Sendable () -> Bool) async -> Bool {
    await withCheckedContinuation { continuation in
      Thread { [self] in
        while !condition() {
          guard isRunning else { return continuation.resume(returning: false) }
          usleep(1000)
        }
        send(signal: SIGSTOP)
        continuation.resume(returning: isRunning)
      }.start()
    }
  }

  /// Lets a suspended program go on.
  public func resume() { send(signal: SIGCONT) }
}
