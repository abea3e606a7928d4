import Accuracies
import ArgumentParser
import SearchSpaces
import Terminal

/// Where trained accuracies come from: the program itself, or a file.
struct AccuracyOptions: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Architectures and their accuracies from a file, or from standard input with -: CSV or JSON.", valueName: "file"))
  var table: String?

  @Option(
    name: .customLong("accuracy"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A column of the file that is an accuracy. May be repeated. Default: those with \"acc\" in their names.",
      valueName: "column"))
  var accuracies: [String] = []

  @Option(
    name: .customLong("also"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A column of the file with a number to compare, such as a published score. May be repeated.", valueName: "column")
  )
  var published: [String] = []

  func validate() throws {
    guard table != nil || accuracies.isEmpty && published.isEmpty else {
      throw ValidationError("--accuracy and --also name columns of a file: give it with --from")
    }
    guard Set(accuracies).count == accuracies.count, Set(published).count == published.count else {
      throw ValidationError("--accuracy and --also take every column once")
    }
  }

  /// Every architecture whose accuracy is known, from the file of NDS, from the table, or else from the program.
  func accuracies(of options: SpaceOptions, file: NDSFile?) throws -> ([ParsedArchitecture], GroundTruth) {
    let space = options.space
    do {
      if let file { return taken(try file.measured(space: space.name)) }
      if let table {
        return taken(
          try measuredArchitectures(ofTable: table, space: space, accuracies: accuracies, published: published))
      }
      guard let truth = options.truth, let space = space as? any EnumeratedSpace else {
        throw Failure("the program carries no accuracies of \(space.name)", status: 2)
      }
      return (try (0..<space.count).map { try space.architecture(index: $0) }, truth)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }

  private func taken(_ measured: MeasuredArchitectures) -> ([ParsedArchitecture], GroundTruth) {
    noteOmissions(of: measured)
    return (measured.architectures, measured.truth)
  }
}

/// Reads architectures and accuracies from a table. Where no column looks like an accuracy, the error says how to name
/// one.
func measuredArchitectures(
  ofTable path: String, space: any SearchSpace, accuracies: [String], published: [String] = []
) throws -> MeasuredArchitectures {
  do {
    return try MeasuredArchitectures(
      ArchitectureTable(path: path), of: space, accuracies: accuracies, published: published)
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
}
