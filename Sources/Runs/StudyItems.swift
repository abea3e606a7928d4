package import ArchitectureLists
import Compute
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
    count = items.count
    next = taking(items)
    stop = {}
  }

  /// The items of entries that are known, then those of a stream, without those whose row is there already.
  ///
  /// - Parameters:
  ///   - begun: called with the position of each item that has no row, before it is begun.
  ///   - taken: called with each row that is there, and the position of its item.
  package init(
    _ entries: [ListedArchitecture], then stream: ListStream, of study: Study, without rows: RowsToContinue,
    begun: @escaping @Sendable (Int) -> Void, taken: @escaping @Sendable (Row, Int) -> Void
  ) {
    let state = Mutex((rows: rows, items: Array(study.items(entries).reversed()), position: 0))
    count = nil
    next = {
      try state.withLock { state in
        while true {
          while let item = state.items.popLast() {
            defer { state.position += 1 }
            guard let row = state.rows.take(item) else {
              begun(state.position)
              return item
            }
            taken(row, state.position)
          }
          guard let entry = try stream.next() else { return nil }
          state.items = study.items(of: entry).reversed()
        }
      }
    }
    stop = { stream.stop() }
  }
}
