import ArgumentParser
import Foundation
import Randomness
import Scoring
import SearchSpaces
import Studies

struct CorrelateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "correlate",
    abstract: "Scores architectures whose trained accuracy is known, and says how well the scores rank them.",
    discussion: """
      Kendall's tau-b and Spearman's rho with 95 % bootstrap intervals, for every proxy and for the baselines that a proxy \
      has to beat. The accuracies are part of the program.

        epads correlate --space nasbench201 --sample 100 --batch 32
        epads correlate --sample 1000 --output scores.jsonl --plot scores.svg
        epads correlate --sample 1000 --output scores.jsonl --resume
      """)

  @OptionGroup var scoring: ScoringOptions

  @Flag(help: "Score every architecture of the space.")
  var all = false

  @Option(help: ArgumentHelp("Score a random sample of the space.", valueName: "n"))
  var sample: Int?

  @Option(help: "Seed of the sample and of the bootstrap; a larger sample holds the smaller ones of its seed.")
  var sampleSeed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Proxies that cost a forward pass, with commas between them: \(ProxyList.all).", valueName: "names"))
  var proxies = ProxyList(Set(Proxy.allCases))

  @OptionGroup var backend: BackendOptions

  @Option(help: ArgumentHelp("Append every row to a file of JSON lines as it comes.", valueName: "file"))
  var output: String?

  @Flag(help: "Continue the file of --output where it ends.")
  var resume = false

  @Option(help: ArgumentHelp("Draw score against accuracy.", valueName: "file.svg"))
  var plot: String?

  @Option(help: "Bootstrap resamples.")
  var resamples = 1000

  @Option(help: "How the correlations are written to standard output.")
  var format = OutputFormat.table

  func validate() throws {
    guard all != (sample != nil) else { throw ValidationError("give either --all or --sample") }
    if let sample, sample < 2 { throw ValidationError("--sample must be at least 2") }
    guard !resume || output != nil else { throw ValidationError("--resume needs --output") }
    guard (0...100_000).contains(resamples) else { throw ValidationError("--resamples must be from 0 to 100000") }
  }

  mutating func run() throws {
    let space = scoring.space.space
    let architectures = try sampled(space)
    // Refused now rather than after an hour of work.
    let plotWriter = try plot.map { path throws(FileError) in try PlotFile(path: path) }
    let images = try scoring.loadImages()
    let scorer = Scorer(
      backend: try backend.select(), images: images, sigma: scoring.sigma, proxies: proxies.proxies)
    let study = Study(space: space, scorer: scorer, seeds: scoring.seeds)
    let writer = try output.map { path throws(FileError) in try LineWriter(path: path, keepingContents: resume) }
    let wanted = Set(architectures)
    var rows = try resume ? RowFile.repair(path: output ?? "") : []
    let items = try study.items(architectures, without: rows)
    rows = rows.filter { row in
      wanted.contains(Architecture(text: row.arch, index: row.index)) && study.seeds.contains(row.seed)
        && study.configuration.covers(row)
    }
    try noteMemory(study, architectures)
    if !rows.isEmpty { note("resuming: \(rows.count) rows are there, \(items.count) are left") }
    let hint = output == nil ? "" : "; the same command with --resume continues"
    let start = ContinuousClock.now
    _ = try StudyRun(study, label: "scoring", afterInterrupt: hint).run(items) { row in
      try writer?.append(RowFile.line(row))
      rows.append(row)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if !items.isEmpty {
      note("scored \(items.count) rows in \(fixed(seconds, 1)) s, \(fixed(1000 * seconds / Double(items.count), 0)) ms each")
    }
    let report = CorrelationReport(
      rows: rows, proxies: proxies.proxies, truth: scoring.space.truth,
      bootstrap: Bootstrap(seed: sampleSeed, resamples: resamples))
    try plotWriter?.write(report.plot(title: title(images), of: Predictor.all(with: proxies.proxies)).svg())
    try CorrelationOutput(report: report, title: title(images), repeats: scoring.repeats)
      .write(format, to: LineWriter())
    guard report.count > 1 else { throw Failure("no two architectures could be compared") }
  }

  private func title(_ images: Images) -> String {
    "\(scoring.space.rawValue), \(images.source) images as \(scoring.dataset.rawValue), batch \(scoring.batch), "
      + "sigma \(scoring.sigma), seed \(scoring.seed)" + (scoring.repeats > 1 ? " and \(scoring.repeats - 1) more" : "")
  }

  private func sampled(_ space: any SearchSpace) throws -> [Architecture] {
    let indices: [Int]
    if let sample {
      guard sample <= space.count else {
        throw Failure("--sample \(sample) is more than the \(space.count) architectures of \(space.name)", status: 2)
      }
      let stream = RandomStream(seed: sampleSeed, domain: .architectures, name: space.name)
      indices = sampleWithoutReplacement(sample, of: space.count, stream: stream)
    } else {
      indices = Array(0..<space.count)
    }
    return try indices.map { index throws(ArchitectureError) in try space.architecture(index: index) }
  }
}

/// A file that is opened before the work and filled after it.
struct PlotFile {
  private let handle: FileHandle
  private let path: String

  init(path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(.cannotOpen, "cannot open '\(path)' for writing: \(String(cString: strerror(errno)))")
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    self.path = path
  }

  func write(_ text: String) throws(FileError) {
    do {
      // A pipe cannot be cut.
      try? handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw FileError(.cannotWrite, "cannot write '\(path)': \(error.localizedDescription)")
    }
  }
}
