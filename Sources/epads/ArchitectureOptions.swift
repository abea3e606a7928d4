import Accuracies
import ArchitectureLists
import ArgumentParser
import Files
import NetworkFiles
import Runs
import SearchSpaces
import Terminal

/// How a list is read.
struct ListOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The column of --from that holds architectures. Default: arch, architecture, genotype or the like, else the one "
        + "whose cells are architectures, else index.", valueName: "name"))
  var column: String?

  @Flag(help: "Stop at the first entry that cannot be read or has no score, instead of writing a failed row for it.")
  var strict = false

  /// Refuses unreadable entries where the user wants that, and a list of nothing else always.
  func check(_ entries: [ListedArchitecture], of space: any SearchSpace) throws {
    guard let first = entries.first(where: { $0.parsed == nil }) else { return }
    let unreadable = entries.count { $0.parsed == nil }
    guard strict || unreadable == entries.count else { return }
    let whole =
      unreadable > 1 ? "; so \(unreadable == 2 ? "is" : "are") \(unreadable - 1) more of \(entries.count) entries" : ""
    throw Failure(Advice.explained(first, of: space) + (strict ? "" : whole), status: 2)
  }
}

/// The architectures to work on.
struct Listing {
  /// Those that are known before the work begins.
  var entries: [ListedArchitecture]
  /// Those that come while the work is done; nil where all are known.
  var stream: ListStream?
  /// The names of the list's other columns, in its order.
  var columns: [String]
  /// The file of NDS that they are from; nil for none.
  var file: NDSFile?

  /// Whether entries have names that a table should show.
  var hasNames: Bool { entries.contains { $0.name != nil } || stream?.hasNames == true }
}

/// Which architectures to work on.
struct ArchitectureOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("Architectures, as the search space writes them, or ONNX files.", valueName: "arch"))
  var texts: [String] = []

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Read architectures from a file, or as they come from standard input with -: text with one architecture, index "
        + "or ONNX file a line, a table in CSV, or JSON; or all ONNX files of a folder.", valueName: "file"),
    completion: .file())
  var table: String?

  @OptionGroup var list: ListOptions

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

  @Flag(help: "Every architecture of the space.")
  var all = false

  func validate() throws {
    if let sample, sample < 1 { throw ValidationError("--sample must be at least 1") }
    guard table != "" else { throw ValidationError("--from needs the name of a file") }
    guard !all || sample == nil else { throw ValidationError("give either --all or --sample") }
    guard list.column == nil || table != nil else {
      throw ValidationError("--column names a column of a file: give it with --from")
    }
  }

  /// Checks that the space has what is asked of it.
  func validate(with space: SpaceOptions) throws {
    try nds.validate(with: space)
    if sample != nil, !isOfFiles { _ = try sampled(space) }
    if all { _ = try enumerated(space) }
  }

  /// The space as one that a sample can be drawn from.
  private func sampled(_ options: SpaceOptions) throws -> any SampledSpace {
    guard let space = options.space as? any SampledSpace else {
      throw ValidationError("\(options.name) names what others drew: --sample needs a file with --nds or --from")
    }
    return space
  }

  /// The space as one whose architectures can be counted.
  private func enumerated(_ options: SpaceOptions) throws -> any EnumeratedSpace {
    guard let space = options.space as? any EnumeratedSpace else {
      throw ValidationError(
        "--all needs a space that can be counted, such as nasbench201: take a --sample of \(options.name)")
    }
    return space
  }

  private var isOfFiles: Bool { table != nil || nds.path != nil }

  /// Paths of what is read, for a check that no output is one of them.
  var inputs: [String?] { [table, nds.path] }

  /// Every architecture that was named: first arguments, then indices, then those of files, a sample or the whole
  /// space. What was read and what was not is said on standard error.
  ///
  /// - Parameters:
  ///   - options: set to `nds` by a file of NDS, where no space was named.
  ///   - streams: whether entries of a pipe may come while the work is done.
  func read(_ options: inout SpaceOptions, streams: Bool) throws -> Listing {
    // Not while arguments are checked: an option that there is not is the better message.
    guard !texts.isEmpty || !indices.isEmpty || isOfFiles || sample != nil || all else {
      throw Failure("name an architecture, --index, --from, --sample or --all", status: 2)
    }
    let file = try nds.read(&options)
    let folder = try options.findFiles(texts: texts, list: table)
    let space = options.space
    if !options.isOfFiles { try options.network.refuseUnlessForFiles() }
    var named = texts.map { ListedArchitecture(text: $0, of: space) }
    named += indices.map { ListedArchitecture(index: $0, of: space) }
    do {
      if let table, streams, sample == nil, file == nil, !all, ListStream.isStream(table) {
        let stream = try ListStream(path: table, of: space, column: list.column)
        return Listing(entries: explained(named, space), stream: stream, columns: stream.columns)
      }
      var listed: [ListedArchitecture] = []
      var columns: [String] = []
      if let folder {
        listed = folder.map { ListedArchitecture(text: $0, of: space) }
      } else if let table {
        let list = try ArchitectureList(path: table, of: space, column: list.column)
        for remark in list.remarks { note(remark) }
        (listed, columns) = (list.entries, list.columns)
      }
      listed += file?.listed ?? []
      if file != nil { columns.append(NDSFile.accuracyColumn) }
      if all {
        let space = try enumerated(options)
        listed += try (0..<space.count).map { ListedArchitecture(try space.architecture(index: $0)) }
      }
      if let sample {
        if isOfFiles {
          guard sample <= listed.count else {
            throw Failure("--sample \(sample) is more than the \(listed.count) architectures of the file", status: 2)
          }
          listed = listed.sample(sample, seed: sampleSeed, space: space)
        } else {
          listed = try sampled(options).randomArchitectures(sample, seed: sampleSeed).map { ListedArchitecture($0) }
        }
      }
      try list.check(named + listed, of: space)
      noteFiles((named + listed).readable, space)
      return Listing(entries: explained(named + listed, space), columns: columns, file: file)
    } catch let error as Failure {
      throw error
    } catch let error as ValidationError {
      throw error
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }

  /// Says what a user should know of networks in files.
  private func noteFiles(_ architectures: [ParsedArchitecture], _ space: any SearchSpace) {
    guard let space = space as? NetworkFileSpace else { return }
    let notes = architectures.compactMap { try? space.blueprint(of: $0).notes }
    let noted = notes.filter { !$0.isEmpty }
    if noted.count > 3 {
      note(
        "\(noted.count) of \(notes.count) networks have no batch normalization: their scores depend on how weights are "
          + "initialised more than those of others")
    } else {
      for text in noted.joined() { note(text) }
    }
  }

  /// Adds to the reasons of unreadable entries what to do about them.
  private func explained(_ entries: [ListedArchitecture], _ space: any SearchSpace) -> [ListedArchitecture] {
    entries.map { Advice.completing($0, of: space) }
  }
}
