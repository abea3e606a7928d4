import Randomness

/// Memory from the start of a page, which lives as long as the work that uses it.
final class Memory<Element: BitwiseCopyable> {
  let start: UnsafeMutablePointer<Element>

  init(repeating value: Element, count: Int) {
    start = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<Element>.stride, alignment: 4096)
      .initializeMemory(as: Element.self, repeating: value, count: count)
  }

  deinit { start.deallocate() }
}

extension Memory<Float> {
  /// Values in [-1, 1), the same every time.
  static func values(_ count: Int) -> Memory<Float> {
    let values = convolutionWeights(seed: 1, name: "benchmarks", count: count, fanIn: 1)
    let memory = Memory(repeating: 0, count: count)
    memory.start.update(from: values, count: count)
    return memory
  }
}
