import Accuracies
import ArgumentParser
import Scoring
import SearchSpaces

/// Names of search spaces.
enum SpaceName: String, CaseIterable, ExpressibleByArgument {
  case nasbench201
  case darts
  case enas
  case pnas
  case nasnet
  case amoeba
  case dartsImageNet = "darts_in"
  case enasImageNet = "enas_in"
  case pnasImageNet = "pnas_in"
  case nasnetImageNet = "nasnet_in"
  case amoebaImageNet = "amoeba_in"
  case nds
  case ndsImageNet = "nds_in"

  /// Whether the networks are made for images of 224x224.
  var isForImageNet: Bool { rawValue.hasSuffix("_in") }

  /// The data set where none is named.
  var dataSet: DataSet { isForImageNet ? .imagenet : .cifar10 }

  /// Whether architectures name their macro architecture themselves.
  var isNDS: Bool { self == .nds || self == .ndsImageNet }

  /// The family of cells; nil for a space that has other networks than those of genotypes.
  var cells: CellSpace.Family? {
    CellSpace.Family(rawValue: isForImageNet ? String(rawValue.dropLast("_in".count)) : rawValue)
  }

  /// The space with this macro architecture, which networks depend on and texts do not.
  func space(width: Int = 16, depth: Int = 8, hasAuxiliaryHead: Bool = false) -> any SearchSpace {
    guard !isNDS else { return ndsSpace }
    guard let cells else { return NASBench201() }
    return CellSpace(
      cells,
      macroArchitecture: CellNetwork(
        width: width, depth: depth, hasAuxiliaryHead: hasAuxiliaryHead, hasImageNetStem: isForImageNet))
  }

  var ndsSpace: NDSSpace { NDSSpace(isForImageNet: isForImageNet) }

  /// Accuracies that the program carries; nil where it has none.
  var truth: GroundTruth? { self == .nasbench201 ? .nasbench201 : nil }
}

/// The search space and, where that leaves it open, the macro architecture around its cells.
struct SpaceOptions: ParsableArguments {
  @Option(
    name: .customLong("space"),
    help: ArgumentHelp(
      "The search space; _in has a stem for images of 224x224. Default: nasbench201, with --nds nds.",
      valueName: "space"))
  var named: SpaceName?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Channels of the first cells' nodes. Default: 16.", valueName: "n"))
  var width: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Cells in a row. Default: 8.", valueName: "n"))
  var depth: Int?

  @Flag(help: "With the second classifier that training adds.")
  var auxiliary = false

  func validate() throws {
    if name.cells == nil, width != nil || depth != nil || auxiliary {
      throw ValidationError("--width, --depth and --auxiliary are for spaces of genotypes alone, such as --space darts")
    }
    if let width, !MacroArchitecture.widths.contains(width) {
      throw ValidationError("--width must be from 1 to \(MacroArchitecture.widths.upperBound)")
    }
    if let depth, !MacroArchitecture.depths.contains(depth) {
      throw ValidationError("--depth must be from 1 to \(MacroArchitecture.depths.upperBound)")
    }
  }

  var name: SpaceName { named ?? .nasbench201 }

  var space: any SearchSpace {
    name.space(width: width ?? 16, depth: depth ?? 8, hasAuxiliaryHead: auxiliary)
  }

  var ndsSpace: NDSSpace { name.ndsSpace }

  /// Accuracies that the program carries; nil where it has none.
  var truth: GroundTruth? { name.truth }
}
