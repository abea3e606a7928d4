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
      Architectures come as text, as an index of the space, or one a line from a file. Results go to standard output.

        epads score --index 0 --index 1462 --batch 32
        epads score --batch 32 --proxies epads,naswot \\
          '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|'
      """)

  @Argument(help: ArgumentHelp("Architectures, as the search space writes them.", valueName: "arch"))
  var architectures: [String] = []

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp("Read architectures or indices, one a line, from a file, or from standard input with -.",
      valueName: "file"))
  var source: String?

  @Option(name: .customLong("index"), help: ArgumentHelp("An index of the space. May be repeated.", valueName: "n"))
  var indices: [Int] = []

  @OptionGroup var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "Proxies that cost a forward pass, with commas between them: \(ProxyList.all).", valueName: "names"))
  var proxies = ProxyList([.epads])

  @Flag(help: "List the counts of every ReLU site (table and jsonl).")
  var layers = false

  @OptionGroup var backend: BackendOptions

  @Option(help: "How results are written.")
  var format = OutputFormat.table

  @Option(help: ArgumentHelp("Write results to a new file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    guard !architectures.isEmpty || source != nil || !indices.isEmpty else {
      throw ValidationError("name an architecture, --index or --from")
    }
    guard !(layers && format == .csv) else { throw ValidationError("--layers needs --format table or jsonl") }
  }

  mutating func run() throws {
    let space = scoring.space.space
    let architectures = try readArchitectures(space)
    let images = try scoring.loadImages()
    let scorer = Scorer(
      backend: try backend.select(), images: images, sigma: scoring.sigma, proxies: proxies.proxies)
    let study = Study(space: space, scorer: scorer, seeds: scoring.seeds, layers: layers)
    let writer = try output.map { path throws(FileError) in try LineWriter(path: path, keepingContents: false) }
    let output = ScoreOutput(
      format: format, writer: writer ?? LineWriter(), proxies: proxies.proxies, repeats: scoring.repeats,
      layers: layers, width: writer == nil && isatty(STDOUT_FILENO) == 1 ? terminalWidth : nil)
    try noteMemory(study, architectures)
    try output.begin()
    let failures = try StudyRun(study, label: "scoring").run(try study.items(architectures, without: [])) { row in
      try output.append(row)
    }
    try output.flush()
    if failures > 0 { throw Failure("\(failures) of \(architectures.count * scoring.repeats) rows failed") }
  }

  /// Every architecture that was named, in the order: arguments, indices, file.
  private func readArchitectures(_ space: any SearchSpace) throws -> [Architecture] {
    do {
      var result = try architectures.map { text throws(ArchitectureError) in try space.architecture(text: text) }
      result += try indices.map { index throws(ArchitectureError) in try space.architecture(index: index) }
      if let source { result += try ArchitectureFile.read(source, space: space) }
      guard !result.isEmpty else { throw Failure("no architecture in '\(source ?? "")'", status: 2) }
      return result
    } catch let error as ArchitectureError {
      throw Failure("\(error)", status: 2)
    }
  }
}
