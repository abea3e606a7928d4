import ArchitectureLists
import ArgumentParser
import Compute
import Files
import Foundation
import Latency
import NetworkGraph
import Reports
import Runs
import Scoring
import SearchSpaces
import Terminal

struct LatencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency",
    abstract: "Measures how long architectures take, in evaluation mode.",
    discussion: """
      The network as it would be deployed: batch normalisation folded into the convolutions, ReLUs fused, nothing \
      counted. Every round runs each architecture for a moment, until the 95 % confidence interval of its median is \
      narrow enough or its time is spent; rows say which, and whether anything on the machine speaks against the times.

        epads latency --index 1462 --index 0
        epads latency --sample 20 --seconds 0.2 --format jsonl --output latency.jsonl
        epads latency --space darts --batch 8 --seconds 0.2 --per-layer DARTS_V2
      """)

  @OptionGroup var source: ArchitectureOptions

  @OptionGroup var space: SpaceOptions

  @Option(
    name: .customLong("dataset"),
    help: ArgumentHelp(
      "The data set: image size and classes. Default: imagenet for a space with _in, else cifar10.",
      valueName: "dataset"))
  var namedDataSet: DataSet?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Height and width of the images. Default: those of the data set.", valueName: "n"))
  var imageSize: Int?

  @Option(parsing: .unconditional, help: "Images of a run.")
  var batch = 1

  @Option(
    parsing: .unconditional,
    help: "How precise a median has to be: half the width of its 95 % confidence interval, as a share of it.")
  var precision = 0.02

  @Option(
    parsing: .unconditional, help: "Seconds of timed runs after which an architecture is left as precise as it is.")
  var seconds = 1.0

  @Flag(help: "List the steps of each network and what they take: the slowest (table), or all (jsonl).")
  var perLayer = false

  @OptionGroup var backend: BackendOptions

  @Option(help: "How results are written. Default: what the extension of --output says, else table.")
  var format: OutputFormat?

  @Option(
    help: ArgumentHelp("Write results to a new file instead of standard output, which is -.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Continue the file of --output, which has JSON lines, with what it lacks.")
  var resume = false

  @OptionGroup var outputs: OutputOptions

  @Flag(help: DryRun.help)
  var dryRun = false

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    try source.validate(with: space)
    if let imageSize, !(1...4096).contains(imageSize) { throw ValidationError("--image-size must be from 1 to 4096") }
    guard (1...65_536).contains(batch) else { throw ValidationError("--batch must be from 1 to 65536") }
    guard precision > 0, precision < 1 else { throw ValidationError("--precision must be between 0 and 1") }
    guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds must be above 0 and at most 3600") }
    let format = try outputs.format(of: output, asked: format)
    guard !(perLayer && format == .csv) else { throw ValidationError("--per-layer needs --format table or jsonl") }
    guard !resume || format == .jsonl && output != nil && output != "-" else {
      throw ValidationError("--resume needs --output with a file of JSON lines, such as latency.jsonl")
    }
    try outputs.validate([("--output", output)], inputs: source.inputs, resume: resume)
  }

  /// How many architectures share a round. With more of them, nobody would see a row for too long.
  private static let block = 500

  mutating func run() throws {
    space.network.takesWeights = true
    let list = try source.read(&space, streams: false)
    let searchSpace = space.space
    let path = output.flatMap { $0 == "-" ? nil : $0 }
    let writer = dryRun ? nil : try outputs.rows(path, resume: resume)
    let backend = try backend.select()
    let settings = settings
    let others = min(list.entries.count, Self.block) - 1
    let bytes = try noteMemory(
      list.entries.readable, backend: backend, beside: { min(LatencyStudy.keptBytes, others * $0) }
    ) { architecture in
      try LatencyStudy.memoryBound(of: architecture, in: searchSpace, on: backend, settings: settings)
    }
    let study = try LatencyStudy(space: searchSpace, backend: backend, settings: settings)
    if dryRun { return try report(list, study, bytes, path) }
    // The writer has locked the file, so no other process changes it meanwhile.
    let stored: [LatencyRow] = try rowsToContinue(path, resume: resume)
    let missing = try study.missing(list.entries, in: stored)
    if !stored.isEmpty { note("resuming: \(counted(stored.count, "row")) there, \(missing.count) left") }
    let distance = backend.device.threads ?? 1 > 1 ? CoreToCoreLatency.nanoseconds() : nil
    note(
      "measured: peak \(fixed(study.peak / 1e9, 1)) GMAC/s"
        + (distance.map { ", \(fixed($0, 0)) ns from thread to thread" } ?? ""))
    let table = LatencyTable(
      layers: perLayer, width: outputWidth(isStandardOutput: writer == nil), hasNames: list.hasNames,
      input: list.columns)
    let output = try outputs.format(of: output, asked: format).begin(table, to: writer ?? LineWriter())
    let rows = try measure(missing, study, output)
    try output.finish()
    try writer?.finish()
    noteDoubts(rows)
    if Interrupt.isRequested {
      throw Failure("interrupted after \(rows.count) of \(counted(missing.count, "row"))", status: 130)
    }
    let failures = rows.count { $0.status == .failed }
    if failures > 0 {
      throw Failure("\(failures) of \(counted(rows.count, "row")) without a latency; each says why", status: 3)
    }
  }

  /// What the run would be: a few architectures of the list are measured for it.
  private func report(_ list: Listing, _ study: LatencyStudy, _ bytes: Int, _ path: String?) throws {
    let stored: [LatencyRow] = try resume ? path.map { try RowFile.read(path: $0).rows } ?? [] : []
    let missing = try study.missing(list.entries, in: stored).filter { $0.parsed != nil }
    let measured = stride(from: 0, to: missing.count, by: max(1, missing.count / 3)).prefix(3).map { missing[$0] }
    let start = ContinuousClock.now
    _ = study.measure(measured)
    let seconds = (ContinuousClock.now - start) / .seconds(1) * Double(missing.count) / Double(max(1, measured.count))
    let output = LineWriter()
    let unreadable = list.entries.count { $0.parsed == nil }
    try output.append(
      "architectures: \(list.entries.count)" + (unreadable > 0 ? ", \(unreadable) of them cannot be read" : ""))
    try output.append(
      "time: about \(DryRun.duration(seconds)) on \(study.backend.device.name), from "
        + counted(measured.count, "architecture"))
    try output.append("memory: at most \(megabytes(bytes))")
    guard path != nil else { return }
    try output.append("--output: \(DryRun.fate(of: DryRun.File("--output", path, isContinued: resume)))")
  }

  private var dataset: DataSet { namedDataSet ?? space.dataSet }

  private var settings: LatencyStudy.Settings {
    var input = dataset.shape
    if let imageSize { (input.height, input.width) = (imageSize, imageSize) }
    return LatencyStudy.Settings(
      dataSet: dataset, input: input, batch: batch, precision: precision, seconds: seconds, layers: perLayer)
  }

  private func measure(
    _ architectures: [ListedArchitecture], _ study: LatencyStudy, _ output: RowOutput<LatencyTable>
  ) throws -> [LatencyRow] {
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var progress = ProgressReport("measuring", total: architectures.count)
    defer { progress.clear() }
    var rows: [LatencyRow] = []
    for first in stride(from: 0, to: architectures.count, by: Self.block) where !Interrupt.isRequested {
      let block = Array(architectures[first..<min(architectures.count, first + Self.block)])
      let measured = study.measure(block, isStopRequested: { Interrupt.isRequested }) { share in
        progress.advance(to: first + Int(share * Double(block.count)))
      }
      progress.clear()
      for row in measured { try output.append(row) }
      rows += measured
      if source.list.strict, let row = measured.first(where: { $0.status == .failed }) {
        throw Failure("\(row.name ?? row.arch): \(row.error ?? "no latency"); --strict stopped the run")
      }
    }
    return rows
  }

  /// Says how many medians are less precise than asked for, and how many have a measurement warning, which a table has
  /// said itself.
  private func noteDoubts(_ rows: [LatencyRow]) {
    let late = rows.count { $0.end == .time }
    if late > 0 {
      note(
        "\(late) of \(counted(rows.count, "median")) not within \(fixed(100 * precision, 1)) %: their time of "
          + "\(seconds) s ran out (--seconds)")
    }
    guard (try? outputs.format(of: output, asked: format)) != .table else { return }
    let doubts = rows.reduce(into: LatencyDoubts()) { $0.append($1) }
    if let summary = doubts.summary { note("warning: \(summary)") }
  }
}
