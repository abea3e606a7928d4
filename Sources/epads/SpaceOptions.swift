import Accuracies
public import ArgumentParser
import Scoring
public import SearchSpaces

extension SpaceDescription: ExpressibleByArgument {
  /// The space of this name; nil where there is none.
  public init?(argument: String) {
    guard let description = Self.named(argument) else { return nil }
    self = description
  }

  /// The name, as help shows it.
  public var defaultValueDescription: String { name }
  /// The names of all spaces, as help lists them.
  public static var allValueStrings: [String] { all.map(\.name) }
  /// Shells complete the names of all spaces.
  public static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// The search space and, where that leaves it open, the macro architecture around its cells.
struct SpaceOptions: ParsableArguments {
  @Option(
    name: .customLong("space"),
    help: ArgumentHelp(
      "The search space; _in has a stem for images of 224x224. Default: nasbench201, with --nds nds.",
      valueName: "space"))
  var named: SpaceDescription?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Channels of the first cells' nodes. Default: 16.", valueName: "n"))
  var width: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Cells in a row. Default: 8.", valueName: "n"))
  var depth: Int?

  @Flag(help: "With the second classifier that training adds.")
  var auxiliary = false

  func validate() throws {
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

  private var chosen: SpaceDescription { named ?? NASBench201.description }

  var name: String { chosen.name }

  var space: any SearchSpace {
    chosen.space(MacroArchitecture(width: width ?? 16, depth: depth ?? 8, hasAuxiliaryHead: auxiliary))
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
  var dataSet: DataSet { DataSet.allCases.first { $0.shape == chosen.imageShape } ?? .cifar10 }

  /// Accuracies that the program carries; nil where it has none.
  var truth: GroundTruth? { GroundTruth.builtIn(space: name) }
}
