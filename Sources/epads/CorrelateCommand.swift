import Accuracies
import ArchitectureLists
import ArgumentParser
import Figures
import Files
import Foundation
import Reports
import Runs
import Scoring
import SearchSpaces
import Statistics
import Studies
import Terminal

struct CorrelateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "correlate",
    abstract: "Scores architectures whose trained accuracy is known, and says how well the scores rank them.",
    discussion: """
      Kendall's tau-b and Spearman's rho with 95 % bootstrap intervals, for every proxy and for the baselines that a \
      proxy has to beat. Accuracies of NAS-Bench-201 are part of the program; those of other architectures come from a \
      file: CSV or JSON with a column of architectures and one with "acc" in its name, or the published JSON of NDS.

        epads correlate --space nasbench201 --sample 100 --batch 32
        epads correlate --sample 1000 --output scores.jsonl --plot scores.svg
        epads correlate --sample 1000 --output scores.jsonl --resume
      """)

  @OptionGroup var scoring: ScoringOptions

  @OptionGroup var source: AccuracyOptions

  @OptionGroup var nds: NDSOptions

  @Flag(help: "Score every architecture of the space.")
  var all = false

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Score a random sample of the space, or of the file.", valueName: "n"))
  var sample: Int?

  @Option(
    parsing: .unconditional,
    help: "Seed of the sample and of the bootstrap; a larger sample holds the smaller ones of its seed.")
  var sampleSeed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Proxies that cost a forward pass, with commas between them: \(ProxyList.all).", valueName: "names"))
  var proxies = ProxyList(Set(Proxy.allCases))

  @OptionGroup var backend: BackendOptions

  @Option(help: "What to do when a device that was asked for fails twice; with auto the CPU goes on.")
  var onError = ErrorPolicy.stop

  @Option(
    help: ArgumentHelp(
      "Append every row to a file as it comes: JSON lines, or CSV where its name ends in .csv.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Continue the file of --output where it ends.")
  var resume = false

  @Option(help: ArgumentHelp("Draw score against accuracy.", valueName: "file.svg"), completion: .file())
  var plot: String?

  @OptionGroup var outputs: OutputOptions

  @Option(parsing: .unconditional, help: "Bootstrap resamples.")
  var resamples = 1000

  @Option(help: "How the correlations are written to standard output.")
  var format = OutputFormat.table

  @Flag(help: DryRun.help)
  var dryRun = false

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    try nds.validate(with: scoring.space)
    guard source.table == nil || nds.path == nil else { throw ValidationError("give either --from or --nds") }
    if !isOfFile {
      guard scoring.space.truth != nil else {
        throw ValidationError(
          "the program carries no accuracies of \(scoring.space.name): give them with --from FILE or --nds FILE"
        )
      }
      guard all || sample != nil else { throw ValidationError("give either --all or --sample") }
    }
    guard !all || sample == nil else { throw ValidationError("give either --all or --sample") }
    if let sample, sample < 2 { throw ValidationError("--sample must be at least 2") }
    try outputs.validateRows(output, resume: resume, instead: "the correlations")
    try outputs.validatePicture("--plot", plot)
    try outputs.validate(
      [("--output", output), ("--plot", plot)], inputs: [scoring.images, source.table, nds.path], resume: resume)
    guard (0...100_000).contains(resamples) else { throw ValidationError("--resamples must be from 0 to 100000") }
  }

  mutating func run() throws {
    let file = try nds.read(&scoring.space)
    _ = try scoring.space.findFiles(list: source.table)
    let space = scoring.space.space
    let source = try source.source(of: scoring.space, file: file)
    let truth = source.truth
    // Entries that nobody can read have rows, too: whoever made the list sees what became of them.
    let entries = try sampled(source.architectures, of: space) + (sample == nil ? source.unreadable : [])
    let images = try scoring.loadImagesOfFile()
    // A file that cannot be written is refused now, and not after an hour of work.
    let plotFile = dryRun ? nil : try outputs.file(plot)
    let rowsFile =
      dryRun
      ? nil
      : try outputs.rowsFile(
        output, resume: resume, proxies: proxies.proxies, repeats: scoring.repeats, columns: source.columns,
        truth: truth.dataSets)
    let list = Listing(entries: entries, columns: source.columns, file: file)
    let run = try ScoringRun(
      list, scoring: scoring, images: images, proxies: proxies.proxies, backend: backend, onError: onError,
      isStrict: self.source.list.strict)
    if dryRun {
      return try DryRun(
        run, files: [DryRun.File("--output", output, isContinued: resume), DryRun.File("--plot", plot)]
      ).report()
    }
    // The writer has locked the file, so no other process changes it meanwhile.
    let stored: [Row] = try rowsToContinue(output, resume: resume)
    var rows: [Row] = []
    let start = ContinuousClock.now
    let hint = output == nil ? "" : StoppedRun.hint
    var lost = 0
    var scored = 0
    _ = try run.run(without: stored, hint: hint) { made, deviceFailed, _ in
      var row = made
      let accuracies = truth.accuracies(of: Architecture(text: row.arch, index: row.index))
      row.truth = accuracies.isEmpty ? nil : accuracies
      // A device's failure says nothing about the network: the row is not written, so that --resume tries again.
      if deviceFailed { lost += 1 } else { try rowsFile?.append(row) }
      rows.append(row)
      scored += 1
    } taken: { row, _ in
      rows.append(row)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if scored > 0 {
      let each = fixed(1000 * seconds / Double(scored), 0)
      note("scored \(counted(scored, "row")) in \(fixed(seconds, 1)) s, \(each) ms each")
    }
    let report = CorrelationReport(
      rows: rows, proxies: proxies.proxies, truth: truth,
      bootstrap: Bootstrap(seed: sampleSeed, resamples: resamples))
    noteFailures(rows, report)
    let table = CorrelationTable(report, title: run.study.title, repeats: scoring.repeats)
    try inTurn(
      { try format.write(table, to: LineWriter(), width: outputWidth(isStandardOutput: true)) },
      { try rowsFile?.finish() },
      { try plotFile?.write(report.plot(title: run.study.title, of: proxies.metrics).svg()) })
    guard report.count > 1 else { throw Failure("no two architectures could be compared") }
    if lost > 0 { throw Failure("the device failed on \(counted(lost, "row"))\(hint)") }
  }

  /// Says which architectures were left out, and which data sets rank nothing.
  private func noteFailures(_ rows: [Row], _ report: CorrelationReport) {
    if let row = rows.first(where: { $0.status == .failed }) {
      let failures = "\(counted(report.failures, "architecture")) without a score, left out of the comparison"
      note("\(failures); the first: \(row.name ?? row.arch): \(row.error ?? "no reason")")
    }
    for dataSet in report.truth.dataSets where report.count > 1 {
      guard let accuracies = report.accuracies(on: dataSet), Set(accuracies).count == 1 else { continue }
      note("all accuracies in '\(dataSet)' are equal: there is nothing to rank, and no correlation")
    }
  }

  /// Whether architectures and accuracies come from a file.
  private var isOfFile: Bool { source.table != nil || nds.path != nil }

  private func sampled(
    _ architectures: [ListedArchitecture], of space: any SearchSpace
  ) throws -> [ListedArchitecture] {
    guard let sample else { return architectures }
    guard sample <= architectures.count else {
      let whole = isOfFile ? "the file" : space.name
      throw Failure("--sample \(sample) is more than the \(architectures.count) architectures of \(whole)", status: 2)
    }
    return architectures.sample(sample, seed: sampleSeed, space: space)
  }
}
