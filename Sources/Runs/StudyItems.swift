package import ArchitectureLists
import Foundation
package import Studies
import Synchronization

/// The items of a run: all at once, or as they come.
package struct StudyItems: Sendable {
  /// How many there are; nil where nobody knows yet.
  package let count: Int?
  /// The next one, nil after the last.
  let next: @Sendable () throws -> Study.Item?
  /// Waits for no more of them.
  let stop: @Sendable () -> Void

  package init(_ items: [Study.Item]) {
    let position = Mutex(0)
    count = items.count
    next = {
      position.withLock { position in
        guard position < items.count else { return nil }
        defer { position += 1 }
        return items[position]
      }
    }
    stop = {}
  }

  /// The items of entries that are known, then those of a stream, without those whose row is there already.
  ///
  /// - Parameter taken: called with each row that is there.
  package init(
    _ entries: [ListedArchitecture], then stream: ListStream, of study: Study, without rows: RowsToContinue,
    taken: @escaping @Sendable (Row) -> Void
  ) {
    let state = Mutex((rows: rows, items: Array(study.items(entries).reversed())))
    count = nil
    next = {
      try state.withLock { state in
        while true {
          while let item = state.items.popLast() {
            guard let row = state.rows.take(item) else { return item }
            taken(row)
          }
          guard let entry = try stream.next() else { return nil }
          state.items = study.items(of: entry).reversed()
        }
      }
    }
    stop = { stream.stop() }
  }
}
