import ArgumentParser
import Compute
import Files
import Reports
import Runs
import Scoring
import Studies
import Terminal

/// Whether output files may replace others.
struct OutputOptions: ParsableArguments {
  @Flag(
    help: "Replace output files that are there already, but for rows that are continued; a file that is read never.")
  var overwrite = false

  /// Checks that every output is a file of its own and that none is read, however their paths are spelt.
  ///
  /// - Parameters:
  ///   - outputs: paths by their options; `-` is standard output.
  ///   - inputs: paths of what the command reads; `-` is standard input.
  ///   - resume: whether rows are appended to what is there.
  func validate(
    _ outputs: [(option: String, path: String?)], inputs: [String?], resume: Bool = false
  ) throws {
    let outputs = outputs.compactMap { output in
      output.path.flatMap { $0 == "-" ? nil : (option: output.option, path: $0) }
    }
    for (position, output) in outputs.enumerated() {
      for other in outputs[..<position] where nameSameFile(other.path, output.path) {
        throw ValidationError(
          "'\(output.path)' is named twice: \(other.option) and \(output.option) must be different files")
      }
      // A file that is read may be continued, because appending to it takes nothing away.
      guard !(resume && output.option == "--output") else { continue }
      for input in inputs.compactMap(\.self) where isRegularFile(output.path) {
        guard nameSameFile(input == "-" ? "/dev/stdin" : input, output.path) else { continue }
        throw ValidationError("'\(output.path)' is named twice: \(output.option) must not be a file that is read")
      }
    }
  }

  /// The format of a file of results: what was asked for, else what its extension says, else a table.
  ///
  /// - Throws: `ValidationError` where the two contradict each other.
  func format(of path: String?, asked: OutputFormat?) throws -> OutputFormat {
    guard let path, path != "-" else { return asked ?? .table }
    if let other = FileExtension.otherContents(of: path) {
      throw ValidationError("'\(path)' is named as \(other), and results are written as table, jsonl or csv")
    }
    let named = FileExtension.format(of: path)
    if let named, let asked, named != asked {
      throw ValidationError(
        "--format \(asked.rawValue) contradicts the name of '\(path)': leave --format out or rename it")
    }
    return asked ?? named ?? .table
  }

  /// Checks the file that rows are appended to while standard output has something else.
  func validateRows(_ path: String?, resume: Bool, instead results: String) throws {
    guard !resume || path != nil else { throw ValidationError("--resume needs --output") }
    guard let path else { return }
    guard path != "-" else { throw ValidationError("--output needs a file: standard output has \(results)") }
    let format = FileExtension.format(of: path)
    if let other = FileExtension.otherContents(of: path) ?? (format == .table ? "a text" : nil) {
      throw ValidationError("'\(path)' is named as \(other), and --output has rows: name it .jsonl or .csv")
    }
    guard !resume || format != .csv else {
      throw ValidationError("--resume continues JSON lines: name a file such as rows.jsonl")
    }
  }

  /// Checks that the name of a picture says what it is.
  func validatePicture(_ option: String, _ path: String?) throws {
    guard let path, let ending = FileExtension.ending(of: path), ending != "svg",
      FileExtension.format(of: path) != nil || FileExtension.otherContents(of: path) != nil
    else { return }
    throw ValidationError("\(option) draws SVG: '\(path)' should end in .svg")
  }

  /// Opens the file that rows are appended to while standard output has something else: JSON lines, or CSV where its
  /// name says so. Nil where none was asked for.
  func rowsFile(
    _ path: String?, resume: Bool, proxies: Set<Proxy>, repeats: Int, columns: [String], truth: [String] = []
  ) throws -> RowsFile? {
    guard let writer = try rows(path, resume: resume) else { return nil }
    let format = path.flatMap(FileExtension.format) ?? .jsonl
    let table = ScoreTable(
      proxies: proxies, repeats: repeats, layers: false, width: nil, hasNames: true, input: columns, truth: truth)
    return RowsFile(writer: writer, output: try format.begin(table, to: writer))
  }

  /// Opens the file that rows are appended to; nil for standard output.
  func rows(_ path: String?, resume: Bool? = nil) throws -> LineWriter? {
    guard let path, path != "-" else { return nil }
    return try explained(canResume: resume != nil) { () throws(FileError) in
      try LineWriter(path: path, contents: resume == true ? .continued : overwrite ? .replaced : .refused)
    }
  }

  /// Reserves the file of a plot or a drawing, which is written after the work; nil where none was asked for.
  func file(_ path: String?) throws -> OutputFile? {
    guard let path else { return nil }
    return try explained(canResume: false) { () throws(FileError) in
      try OutputFile(path: path, overwrites: overwrite)
    }
  }

  /// Adds to the error about a file that exists already which options let the command go on.
  private func explained<Output>(canResume: Bool, _ open: () throws(FileError) -> Output) throws -> Output {
    do throws(FileError) {
      return try open()
    } catch {
      guard error.code == .alreadyThere else { throw error }
      let choices =
        canResume
        ? "remove it, name another file, replace it with --overwrite or continue it with --resume"
        : "remove it, name another file or replace it with --overwrite"
      throw Failure("\(error): \(choices)")
    }
  }
}

/// A file of rows.
struct RowsFile {
  fileprivate let writer: LineWriter
  fileprivate let output: RowOutput<ScoreTable>

  func append(_ row: Row) throws { try output.append(row) }

  func finish() throws {
    try output.finish()
    try writer.finish()
  }
}

/// What the name of a file says about its contents.
enum FileExtension {
  /// The letters after the last dot of the name; nil where there is none.
  static func ending(of path: String) -> String? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    return name[name.index(after: dot)...].lowercased()
  }

  /// The format of results; nil where the name says nothing about it.
  static func format(of path: String) -> OutputFormat? {
    switch ending(of: path) {
    case "jsonl", "ndjson", "json": .jsonl
    case "csv": .csv
    case "txt": .table
    default: nil
    }
  }

  /// What else a file of this name would be; nil for one of results, or for a name that says nothing.
  static func otherContents(of path: String) -> String? {
    switch ending(of: path) {
    case "svg": "a picture"
    case "png", "jpg", "jpeg", "pdf", "gif": "a picture of another kind"
    case "html", "htm": "a page"
    case "xlsx", "xls", "ods": "a spreadsheet"
    case "npy", "npz", "pkl", "pickle", "pt", "parquet", "gz", "zip": "a binary file"
    default: nil
    }
  }
}

/// Whether two paths lead to one file, however they are spelt.
func nameSameFile(_ one: String, _ other: String) -> Bool {
  guard let first = FileIdentity(path: one), let second = FileIdentity(path: other) else { return one == other }
  return first == second
}

private func isRegularFile(_ path: String) -> Bool { FileIdentity(path: path)?.isRegular ?? true }

/// Does all three, whatever fails, and throws the first error after that: an output that cannot be written must not
/// keep the others from being written.
func inTurn(_ first: () throws -> Void, _ second: () throws -> Void, _ third: () throws -> Void) throws {
  let results = [Result { try first() }, Result { try second() }, Result { try third() }]
  for result in results { try result.get() }
}

/// The rows of the file that a run continues; none where it continues no file. The caller's `LineWriter` has locked it,
/// so no other process changes it meanwhile.
func rowsToContinue<Stored: StoredRow>(_ path: String?, resume: Bool) throws -> [Stored] {
  guard resume, let path else { return [] }
  let rows = try RowFile<Stored>.repair(path: path)
  noteVersions(of: rows, in: path)
  return rows
}

/// Reads rows that a command works on.
///
/// - Throws: `Failure` with status 2 where the file has no rows, and with status 1 where rows contradict each other.
func storedRows<Stored: StoredRow>(
  of path: String, as type: Stored.Type
) throws -> (rows: [Stored], isUnfinished: Bool) {
  do throws(FileError) {
    return try RowFile<Stored>.read(path: path)
  } catch {
    throw Failure("\(error)", status: error.code == .contradictory ? 1 : 2)
  }
}

/// Says how many rows were written by another version of the program.
func noteVersions<Stored: StoredRow>(of rows: [Stored], in path: String) {
  for (version, group) in Dictionary(grouping: rows, by: \.version).sorted(by: { $0.key < $1.key })
  where version != programVersion {
    let name = ByteStream.name(ofFile: path)
    note("\(counted(group.count, "row")) of \(name) \(group.count == 1 ? "is" : "are") of version \(version)")
  }
}
