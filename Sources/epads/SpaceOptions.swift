import Accuracies
import ArgumentParser
import NetworkFiles
import Scoring
import SearchSpaces

/// The name of a space: one of architectures, or files of networks.
enum SpaceName: ExpressibleByArgument {
  case space(SpaceDescription)
  case files

  init?(argument: String) {
    if argument == NetworkFileSpace.name {
      self = .files
    } else if let description = SpaceDescription.named(argument) {
      self = .space(description)
    } else {
      return nil
    }
  }

  /// The names of all spaces, as help lists them.
  static var allValueStrings: [String] { SpaceDescription.all.map(\.name) + [NetworkFileSpace.name] }
  /// Shells complete the names of all spaces.
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// The search space and, where that leaves it open, the macro architecture around its cells.
struct SpaceOptions: ParsableArguments {
  @Option(
    name: .customLong("space"),
    help: ArgumentHelp(
      "The search space; _in has a stem for images of 224x224, file is networks in ONNX files. Default: nasbench201, "
        + "with --nds nds, where .onnx files are named file.", valueName: "space"))
  var given: SpaceName?

  @OptionGroup var network: NetworkOptions

  /// What a list has made of the space that was left open.
  var found: SpaceName?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Channels of the first cells' nodes. Default: 16.", valueName: "n"))
  var width: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Cells in a row. Default: 8.", valueName: "n"))
  var depth: Int?

  @Flag(help: "With the second classifier that training adds.")
  var auxiliary = false

  enum CodingKeys: String, CodingKey { case given, network, width, depth, auxiliary }

  func validate() throws {
    if case .files? = given { return }
    if given != nil { try network.refuseUnlessForFiles() }
    if !chosen.hasOpenMacroArchitecture, width != nil || depth != nil || auxiliary {
      throw ValidationError("--width, --depth and --auxiliary are for spaces of genotypes alone, such as --space darts")
    }
    if let width, !MacroArchitecture.widths.contains(width) {
      throw ValidationError("--width must be from 1 to \(MacroArchitecture.widths.upperBound)")
    }
    if let depth, !MacroArchitecture.depths.contains(depth) {
      throw ValidationError("--depth must be from 1 to \(MacroArchitecture.depths.upperBound)")
    }
  }

  private var chosen: SpaceDescription {
    if case .space(let description) = given ?? found { description } else { NASBench201.description }
  }

  /// Whether architectures are networks in files.
  var isOfFiles: Bool { if case .files = given ?? found { true } else { false } }

  var name: String { isOfFiles ? NetworkFileSpace.name : chosen.name }

  var space: any SearchSpace {
    if isOfFiles { return network.space }
    return chosen.space(MacroArchitecture(width: width ?? 16, depth: depth ?? 8, hasAuxiliaryHead: auxiliary))
  }

  /// The space as one that a search can draw from.
  ///
  /// - Throws: `ValidationError` where nothing can be drawn from it.
  func sampledSpace() throws -> any SampledSpace {
    guard let space = space as? any SampledSpace else {
      throw ValidationError("a search needs a space to draw from, such as darts: \(name) names what others drew")
    }
    return space
  }

  /// The data set where none is named: the first one with images of the size that the networks are made for.
  var dataSet: DataSet {
    // Images are brought to the size that a file's network takes.
    if isOfFiles { return .cifar10 }
    return DataSet.allCases.first { $0.shape == chosen.imageShape } ?? .cifar10
  }

  /// Accuracies that the program carries; nil where it has none.
  var truth: GroundTruth? { GroundTruth.builtIn(space: name) }

  /// Takes files of networks for the space, where a list names some and the user has named no space.
  ///
  /// - Parameter folder: that of the list.
  mutating func takeFiles(folder: String? = nil) {
    if given == nil { found = .files }
    if let folder { network.folder = folder }
  }
}
