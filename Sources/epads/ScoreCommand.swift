import ArgumentParser
import Foundation
import Scoring
import SearchSpaces
import Studies

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

  @Argument(help: ArgumentHelp("Architectures, as the search space writes them.", valueName: "arch"))
  var architectures: [String] = []

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Read architectures from a file, or from standard input with -: text with one architecture or index a line, CSV or "
        + "JSON.", valueName: "file"))
  var source: String?

  @Option(
    name: .customLong("index"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An index of the space. May be repeated.", valueName: "n"))
  var indices: [Int] = []

  @OptionGroup var nds: NDSOptions

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
    guard !architectures.isEmpty || source != nil || nds.path != nil || !indices.isEmpty else {
      throw ValidationError("name an architecture, --index or --from")
    }
    try nds.validate(with: scoring.space)
    guard !(layers && format == .csv) else { throw ValidationError("--layers needs --format table or jsonl") }
  }

  mutating func run() throws {
    let file = try nds.read(&scoring.space)
    let space = scoring.space.space
    let architectures = try readArchitectures(space) + (file?.entries.map(\.architecture) ?? [])
    // Refused now rather than after the images are made.
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
    let output = ScoreOutput(
      format: format, writer: writer ?? LineWriter(), proxies: proxies.proxies, repeats: scoring.repeats,
      layers: layers, width: isOnTerminal ? terminalWidth : nil)
    try output.begin()
    let run = StudyRun(study, label: "scoring", onError: onError, rowsOnTerminal: isOnTerminal)
    let failures = try run.run(try study.items(architectures, without: [])) { row, _ in
      try output.append(row)
    }
    try output.flush()
    if failures > 0 { throw Failure("\(failures) of \(counted(architectures.count * scoring.repeats, "row")) failed") }
  }

  /// Every architecture that was named, in the order: arguments, indices, --from.
  private func readArchitectures(_ space: any SearchSpace) throws -> [Architecture] {
    do {
      var result = try architectures.map { text throws(ArchitectureError) in try space.architecture(text: text) }
      result += try indices.map { index throws(ArchitectureError) in try space.architecture(index: index) }
      if let source { result += try ArchitectureTable(path: source).architectures(of: space) }
      return result
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }
}
