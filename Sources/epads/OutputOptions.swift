import ArgumentParser
import Compute
import Files
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

/// Says how many rows were written by another version of the program.
func noteVersions<Stored: StoredRow>(of rows: [Stored], in path: String) {
  for (version, group) in Dictionary(grouping: rows, by: \.version).sorted(by: { $0.key < $1.key })
  where version != programVersion {
    let name = path == "-" ? "standard input" : "'\(path)'"
    note("\(counted(group.count, "row")) of \(name) \(group.count == 1 ? "is" : "are") of version \(version)")
  }
}
