import Foundation
import Scoring
import Synchronization

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

/// A row of a file of JSON lines.
///
/// Its key `arch` comes first: keys are written in alphabetical order.
public protocol StoredRow: Codable, Sendable {
  /// What rows of this kind hold, as errors call it, such as `scores`.
  static var contents: String { get }
}

extension Row: StoredRow {
  public static var contents: String { "scores" }
}

extension LatencyRow: StoredRow {
  public static var contents: String { "latencies" }
}

/// Rows of one kind in JSON lines.
public enum RowFile<Stored: StoredRow> {
  /// The line of a row.
  public static func line(_ row: Stored) throws -> String { try jsonLine(row) }

  /// Reads the rows of a file; a last line without its end, as a kill leaves behind, is removed from the file.
  ///
  /// Nothing is removed from a file that is not one of rows. Who calls this holds the file's lock, which `LineWriter` takes.
  ///
  /// - Returns: nothing where there is no such file, or a device or a pipe.
  public static func repair(path: String) throws(FileError) -> [Stored] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    let (rows, whole, isUnfinished) = try finishedRows(in: readFile(path), "'\(path)'")
    guard isUnfinished else { return rows }
    guard truncate(path, off_t(whole)) == 0 else {
      throw .system(.cannotWrite, "cannot remove the unfinished last line of '\(path)'")
    }
    return rows
  }

  /// Reads the rows of a file, a device or a pipe that stays as it is.
  ///
  /// - Parameter path: `-` for standard input.
  /// - Returns: the rows, and whether a last line without its end was passed over, as a kill leaves behind.
  public static func read(path: String) throws(FileError) -> (rows: [Stored], isUnfinished: Bool) {
    let name = path == "-" ? "standard input" : "'\(path)'"
    let contents = try readFile(path, maximumBytes: maximumBytes)
    // The last row of what others wrote may want nothing but the line's end.
    if contents.last != 0x0A, let rows = try? rows(in: contents, name) { return (rows, false) }
    let (rows, _, isUnfinished) = try finishedRows(in: contents, name)
    return (rows, isUnfinished)
  }

  /// Longer files are refused; rows of NAS-Bench-201 without their layers are 11 MiB.
  private static var maximumBytes: Int { 1 << 30 }

  /// The rows of all lines that have an end, the length of these lines, and whether the beginning of another follows.
  private static func finishedRows(
    in contents: Data, _ name: String
  ) throws(FileError) -> (rows: [Stored], whole: Int, isUnfinished: Bool) {
    let whole = contents.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let rows = try rows(in: contents[..<whole], name)
    let unfinished = contents[whole...]
    guard unfinished.starts(with: beginning) || beginning.starts(with: unfinished) else {
      throw noRow(contents[..<whole].count { $0 == 0x0A } + 1, name)
    }
    return (rows, whole, !unfinished.isEmpty)
  }

  /// The rows of a file's contents, each a line.
  ///
  /// - Parameter name: what errors call the file.
  static func rows(in contents: Data, _ name: String) throws(FileError) -> [Stored] {
    let lines = lines(of: contents)
    let blocks = (lines.count + blockLines - 1) / blockLines
    // Decoding takes longer than all that is done with the rows: shared out among the processors.
    let decoded = Mutex([Result<[Stored], FileError>?](repeating: nil, count: blocks))
    DispatchQueue.concurrentPerform(iterations: blocks) { block in
      let result = Self.rows(of: lines, from: block * blockLines, name)
      decoded.withLock { $0[block] = result }
    }
    var rows: [Stored] = []
    // The first error is that of the first line.
    for block in decoded.withLock({ $0 }) { rows += try block?.get() ?? [] }
    return rows
  }

  private static var blockLines: Int { 256 }

  /// Where lines are, without their ends. `split` takes as long as decoding.
  private static func lines(of contents: Data) -> [Data] {
    var ranges: [Range<Int>] = []
    contents.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count, let base = bytes.baseAddress {
        let end = memchr(base + start, 0x0A, bytes.count - start).map { $0 - UnsafeMutableRawPointer(mutating: base) }
        ranges.append(start..<(end ?? bytes.count))
        start = (end ?? bytes.count) + 1
      }
    }
    return ranges.map { contents[contents.startIndex + $0.lowerBound..<contents.startIndex + $0.upperBound] }
  }

  private static func rows(of lines: [Data], from start: Int, _ name: String) -> Result<[Stored], FileError> {
    let decoder = JSONDecoder()
    var rows: [Stored] = []
    for number in start..<min(start + blockLines, lines.count) where !lines[number].isEmpty {
      do {
        rows.append(try decoder.decode(Stored.self, from: lines[number]))
      } catch {
        return .failure(noRow(number + 1, name))
      }
    }
    return .success(rows)
  }

  /// What every line begins with: the keys are sorted.
  private static var beginning: [UInt8] { Array("{\"arch\":".utf8) }

  private static func noRow(_ line: Int, _ name: String) -> FileError {
    FileError(
      .unreadable,
      "line \(line) of \(name) is no row of this program with \(Stored.contents): repair it or name another file")
  }
}
