import ArchitectureLists
import ArgumentParser
import Files
import Foundation
import Reports
import Runs
import Scoring
import SearchSpaces
import Studies
import Synchronization
import Terminal

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores architectures, in the order of the list.",
    discussion: """
      Architectures come as text, as an index of the space, or from a file. Results go to standard output, each as \
      soon as it is there.

        epads score --index 0 --index 1462 --batch 32
        epads score --batch 32 --proxies epads,naswot \\
          '|nor_conv_3x3~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|none~2|'
        seq 0 9 | epads score --from - --batch 32 --output rows.jsonl
        seq 0 9 | epads score --from - --batch 32 --output rows.jsonl --resume
      """)

  @OptionGroup var source: ArchitectureOptions

  @OptionGroup var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "Proxies that cost a forward pass, with commas between them: \(ProxyList.all).", valueName: "names"))
  var proxies = ProxyList([.epads])

  @Flag(help: "List the counts of every ReLU site (table and jsonl).")
  var layers = false

  @OptionGroup var backend: BackendOptions

  @Option(help: "What to do when a device that was asked for fails twice; with auto the CPU goes on.")
  var onError = ErrorPolicy.stop

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
    try source.validate(with: scoring.space)
    try outputs.validate([("--output", output)], inputs: [scoring.images] + source.inputs, resume: resume)
    guard !(layers && chosenFormat == .csv) else { throw ValidationError("--layers needs --format table or jsonl") }
    _ = try outputs.format(of: output, asked: format)
    guard !resume || chosenFormat == .jsonl && path != nil else {
      throw ValidationError("--resume needs --output with a file of JSON lines, such as rows.jsonl")
    }
  }

  private var chosenFormat: OutputFormat { (try? outputs.format(of: output, asked: format)) ?? .table }

  /// The file of the results; nil for standard output.
  private var path: String? { output.flatMap { $0 == "-" ? nil : $0 } }

  mutating func run() throws {
    let list = try source.read(&scoring.space, streams: !dryRun)
    let images = try scoring.loadImagesOfFile()
    // A file that cannot be written is refused now, and not after a device is opened.
    let writer = dryRun ? nil : try outputs.rows(path, resume: resume)
    let run = try ScoringRun(
      list, scoring: scoring, images: images, proxies: proxies.proxies, backend: backend, onError: onError,
      isStrict: source.list.strict, layers: layers)
    if dryRun { return try DryRun(run, files: [DryRun.File("--output", path, isContinued: resume)]).report() }
    let width = outputWidth(isStandardOutput: path == nil)
    let table = ScoreTable(
      proxies: proxies.proxies, repeats: scoring.repeats, layers: layers, width: width, hasNames: list.hasNames,
      input: list.columns)
    let stored: [Row] = try rowsToContinue(path, resume: resume)
    let results = try chosenFormat.begin(table, to: writer ?? LineWriter())
    let isResumable = path != nil && chosenFormat == .jsonl
    var lost = 0
    let outcome = try run.run(
      without: stored, rowsOnTerminal: path == nil && isatty(STDOUT_FILENO) == 1,
      hint: isResumable ? StoppedRun.hint : ""
    ) { row, deviceFailed, _ in
      // A device's failure says nothing about the network: a file that can be continued is left without the row.
      if deviceFailed, isResumable { lost += 1 } else { try results.append(row) }
    }
    try results.finish()
    try writer?.finish()
    if lost > 0 { throw Failure("the device failed on \(counted(lost, "row"))\(StoppedRun.hint)") }
    try outcome.end()
  }
}
