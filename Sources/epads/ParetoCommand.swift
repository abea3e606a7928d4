import ArgumentParser
import Figures
import Files
import Foundation
import Latency
import Reports
import Runs
import Scoring
import Studies
import Terminal

struct ParetoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pareto",
    abstract: "Finds the architectures that none beats in both score and cost.",
    discussion: """
      Scores are rows that score, correlate or search have written; the cost is a number of the same rows, or with \
      --latency a time that was measured. Where accuracies are known, the table goes on with what the front is worth: \
      how far its architectures are from the best that cost no more, beside a random choice and the fronts of the \
      baselines.

        epads correlate --sample 100 --batch 32 --output scores.jsonl
        epads pareto --scores scores.jsonl --cost params --plot front.svg
      """)

  @Option(
    help: ArgumentHelp("Rows of scores, JSON lines or CSV; - is standard input.", valueName: "file"),
    completion: .file())
  var scores: String

  @Option(
    help: ArgumentHelp("Rows of latency, JSON lines or CSV; - is standard input.", valueName: "file"),
    completion: .file())
  var latency: String?

  @Option(help: "The score to maximise. Default: epads, or naswot where no row has epads.")
  var objective: MetricChoice<RowNumbers>?

  @Option(help: "The cost to minimise. Default: latency with --latency, else flops.")
  var cost: MetricChoice<Costs>?

  @Option(
    help: ArgumentHelp(
      "Of latencies of several devices those of this one: a part of its name, or its backend.", valueName: "device"))
  var device: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Of latencies of several batches those of this one.", valueName: "n"))
  var latencyBatch: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of latencies with several numbers of threads those with this one.", valueName: "n"))
  var latencyThreads: Int?

  @Option(
    help: ArgumentHelp(
      "Of latencies of several inputs those of this one: a shape such as 3x32x32, or a data set.", valueName: "input"))
  var latencyInput: String?

  @Flag(help: "Leave out latencies with a measurement warning.")
  var excludeDoubtful = false

  @OptionGroup var accuracy: FrontAccuracyOptions

  @Option(help: "How the front is written. Default: what the extension of --output says, else table.")
  var format: OutputFormat?

  @Option(
    help: ArgumentHelp("Write the front to a new file instead of standard output, which is -.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("Draw the front.", valueName: "file.svg"), completion: .file())
  var plot: String?

  @OptionGroup var outputs: OutputOptions

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    guard latency != nil || !chosenCost.isLatency else {
      throw ValidationError("--cost \(chosenCost.key) needs rows of latency: name a file with --latency")
    }
    let selections = [device, latencyBatch.map(String.init), latencyThreads.map(String.init), latencyInput]
    guard latency != nil || selections.allSatisfy({ $0 == nil }) else {
      throw ValidationError("--device, --latency-batch, --latency-threads and --latency-input choose among --latency")
    }
    guard latency != nil || !excludeDoubtful else {
      throw ValidationError("--exclude-doubtful needs rows of latency: name a file with --latency")
    }
    guard objective?.metric != chosenCost else {
      throw ValidationError("--objective and --cost are both \(chosenCost.key): a front needs two numbers")
    }
    let inputs = [scores, latency, accuracy.table, accuracy.nds].compactMap(\.self)
    guard inputs.count(where: { $0 == "-" }) < 2 else { throw ValidationError("only one file can be standard input") }
    try outputs.validate([("--output", output), ("--plot", plot)], inputs: inputs)
    guard plot != "-" else { throw ValidationError("--plot needs a file: standard output has the front") }
    try outputs.validatePicture("--plot", plot)
    _ = try outputs.format(of: output, asked: format)
  }

  func run() throws {
    let plotFile = try outputs.file(plot)
    let writer = try outputs.rows(output)
    let scored: [Row] = try rows(of: scores)
    let timed: [LatencyRow]? = try latency.map { path in try rows(of: path) }
    let candidates: ParetoCandidates
    do {
      candidates = try ParetoCandidates(
        scores: scored, latencies: timed, objective: objective?.metric, cost: chosenCost,
        selection: LatencySelection(
          device: device, batch: latencyBatch, threads: latencyThreads, input: latencyInput),
        excludingDoubtful: excludeDoubtful)
    } catch {
      throw Failure(advised(error), status: 2)
    }
    let report = ParetoReport(candidates, accuracy: try accuracy.accuracy(for: scored, example: candidates.example))
    noteOmissions(of: report)
    let table = FrontTable(report)
    let width = outputWidth(isStandardOutput: writer == nil)
    let format = try outputs.format(of: output, asked: format)
    try inTurn(
      { try format.write(table, to: writer ?? LineWriter(), width: width) },
      { try writer?.finish() }, { try plotFile?.write(report.plot(title: table.title).svg()) })
  }

  private var chosenCost: Metric { cost?.metric ?? (latency == nil ? .multiplyAccumulates : .latency) }

  /// What is wrong with the rows, and the option that mends it.
  private func advised(_ error: any Error) -> String {
    switch error {
    case let error as LatencySelectionError where !error.differing.isEmpty:
      let options = error.differing.map { aspect in
        switch aspect {
        case .device: "--device"
        case .batch: "--latency-batch"
        case .threads: "--latency-threads"
        case .input: "--latency-input"
        }
      }
      return
        "latencies of several settings cannot be compared: choose with \(options.joined(separator: " or ")); there "
        + "are \(error.listed)"
    case let error as DoubtfulLatenciesError:
      return "\(error): measure again on an idle machine, or leave --exclude-doubtful out"
    case let error as FileError where error.code == .noValue: return "\(error): name another --objective"
    case let error as FileError where error.code == .noLatency: return "\(error): name a file with --latency"
    default: return "\(error)"
    }
  }

  private func rows<Stored: StoredRow>(of path: String) throws -> [Stored] {
    let (rows, isUnfinished) = try storedRows(of: path, as: Stored.self)
    if isUnfinished { note("left out: the last line of '\(path)', which is not finished") }
    noteVersions(of: rows, in: path)
    return rows
  }

  /// Says which rows were left out, and which may be wrong.
  private func noteOmissions(of report: ParetoReport) {
    let omissions = report.candidates.omissions
    func leftOut(_ count: Int, _ thing: String, _ reason: String, plural things: String? = nil, first: String? = nil) {
      guard count > 0 else { return }
      note("left out: \(counted(count, thing, things)) \(reason)" + (first.map { "; the first: \($0)" } ?? ""))
    }
    leftOut(omissions.withoutScore, "architecture", "without a score", first: omissions.firstFailure)
    leftOut(
      omissions.withoutLatency, "architecture", "whose latency failed", first: omissions.firstLatencyFailure)
    if chosenCost.isLatency {
      leftOut(omissions.excludedDoubts, "architecture", "whose latency is in doubt")
    } else {
      leftOut(omissions.excludedDoubts, "latency", "in doubt", plural: "latencies")
    }
    leftOut(omissions.onlyScored, "architecture", "with scores and no row of latency")
    leftOut(omissions.onlyTimed, "architecture", "with a latency and no row of scores")
    leftOut(omissions.otherNetworks, "row", "of latency of other spaces or macro architectures")
    if report.withoutAccuracy == report.candidates.candidates.count {
      note("warning: no architecture of the scores has an accuracy there: nothing says what the front is worth")
    } else if report.withoutAccuracy > 0 {
      note("\(counted(report.withoutAccuracy, "architecture")) without an accuracy: not counted in the front's worth")
    }
    if omissions.differing > 0 {
      note(
        "warning: parameters or FLOPs of \(counted(omissions.differing, "architecture")) differ between the two files: "
          + "were both made with the same data set and the same macro architecture?")
    }
    if omissions.doubtful > 0 {
      note(
        "warning: \(counted(omissions.doubtful, "latency", "latencies")) in doubt; the first: "
          + (omissions.firstDoubt ?? ""))
    }
  }
}
