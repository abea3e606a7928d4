import ArgumentParser
import Figures
import Files
import Foundation
import Reports
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

  @Option(help: ArgumentHelp("Append every row to a file of JSON lines as it comes.", valueName: "file"))
  var output: String?

  @Flag(help: "Continue the file of --output where it ends.")
  var resume = false

  @Option(help: ArgumentHelp("Draw score against accuracy.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup var outputs: OutputOptions

  @Option(parsing: .unconditional, help: "Bootstrap resamples.")
  var resamples = 1000

  @Option(help: "How the correlations are written to standard output.")
  var format = OutputFormat.table

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
    guard !resume || output != nil else { throw ValidationError("--resume needs --output") }
    guard output != "-" else { throw ValidationError("--output needs a file: standard output has the correlations") }
    try outputs.validate(
      [("--output", output), ("--plot", plot)], inputs: [scoring.images, source.table, nds.path], resume: resume)
    guard (0...100_000).contains(resamples) else { throw ValidationError("--resamples must be from 0 to 100000") }
  }

  mutating func run() throws {
    let file = try nds.read(&scoring.space)
    let space = scoring.space.space
    let (everything, truth) = try source.accuracies(of: scoring.space, file: file)
    let architectures = try sampled(everything, of: space)
    // A file that cannot be written is refused now, and not after an hour of work.
    let plotFile = try outputs.file(plot)
    // A file that cannot be written is refused now, and not after an hour of work.
    let writer = try outputs.rows(output, resume: resume)
    let backend = try backend.select()
    try noteMemory(architectures, scoring: scoring, backend: backend, proxies: proxies.proxies)
    if let file { try noteDifferences(from: file, of: architectures, scoring: scoring) }
    let images = try scoring.loadImages()
    let scorer = Scorer(backend: backend, images: images, sigma: scoring.sigma, proxies: proxies.proxies)
    let study = Study(space: space, scorer: scorer, seeds: scoring.seeds)
    // The writer has locked the file, so no other process changes it meanwhile.
    let stored: [Row] = try rowsToContinue(output, resume: resume)
    let items = try study.items(architectures, without: stored)
    var rows = study.wanted(stored, of: architectures)
    if !stored.isEmpty { note("resuming: \(counted(rows.count, "row")) there, \(items.count) left") }
    let start = ContinuousClock.now
    let hint = output == nil ? "" : "; the same command with --resume continues"
    var lost = 0
    _ = try StudyRun(study, label: "scoring", onError: onError, afterStop: hint).run(items) { row, deviceFailed in
      // A device's failure says nothing about the network: the row is not written, so that --resume tries again.
      if deviceFailed {
        lost += 1
      } else {
        try writer?.append(RowFile.line(row))
      }
      rows.append(row)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if !items.isEmpty {
      let each = fixed(1000 * seconds / Double(items.count), 0)
      note("scored \(counted(items.count, "row")) in \(fixed(seconds, 1)) s, \(each) ms each")
    }
    let report = CorrelationReport(
      rows: rows, proxies: proxies.proxies, truth: truth,
      bootstrap: Bootstrap(seed: sampleSeed, resamples: resamples))
    if let row = rows.first(where: { $0.status == .failed }) {
      let failures = "\(counted(report.failures, "architecture")) without a score, left out of the comparison"
      note("\(failures); the first: \(row.arch): \(row.error ?? "no reason")")
    }
    let table = CorrelationTable(report, title: title(images), repeats: scoring.repeats)
    try inTurn(
      { try format.write(table, to: LineWriter(), width: nil) }, { try writer?.finish() },
      { try plotFile?.write(report.plot(title: title(images), of: proxies.metrics).svg()) })
    guard report.count > 1 else { throw Failure("no two architectures could be compared") }
    if lost > 0 { throw Failure("the device failed on \(counted(lost, "row"))\(hint)") }
  }

  /// Whether architectures and accuracies come from a file.
  private var isOfFile: Bool { source.table != nil || nds.path != nil }

  private func title(_ images: Images) -> String {
    let space = scoring.space.space
    let network = space.name + (space.macro.map { " (\($0))" } ?? "")
    return "\(network), \(images.source) images as \(scoring.dataset.rawValue), batch \(scoring.batch), "
      + "sigma \(scoring.sigma), seed \(scoring.seed)" + (scoring.repeats > 1 ? " and \(scoring.repeats - 1) more" : "")
  }

  private func sampled(
    _ architectures: [ParsedArchitecture], of space: any SearchSpace
  ) throws -> [ParsedArchitecture] {
    guard let sample else { return architectures }
    guard sample <= architectures.count else {
      let whole = isOfFile ? "the file" : space.name
      throw Failure("--sample \(sample) is more than the \(architectures.count) architectures of \(whole)", status: 2)
    }
    return architectures.sample(sample, seed: sampleSeed, space: space)
  }
}
