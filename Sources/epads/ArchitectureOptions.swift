import Accuracies
import ArgumentParser
import SearchSpaces

/// Which architectures to work on.
struct ArchitectureOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("Architectures, as the search space writes them.", valueName: "arch"))
  var texts: [String] = []

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Read architectures from a file, or from standard input with -: text with one architecture or index a line, CSV "
        + "or JSON.", valueName: "file"))
  var table: String?

  @Option(
    name: .customLong("index"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An index of the space. May be repeated.", valueName: "n"))
  var indices: [Int] = []

  @OptionGroup var nds: NDSOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A random sample: of the files if there are any, else of the space.", valueName: "n"))
  var sample: Int?

  @Option(
    parsing: .unconditional,
    help: "Seed of the sample; a larger sample holds the smaller ones of its seed.")
  var sampleSeed: UInt64 = 1

  func validate() throws {
    if let sample, sample < 1 { throw ValidationError("--sample must be at least 1") }
  }

  /// Checks that architectures are named, and that the space has them.
  func validate(with space: SpaceOptions) throws {
    guard !texts.isEmpty || !indices.isEmpty || isOfFiles || sample != nil else {
      throw ValidationError("name an architecture, --index, --from or --sample")
    }
    try nds.validate(with: space)
    if sample != nil, !isOfFiles { _ = try sampled(space) }
  }

  /// The space as one that a sample can be drawn from.
  private func sampled(_ options: SpaceOptions) throws -> any SampledSpace {
    guard let space = options.space as? any SampledSpace else {
      throw ValidationError("\(options.name) names what others drew: --sample needs a file with --nds or --from")
    }
    return space
  }

  private var isOfFiles: Bool { table != nil || nds.path != nil }

  /// Every architecture that was named: first arguments, then indices, then those of files or a sample of the space.
  ///
  /// - Parameter space: set to `nds` by a file of NDS, where no space was named.
  func read(_ options: inout SpaceOptions) throws -> (architectures: [ParsedArchitecture], file: NDSFile?) {
    let file = try nds.read(&options)
    let space = options.space
    do {
      var result = try texts.map { text throws(ArchitectureError) in try space.architecture(text: text) }
      result += try indices.map { index throws(ArchitectureError) in try space.architecture(index: index) }
      var listed = try table.map { try ArchitectureTable(path: $0).architectures(of: space) } ?? []
      listed += file?.architectures ?? []
      guard let sample else { return (result + listed, file) }
      guard isOfFiles else {
        return (result + (try sampled(options).randomArchitectures(sample, seed: sampleSeed)), file)
      }
      guard sample <= listed.count else {
        throw Failure("--sample \(sample) is more than the \(listed.count) architectures of the file", status: 2)
      }
      return (result + listed.sample(sample, seed: sampleSeed, space: space), file)
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }
}
