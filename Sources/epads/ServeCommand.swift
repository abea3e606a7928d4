import ArchitectureLists
import ArgumentParser
import Compute
import Files
import Runs
import Scoring
import Studies
import Terminal

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answers requests on standard input with rows on standard output.",
    discussion: """
      A request is a line: an architecture or an index as it is, or a JSON object with "arch", "index" or "file" (a \
      file with one architecture), and perhaps "id", "name" and "seed". Every request is answered with one row in one \
      line, in the order of the requests, with its "id"; a bad request with a row whose status is failed. The end of \
      the input ends the program. Settings are options, because rows of one process should be comparable.

        echo '{"id": 7, "index": 1462, "seed": 3}' | epads serve --batch 32
        printf '0\\n1462\\n' | epads serve --batch 32 --proxies epads,naswot
      """)

  @OptionGroup var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "Proxies that cost a forward pass, with commas between them: \(ProxyList.all).", valueName: "names"))
  var proxies = ProxyList([.epads])

  @Flag(help: "List the counts of every ReLU site.")
  var layers = false

  @OptionGroup var backend: BackendOptions

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    guard scoring.repeats == 1 else {
      throw ValidationError("--repeats is for lists: send a request with a \"seed\" for each row")
    }
  }

  mutating func run() throws {
    let images = try scoring.loadImages()
    let backend = try backend.select()
    let scorer = Scorer(backend: backend, images: images, sigma: scoring.sigma, proxies: proxies.proxies)
    let study = Study(space: scoring.space.space, scorer: scorer, seeds: scoring.seeds, layers: layers)
    let memory = ScoringMemory(scoring: scoring, backend: backend, proxies: proxies.proxies).check
    let requests = try RequestReader(space: study.space, seed: scoring.seed)
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    let work = OrderedWork(
      width: backend.concurrentRuns, isStopRequested: { Interrupt.isRequested },
      source: {
        do throws(FileError) { return try requests.next() } catch { throw Failure("\(error)", status: 2) }
      }
    ) { request in
      var (row, deviceError) = study.row(Study.Item(listed: request.listed, seed: request.seed), allowing: memory)
      if let deviceError, row.error == deviceError.reason { row.error = advised(deviceError) }
      row.id = request.id
      return row
    }
    defer {
      requests.stop()
      work.stop()
    }
    let output = LineWriter()
    while let row = try work.next() { try output.append(RowFile.line(row)) }
    if Interrupt.isRequested { throw Failure("interrupted after \(counted(output.count, "row"))", status: 130) }
  }
}
