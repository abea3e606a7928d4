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
import Studies
import Terminal

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Looks for the architectures with the highest score.",
    discussion: """
      Scores random architectures, or those that an evolution breeds, and prints the best; the last line of the table \
      is the text of the best one alone. Where scores are known, --scores repeats the search over them with many seeds \
      and says how good its picks are, and what a random pick and the best of the samples would be.

        epads search --samples 20 --batch 32 --max-params 1M
        epads search --samples 20 --batch 32 --strategy evolution --best 3 \\
          --output rows.jsonl --draw best.svg
        epads search --samples 10 --runs 5 --scores rows.jsonl
      """)

  @OptionGroup var search: SearchOptions

  @OptionGroup var scoring: ScoringOptions

  @OptionGroup var backend: BackendOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("How many of the best to print.", valueName: "k"))
  var best = 1

  @Option(
    help: ArgumentHelp(
      "Append every row to a file as it comes: JSON lines, or CSV where its name ends in .csv.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Take the scores that the file of --output has, and continue it.")
  var resume = false

  @Option(help: ArgumentHelp("Draw the cells of the best.", valueName: "file.svg"), completion: .file())
  var draw: String?

  @OptionGroup var outputs: OutputOptions

  @Option(
    help: ArgumentHelp(
      "Repeat the search over stored scores instead: rows in JSON lines, or a table in CSV with columns index and the "
        + "objective.", valueName: "file"), completion: .file())
  var scores: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How often, with seeds from --search-seed on. Default: 500.", valueName: "n"))
  var runs: Int?

  @Option(help: "How results are written to standard output.")
  var format = OutputFormat.table

  @Flag(help: DryRun.help)
  var dryRun = false

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    let space = try scoring.space.sampledSpace()
    guard draw == nil || space is any DrawnSpace else {
      throw ValidationError("--draw needs a space with cells to draw, such as darts: \(space.name) has none")
    }
    guard best > 0 else { throw ValidationError("--best must be at least 1") }
    try outputs.validateRows(output, resume: resume, instead: "the best")
    try outputs.validatePicture("--draw", draw)
    try outputs.validate(
      [("--output", output), ("--draw", draw)], inputs: [scoring.images, scores], resume: resume)
    if scores == nil {
      guard runs == nil else { throw ValidationError("--runs needs --scores") }
    } else {
      guard output == nil, draw == nil else {
        throw ValidationError("--scores repeats a search over known scores: there is nothing for --output or --draw")
      }
      guard !dryRun else { throw ValidationError("--dry-run is for a search that scores: --scores has the scores") }
      if let runs, !(1...1_000_000).contains(runs) { throw ValidationError("--runs must be from 1 to 1000000") }
    }
  }

  mutating func run() throws {
    do {
      if let scores {
        try repeatSearch(over: scores)
      } else if dryRun {
        try reportOnly()
      } else {
        try searchOnce()
      }
    } catch let error as SearchError {
      throw Failure("\(error): \(search.advice)", status: 2)
    }
  }

  private var metric: Metric { search.objective.metric }

  /// Says what the search would be. What an evolution breeds is not known before: random architectures stand for it.
  private func reportOnly() throws {
    let space = try scoring.space.sampledSpace()
    let random = try search.search(space, for: scoring.dataset).randomArchitectures()
    let run = try ScoringRun(
      Listing(entries: random.map { ListedArchitecture($0) }, columns: []), scoring: scoring,
      images: try scoring.loadImagesOfFile(), proxies: search.proxies, backend: backend, onError: .stop, isStrict: false
    )
    try DryRun(
      run, files: [DryRun.File("--output", output, isContinued: resume), DryRun.File("--draw", draw)]
    ).report()
  }

  private func searchOnce() throws {
    // A file that cannot be written is refused now, and not after an hour of work.
    let drawing = try outputs.file(draw)
    let rowsFile = try outputs.rowsFile(
      output, resume: resume, proxies: search.proxies, repeats: scoring.repeats, columns: [])
    let images = try scoring.loadImages()
    let scorer = Scorer(
      backend: try backend.select(), images: images, sigma: scoring.sigma, proxies: search.proxies)
    let space = try scoring.space.sampledSpace()
    let study = Study(space: space, scorer: scorer, seeds: scoring.seeds)
    // The writer has locked the file, so no other process changes it meanwhile.
    let stored: [Row] = try rowsToContinue(output, resume: resume)
    var rows = try ScoredRows(study, stored: stored)
    if !stored.isEmpty { note("resuming: \(counted(rows.count, "row")) there") }
    let result = try result(of: study, in: space, rows: &rows, rowsFile)
    let table = SearchTable(
      result, rows: rows, space: study.space.name, strategy: search.strategy.rawValue, seed: search.searchSeed,
      metric: metric, best: best)
    try inTurn(
      { try format.write(table, to: LineWriter(), width: outputWidth(isStandardOutput: true)) },
      { try rowsFile?.finish() },
      {
        guard let drawing, let cells = try Self.drawing(of: result, in: study.space, metric) else { return }
        try drawing.write(cells.svg())
      })
    guard !result.best(1).isEmpty else {
      throw Failure("no architecture has a score\(Self.firstFailure(of: result, rows))")
    }
  }

  /// Runs the search, and scores architectures that `rows` do not have yet.
  private func result(
    of study: Study, in space: any SampledSpace, rows: inout ScoredRows, _ rowsFile: RowsFile?
  ) throws -> SearchResult {
    // A row that a device's failure loses would change what the search does next: the search ends instead.
    let run = StudyRun(
      study: study, label: "searching", onError: .stop, afterStop: output == nil ? "" : StoppedRun.hint)
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var progress = ProgressReport("searching", total: search.samples * study.seeds.count)
    defer { progress.clear() }
    var memory = 0
    let result = try search.search(space, for: scoring.dataset).run { architectures in
      let missing = rows.missing(architectures)
      progress.skip(architectures.count * study.seeds.count - missing.count)
      progress.clear()
      memory = try ScoringMemory(scoring: scoring, backend: study.scorer.backend, proxies: study.scorer.proxies)
        .note(missing.compactMap(\.listed.parsed), above: memory)
      _ = try run.run(StudyItems(missing), progress: &progress) { row, _ in
        try rowsFile?.append(row)
        rows.append(row)
      }
      return architectures.map { rows.scored($0.key)?.mean(of: metric) }
    }
    progress.clear()
    let count = result.evaluations.count
    if count < search.samples {
      note("the evolution ended after \(count) of \(search.samples) architectures: it found no new one")
    }
    return result
  }

  private func repeatSearch(over path: String) throws {
    let space = try scoring.space.sampledSpace()
    guard let truth = scoring.space.truth else {
      throw Failure("--scores needs accuracies, and the program has none for \(space.name)", status: 2)
    }
    let scores: StoredScores
    do throws(FileError) {
      scores = try StoredScores(path: path, metric: metric, space: space)
    } catch {
      throw Failure("\(error)", status: error.code == .contradictory ? 1 : 2)
    }
    note("\(scores.scored) of \(counted(scores.count, "architecture")) in '\(path)' have a score")
    let runs = runs ?? 500
    Interrupt.watch()
    defer { Interrupt.unwatch() }
    var progress = ProgressReport("searching", total: runs)
    defer { progress.clear() }
    let report: RepeatedSearch
    do {
      report = try RepeatedSearch(
        search.search(space, for: scoring.dataset), runs: runs, scores: scores, truth: truth
      ) { done in
        progress.advance(to: done)
        return !Interrupt.isRequested
      }
    } catch is CancellationError {
      throw Failure("interrupted after \(progress.done) of \(counted(runs, "run"))", status: 130)
    }
    progress.clear()
    let table = RepeatedSearchTable(
      report, space: space.name, strategy: search.strategy.rawValue, samples: search.samples, seed: search.searchSeed,
      metric: metric, source: truth.source)
    try format.write(table, to: LineWriter(), width: outputWidth(isStandardOutput: true))
  }

  /// A drawing of the best architecture's cells; nil where no architecture has a score, or the space has no cells.
  private static func drawing(
    of result: SearchResult, in space: any SearchSpace, _ metric: Metric
  ) throws -> CellDrawing? {
    guard let first = result.best(1).first, let space = space as? any DrawnSpace else { return nil }
    return CellDrawing(
      try space.cells(of: first.architecture),
      title: "\(space.name), \(metric.title) \(fixed(first.value ?? .nan, metric.decimals))")
  }

  /// Why the first architecture without a score has none.
  private static func firstFailure(of result: SearchResult, _ rows: ScoredRows) -> String {
    let failed = result.evaluations.first { $0.value == nil }.flatMap { rows.rows(of: $0.architecture.key).first }
    return failed.map { "; the first: \($0.arch): \($0.error ?? "no reason")" } ?? ""
  }
}
