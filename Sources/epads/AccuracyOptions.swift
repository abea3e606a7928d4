import Accuracies
import ArchitectureLists
import ArgumentParser
import Runs
import SearchSpaces
import Terminal

/// Where trained accuracies come from: the program itself, or a file.
struct AccuracyOptions: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Architectures and their accuracies from a file, or from standard input with -: CSV or JSON.", valueName: "file"),
    completion: .file())
  var table: String?

  @Option(
    name: .customLong("accuracy"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A column of the file that is an accuracy. May be repeated. Default: those that are called so (acc, val_acc, "
        + "test_accuracy).",
      valueName: "column"))
  var accuracies: [String] = []

  @Option(
    name: .customLong("also"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A column of the file with a number to compare, such as a published score. May be repeated.", valueName: "column")
  )
  var published: [String] = []

  @OptionGroup var list: ListOptions

  func validate() throws {
    guard table != nil || accuracies.isEmpty && published.isEmpty else {
      throw ValidationError("--accuracy and --also name columns of a file: give it with --from")
    }
    guard Set(accuracies).count == accuracies.count, Set(published).count == published.count else {
      throw ValidationError("--accuracy and --also take every column once")
    }
    guard list.column == nil || table != nil else {
      throw ValidationError("--column names a column of a file: give it with --from")
    }
  }

  /// What is compared: architectures, with their accuracies, and entries of the file that name none.
  struct Source {
    var architectures: [ListedArchitecture]
    var unreadable: [ListedArchitecture]
    var truth: GroundTruth
    /// The other columns of the file.
    var columns: [String]
  }

  /// Every architecture whose accuracy is known, from the file of NDS, from the table, or else from the program.
  func source(of options: SpaceOptions, file: NDSFile?) throws -> Source {
    let space = options.space
    do {
      if let file { return try taken(file.measured(space: space.name), space, columns: [NDSFile.accuracyColumn]) }
      if let table {
        let (measured, columns) = try measuredArchitectures(
          ofTable: table, space: space, column: list.column, accuracies: accuracies, published: published)
        return try taken(measured, space, columns: columns)
      }
      guard let truth = options.truth, let space = space as? any EnumeratedSpace else {
        throw Failure("the program carries no accuracies of \(space.name)", status: 2)
      }
      let all = try (0..<space.count).map { ListedArchitecture(try space.architecture(index: $0)) }
      return Source(architectures: all, unreadable: [], truth: truth, columns: [])
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }

  private func taken(
    _ measured: MeasuredArchitectures, _ space: any SearchSpace, columns: [String]
  ) throws -> Source {
    noteOmissions(of: measured)
    try list.check(measured.architectures + measured.unreadable, of: space)
    return Source(
      architectures: measured.architectures,
      unreadable: measured.unreadable.map { Advice.completing($0, of: space) }, truth: measured.truth, columns: columns)
  }
}

/// Reads architectures and accuracies from a table. Where no column looks like an accuracy, the error says how to name
/// one.
func measuredArchitectures(
  ofTable path: String, space: any SearchSpace, column: String? = nil, accuracies: [String], published: [String] = []
) throws -> (measured: MeasuredArchitectures, columns: [String]) {
  let list = try ArchitectureList(path: path, of: space, column: column)
  for remark in list.remarks { note(remark) }
  if let nothing = list.nothingReadable { throw Failure(Advice.explained(nothing.first, of: space), status: 2) }
  for name in accuracies + published where list.column(name) == nil {
    let near = suggestion(for: name, among: list.columns)
    let present = MeasuredArchitectures.present(in: list)
    throw Failure("\(list.name) has no column '\(name)'\(near.isEmpty ? "; \(present)" : near)", status: 2)
  }
  do {
    return (
      try MeasuredArchitectures(list, of: space, accuracies: accuracies, published: published), list.columns
    )
  } catch let error as NoAccuracyColumn {
    throw Failure("\(error.summary): name one with --accuracy; \(error.present)", status: 2)
  }
}

/// Says what was left out of a file of accuracies.
func noteOmissions(of measured: MeasuredArchitectures) {
  if measured.incomplete > 0 {
    note(
      "left out: \(counted(measured.incomplete, "entry", "entries")) of the file without a number in every column "
        + "compared"
    )
  }
  if measured.repeated > 0 {
    note(
      "\(counted(measured.repeated, "entry", "entries")) of architectures that stand in the file before: means "
        + "are taken"
    )
  }
  for doubt in measured.doubts { note("warning: \(doubt)") }
  for column in measured.shares { note("accuracies in column '\(column)' are shares: taken times 100, as percent") }
}
