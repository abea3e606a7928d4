import Foundation
import Scoring

/// Appends lines to a file or a pipe, each whole or not at all.
///
/// Every line goes to the system at once, so what was written survives the process. A line that does not fit (a full
/// disk) is taken back.
public final class LineWriter {
  public let name: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  /// Whether lines can be taken back.
  private let isRegular: Bool
  /// Lines written through this writer.
  public private(set) var count = 0

  /// Standard output.
  public init() {
    name = "standard output"
    descriptor = STDOUT_FILENO
    ownsDescriptor = false
    isRegular = false
  }

  /// Opens a file for appending.
  ///
  /// - Parameter keepingContents: whether a file that has contents already may be continued; else that is an error.
  public init(path: String, keepingContents: Bool) throws(FileError) {
    name = path
    let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    // A pipe or a device may refuse to be read.
    let isWriteOnly = opened < 0 && (errno == EACCES || errno == EINVAL)
    descriptor = isWriteOnly ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : opened
    guard descriptor >= 0 else { throw .system(.cannotOpen, "cannot open '\(path)' for writing") }
    ownsDescriptor = true
    var status = stat()
    isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    guard isRegular else { return }
    // Some file systems have no locks.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw FileError(.inUse, "another process is writing '\(path)': wait for it or name another file")
    }
    // Only now nobody else writes.
    guard keepingContents || fstat(descriptor, &status) == 0 && status.st_size == 0 else {
      throw FileError(.alreadyThere, "'\(path)' is there already: remove it or name another file")
    }
  }

  deinit {
    if ownsDescriptor, descriptor >= 0 { close(descriptor) }
  }

  /// Appends one line.
  public func append(_ line: String) throws(FileError) {
    var status = stat()
    let start = isRegular && fstat(descriptor, &status) == 0 ? status.st_size : 0
    let bytes = Array(line.utf8) + [0x0A]
    let written = writeAll(bytes, to: descriptor)
    guard written == bytes.count else {
      let code = errno
      if isRegular, written > 0 { ftruncate(descriptor, start) }
      let after = "after \(count) line\(count == 1 ? "" : "s")"
      throw code == EPIPE
        ? FileError(.closedPipe, "the reader of \(name) has gone \(after)")
        : .system(.cannotWrite, "cannot write to \(name) \(after)", code)
    }
    count += 1
  }
}

/// A value as one line of JSON, its keys sorted.
public func jsonLine(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Rows in JSON lines.
public enum RowFile {
  /// The line of a row.
  public static func line(_ row: Row) throws -> String { try jsonLine(row) }

  /// Reads the rows of a file; a last line without its end, as a kill leaves behind, is removed from the file.
  ///
  /// Nothing is removed from a file that is not one of rows. Who calls this holds the file's lock, which `LineWriter` takes.
  ///
  /// - Returns: nothing where there is no such file, or a device or a pipe.
  public static func repair(path: String) throws(FileError) -> [Row] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    let contents = try readFile(path)
    let whole = contents.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let rows = try rows(in: contents[..<whole], path)
    let unfinished = contents[whole...]
    guard !unfinished.isEmpty else { return rows }
    guard unfinished.starts(with: beginning) || beginning.starts(with: unfinished) else {
      throw noRow(contents[..<whole].count { $0 == 0x0A } + 1, path)
    }
    guard truncate(path, off_t(whole)) == 0 else {
      throw .system(.cannotWrite, "cannot remove the unfinished last line of '\(path)'")
    }
    return rows
  }

  /// The rows of a file's contents, each a line.
  static func rows(in contents: Data, _ path: String) throws(FileError) -> [Row] {
    let decoder = JSONDecoder()
    var rows: [Row] = []
    for (number, line) in contents.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard !line.isEmpty else { continue }
      do {
        rows.append(try decoder.decode(Row.self, from: Data(line)))
      } catch {
        throw noRow(number + 1, path)
      }
    }
    return rows
  }

  /// What every line begins with: the keys are sorted.
  private static let beginning = Array("{\"arch\":".utf8)

  private static func noRow(_ line: Int, _ path: String) -> FileError {
    FileError(.unreadable, "line \(line) of '\(path)' is no row of this program: repair it or name another file")
  }
}
