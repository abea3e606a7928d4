/// Memory of descriptions that tasks point to.
final class Descriptions: @unchecked Sendable {
  private var blocks: [UnsafeMutableRawPointer] = []

  func keep<T: BitwiseCopyable>(_ elements: [T]) -> UnsafeMutablePointer<T> {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, elements.count * MemoryLayout<T>.stride), alignment: max(64, MemoryLayout<T>.alignment))
    blocks.append(block)
    let start = block.bindMemory(to: T.self, capacity: elements.count)
    for (index, element) in elements.enumerated() { (start + index).initialize(to: element) }
    return start
  }

  deinit { for block in blocks { block.deallocate() } }
}
