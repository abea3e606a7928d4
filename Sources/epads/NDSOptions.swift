import Accuracies
import ArgumentParser
import Runs
import Scoring
import SearchSpaces
import Terminal

/// A file of NDS, which brings its networks with it in the place of a search space.
struct NDSOptions: ParsableArguments {
  @Option(
    name: .customLong("nds"),
    help: ArgumentHelp(
      "Networks of a JSON file of NDS, each with its own width and depth; with --space nds_in those of a file for "
        + "ImageNet.",
      valueName: "file"), completion: .file())
  var path: String?

  /// Checks that the space, if one is named, is one of NDS.
  func validate(with space: SpaceOptions) throws {
    guard path == nil || space.given == nil || space.space is NDSSpace else {
      throw ValidationError("--nds takes --space \(NDSSpace.names.joined(separator: " or ")), not \(space.name)")
    }
  }

  /// Reads the file, if one is named, and sets the space to `nds` where none is named.
  func read(_ space: inout SpaceOptions) throws -> NDSFile? {
    guard let path else { return nil }
    if space.given == nil { space.found = .space(NDSSpace.description) }
    do {
      return try NDSFile(path: path)
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }
}

/// Warns where parameters or multiply-accumulates differ from those that the file gives.
func noteDifferences(from file: NDSFile, of architectures: [ParsedArchitecture], scoring: ScoringOptions) {
  guard let space = scoring.space.space as? NDSSpace else { return }
  let found = file.countDifferences(
    of: architectures, in: space, input: scoring.dataset.shape, classes: scoring.dataset.classes)
  func say(_ count: Int, _ what: String, _ share: String) {
    guard count > 0 else { return }
    note(
      "warning: \(what) of \(count) of \(counted(found.compared, "network")) differ by more than \(share) from those "
        + "in \(file.name)")
  }
  say(found.parameters, "parameters", "1 %")
  say(found.flops, "FLOPs", "5 %")
}
