package import Foundation
import Synchronization

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

  /// The version of the program that wrote the row.
  var version: String { get }

  /// All that decides what the row's numbers are, as one text; nil where they are measured and never twice the same.
  var origin: String? { get }

  /// What this row and another of the same origin say differently; nil where both may be right.
  func contradiction(to other: Self) -> String?
}

/// Rows of one kind in JSON lines.
public enum RowFile<Stored: StoredRow> {
  /// The line of a row.
  public static func line(_ row: Stored) throws -> String { try jsonLine(row) }

  /// Reads the rows of a file; a last line without its end, as a kill or a power cut leaves behind, is removed from the
  /// file.
  ///
  /// Nothing is removed from a file that is not one of rows. Who calls this holds the file's lock, which `LineWriter`
  /// takes.
  ///
  /// - Returns: nothing where there is no such file, or a device or a pipe.
  public static func repair(path: String) throws(FileError) -> [Stored] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    let (rows, whole, isUnfinished) = try finishedRows(
      in: readFile(path, maximumBytes: maximumBytes), "'\(path)'")
    guard isUnfinished else { return rows }
    guard truncate(path, off_t(whole)) == 0 else {
      throw .system(.cannotWrite, "cannot remove the unfinished last line of '\(path)'")
    }
    return rows
  }

  /// Reads the rows of a file, a device or a pipe that stays as it is.
  ///
  /// Rows are JSON lines, or the table in CSV that this program writes of them.
  ///
  /// - Parameter path: `-` for standard input.
  /// - Returns: the rows, and whether a last line without its end was passed over, as a kill leaves behind.
  public static func read(path: String) throws(FileError) -> (rows: [Stored], isUnfinished: Bool) {
    try read(readText(path, maximumBytes: maximumBytes), ByteStream.name(ofFile: path))
  }

  /// The rows of contents that are read already.
  ///
  /// - Parameter name: what errors call them.
  package static func read(
    _ contents: Data, _ name: String
  ) throws(FileError) -> (rows: [Stored], isUnfinished: Bool) {
    if isTable(contents) { return (try rows(in: contents, name), false) }
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
    // After a power cut a file may have its length and not yet its last bytes, which read as NUL.
    let written = unfinished.prefix(upTo: unfinished.lastIndex { $0 != 0 }.map { $0 + 1 } ?? whole)
    guard written.starts(with: beginning) || beginning.starts(with: written) else {
      throw noRow(contents[..<whole].count { $0 == 0x0A } + 1, name)
    }
    return (rows, whole, !unfinished.isEmpty)
  }

  /// The rows of a file's contents, each a line.
  ///
  /// - Parameter name: what errors call the file.
  package static func rows(in contents: Data, _ name: String) throws(FileError) -> [Stored] {
    if isTable(contents) {
      let rows = try tableRows(in: contents, name)
      try refuseContradictions(rows, name)
      return rows.map(\.row)
    }
    let lines = lines(of: contents)
    let blocks = (lines.count + blockLines - 1) / blockLines
    // Decoding takes longer than all that is done with the rows: shared out among the processors.
    let decoded = Mutex([Result<[NumberedRow], FileError>?](repeating: nil, count: blocks))
    DispatchQueue.concurrentPerform(iterations: blocks) { block in
      let result = Self.rows(of: lines, from: block * blockLines, name)
      decoded.withLock { $0[block] = result }
    }
    var rows: [NumberedRow] = []
    // The first error is that of the first line.
    for block in decoded.withLock({ $0 }) { rows += try block?.get() ?? [] }
    try refuseContradictions(rows, name)
    return rows.map(\.row)
  }

  private typealias NumberedRow = (line: Int, row: Stored)

  /// Whether contents begin with the names of a table's columns, as this program writes them.
  package static func isTable(_ contents: Data) -> Bool {
    let line = contents.prefix { $0 != 0x0A && $0 != 0x0D }
    let names = String(decoding: line, as: UTF8.self).split(separator: ",")
    return ["arch", "space", "status", "version"].allSatisfy { names.contains(Substring($0)) }
  }

  private static func tableRows(in contents: Data, _ name: String) throws(FileError) -> [NumberedRow] {
    var reader = CSVReader(ByteStream([UInt8](contents)), name: name)
    let header = try reader.next()?.fields ?? []
    var rows: [NumberedRow] = []
    while let record = try reader.next() {
      guard record.fields.count == header.count else {
        throw FileError(
          .malformed,
          "\(name), line \(record.line): \(record.fields.count) fields where the first line has \(header.count)")
      }
      let cells = Dictionary(zip(header, record.fields).filter { !$1.isEmpty }) { first, _ in first }
      do {
        rows.append((record.line, try Stored(from: CSVRowDecoder(cells: cells))))
      } catch {
        throw noRow(record.line, name)
      }
    }
    return rows
  }

  /// Rows that were computed from the same have the same numbers: where they differ, one is wrong.
  private static func refuseContradictions(_ rows: [NumberedRow], _ name: String) throws(FileError) {
    var first: [String: NumberedRow] = [:]
    for (line, row) in rows {
      guard let origin = row.origin else { continue }
      guard let other = first[origin] else {
        first[origin] = (line, row)
        continue
      }
      guard let difference = row.contradiction(to: other.row) else { continue }
      throw FileError(
        .contradictory,
        "lines \(other.line) and \(line) of \(name) contradict each other: \(difference); remove the one that is wrong")
    }
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

  private static func rows(of lines: [Data], from start: Int, _ name: String) -> Result<[NumberedRow], FileError> {
    let decoder = JSONDecoder()
    var rows: [NumberedRow] = []
    for number in start..<min(start + blockLines, lines.count) where !lines[number].isEmpty {
      do {
        rows.append((number + 1, try decoder.decode(Stored.self, from: lines[number])))
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
