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
  func accuracies(of options: SpaceOptions, file: NDSFile?) throws -> ([Architecture], GroundTruth) {
    let space = options.space
    do {
      if let file { return taken(try file.measured(in: options.ndsSpace)) }
      if let table {
        return taken(
          try MeasuredArchitectures(
            ArchitectureTable(path: table), of: space, accuracies: accuracies, published: published))
      }
      guard let truth = options.truth else {
        throw Failure("the program carries no accuracies of \(space.name)", status: 2)
      }
      return (try (0..<space.count).map { try space.architecture(index: $0) }, truth)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }

  private func taken(_ measured: MeasuredArchitectures) -> ([Architecture], GroundTruth) {
    noteOmissions(of: measured)
    return (measured.architectures, measured.truth)
  }
}

/// Says what was left out of a file of accuracies.
func noteOmissions(of measured: MeasuredArchitectures) {
  if measured.incomplete > 0 {
    note(
      "left out: \(counted(measured.incomplete, "entry", "entries")) of the file without a number in every column "
        + "compared")
  }
  if measured.repeated > 0 {
    note(
      "\(counted(measured.repeated, "entry", "entries")) of architectures that stand in the file before: "
        + "means are taken")
  }
}
