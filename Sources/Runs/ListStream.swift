package import ArchitectureLists
package import Files
import Foundation
package import SearchSpaces
import Synchronization

/// Entries of a list that is read while the work on them is done: rows come as lines come.
package final class ListStream: Sendable {
  private let reader: Mutex<State>
  private let isStopped: StopFlag
  private let space: any SearchSpace
  /// The names of the other columns: a table's, or those of the first entry.
  package let columns: [String]
  /// Whether the first entry has a name.
  package let hasNames: Bool

  private struct State: ~Copyable {
    var reader: ArchitectureListReader
    /// Read already, because the layout of a table depends on it.
    var first: ListedArchitecture?
  }

  /// Whether a path is a pipe, a terminal or another stream that should not be waited for to end.
  package static func isStream(_ path: String) -> Bool {
    guard let status = FileStatus(path: path == "-" ? "/dev/stdin" : path) else { return path == "-" }
    return status.kind == .special
  }

  /// Reads the first entry.
  ///
  /// - Throws: where there is none, or the stream is no list.
  package init(path: String, of space: any SearchSpace, column: String?) throws(FileError) {
    let isStopped = StopFlag()
    let name = ByteStream.name(ofFile: path)
    let bytes = try ByteStream(path: path) { isStopped.isSet }
    var reader = try ArchitectureListReader(bytes, name: name, space: space, column: column)
    let first = try reader.next()
    guard let first else { throw FileError(.malformed, "no architecture in \(name)") }
    columns = reader.inputColumns(of: [first])
    hasNames = first.name != nil
    self.space = space
    self.isStopped = isStopped
    self.reader = Mutex(State(reader: reader, first: first))
  }

  /// The next entry, when it has come; nil at the end.
  package func next() throws(FileError) -> ListedArchitecture? {
    let space = space
    return try reader.withLock { state throws(FileError) in
      if let first = state.first {
        state.first = nil
        return Advice.completing(first, of: space)
      }
      return try state.reader.next().map { Advice.completing($0, of: space) }
    }
  }

  /// Waits for no more entries.
  package func stop() { isStopped.set() }

  /// What the user should know about how the list was read.
  package var remarks: [String] { reader.withLock { $0.reader.remarks } }
}
