import ArgumentParser
import Files
import Foundation
import Reports
import Scoring
import SearchSpaces
import Studies
import Terminal

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores architectures.",
    discussion: """
      Architectures come as text, as an index of the space, or from a file. Results go to standard output.

        epads score --index 0 --index 1462 --batch 32
        epads score --batch 32 --proxies epads,naswot \\
          '|nor_conv_3x3~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|none~2|'
        seq 0 9 | epads score --from - --batch 32 --format jsonl --output rows.jsonl
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

  @Option(help: "How results are written.")
  var format = OutputFormat.table

  @Option(help: ArgumentHelp("Write results to a new file instead of standard output, which is -.", valueName: "file"))
  var output: String?

  func validate() throws {
    try source.validate(with: scoring.space)
    guard !(layers && format == .csv) else { throw ValidationError("--layers needs --format table or jsonl") }
  }

  mutating func run() throws {
    let (architectures, file) = try source.read(&scoring.space)
    let space = scoring.space.space
    // A file that cannot be written is refused now, and not after the images are made.
    let writer = try output.flatMap { $0 == "-" ? nil : $0 }.map { path throws(FileError) in
      try LineWriter(path: path, keepingContents: false)
    }
    let backend = try backend.select()
    try noteMemory(architectures, scoring: scoring, backend: backend, proxies: proxies.proxies)
    if let file { try noteDifferences(from: file, of: architectures, scoring: scoring) }
    let scorer = Scorer(
      backend: backend, images: try scoring.loadImages(), sigma: scoring.sigma, proxies: proxies.proxies)
    let study = Study(space: space, scorer: scorer, seeds: scoring.seeds, layers: layers)
    let isOnTerminal = writer == nil && isatty(STDOUT_FILENO) == 1
    let table = ScoreTable(
      proxies: proxies.proxies, repeats: scoring.repeats, layers: layers, width: isOnTerminal ? terminalWidth : nil)
    let output = try format.begin(table, to: writer ?? LineWriter())
    let run = StudyRun(study, label: "scoring", onError: onError, rowsOnTerminal: isOnTerminal)
    let failures = try run.run(try study.items(architectures, without: [])) { row, _ in
      try output.append(row)
    }
    try output.finish()
    if failures > 0 { throw Failure("\(failures) of \(counted(architectures.count * scoring.repeats, "row")) failed") }
  }
}
