import ArchitectureLists
import ArgumentParser
import Files
import Foundation
import Reports
import Runs
import Scoring
import Studies
import Terminal

struct RankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank",
    abstract: "Ranks a list of architectures, the best first.",
    discussion: """
      Scores a list, and prints rank, name and score, the spread over seeds, and the ranks that parameters and the \
      other numbers would give: a score that only repeats them is worth nothing. '=' marks equal scores, '~' a score \
      that is no further below the one above it than their spread.

        epads rank --batch 32 --index 0 --index 1462 --index 14746
        epads rank --batch 32 --repeats 3 --top 5 --sample 20
        seq 0 9 | epads rank --from - --batch 32 --format csv --output rows.jsonl
      """)

  @OptionGroup var source: ArchitectureOptions

  @OptionGroup var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "Proxies that cost a forward pass, with commas between them: \(ProxyList.all). Default: the one of --by, else "
        + "epads.", valueName: "names"))
  var proxies: ProxyList?

  @Option(help: "The number to rank by, the highest first.")
  var by = MetricChoice<RowNumbers>(.epads)

  @Option(parsing: .unconditional, help: ArgumentHelp("Print so many of the best. Default: all.", valueName: "k"))
  var top: Int?

  @Flag(help: "Show parameters, FLOPs and ReLUs themselves, beside the ranks that they give.")
  var costs = false

  @OptionGroup var backend: BackendOptions

  @Option(help: "What to do when a device that was asked for fails twice; with auto the CPU goes on.")
  var onError = ErrorPolicy.stop

  @Option(help: "How the ranking is written to standard output.")
  var format = OutputFormat.table

  @Option(
    help: ArgumentHelp(
      "Append the row of every architecture and seed to a file as it comes: JSON lines, or CSV where its name ends in "
        + ".csv.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Continue the file of --output where it ends.")
  var resume = false

  @OptionGroup var outputs: OutputOptions

  @Flag(help: DryRun.help)
  var dryRun = false

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    try source.validate(with: scoring.space)
    if let top, top < 1 { throw ValidationError("--top must be at least 1") }
    try outputs.validateRows(output, resume: resume, instead: "the ranking")
    try outputs.validate([("--output", output)], inputs: [scoring.images] + source.inputs, resume: resume)
    if let proxies, let proxy = by.metric.proxy, !proxies.proxies.contains(proxy) {
      throw ValidationError("--by \(by.metric.key) needs --proxies with \(proxy.rawValue)")
    }
  }

  private var chosenProxies: Set<Proxy> { proxies?.proxies ?? [by.metric.proxy ?? .epads] }

  mutating func run() throws {
    let list = try source.read(&scoring.space, streams: !dryRun)
    let images = try scoring.loadImagesOfFile()
    let rowsFile =
      dryRun
      ? nil
      : try outputs.rowsFile(
        output, resume: resume, proxies: chosenProxies, repeats: scoring.repeats, columns: list.columns)
    let run = try ScoringRun(
      list, scoring: scoring, images: images, proxies: chosenProxies, backend: backend, onError: onError,
      isStrict: source.list.strict)
    if dryRun { return try DryRun(run, files: [DryRun.File("--output", output, isContinued: resume)]).report() }
    let stored: [Row] = try rowsToContinue(output, resume: resume)
    var rows: [(row: Row, position: Int)] = []
    var lost = 0
    let hint = output == nil ? "" : StoppedRun.hint
    // A run that is stopped is ranked as far as it came: nothing that was scored is lost.
    let outcome = Result {
      try run.run(without: stored, hint: hint) { row, deviceFailed, position in
        // A device's failure says nothing about the network: the row is not written, so that --resume tries again.
        if deviceFailed { lost += 1 } else { try rowsFile?.append(row) }
        rows.append((row, position))
      } taken: { row, position in
        rows.append((row, position))
      }
    }
    // Of equal scores the earlier one of the list comes first, whether its row was there or has been made.
    rows.sort { $0.position < $1.position }
    let ranking = Ranking(rows.map(\.row), by: by.metric, others: Metric.measured(by: chosenProxies))
    let table = RankTable(
      ranking, title: run.study.title, top: top, repeats: scoring.repeats, showsCosts: costs, input: list.columns)
    try inTurn(
      {
        guard !rows.isEmpty else { return }
        try format.write(table, to: LineWriter(), width: outputWidth(isStandardOutput: true))
      }, { try rowsFile?.finish() }, {})
    let end = try outcome.get()
    if lost > 0 { throw Failure("the device failed on \(counted(lost, "row"))\(hint)") }
    try end.end()
  }
}
