import CPUKernels
import Compute
import Foundation
import NetworkGraph

extension Workload {
  /// What bandwidth bounds: bytes read and written, by the processor's nearest caches where the name does not say more.
  static func memory(_ table: KernelTable) -> [Workload] {
    [
      copy(kibibytes: 16), copy(kibibytes: 64), packSigns(table), hamming(table), addStatistics(table),
      sumNode(table), averagePool(table),
    ]
  }

  private static func memory(_ name: String, bytes: Int, _ prepare: @escaping @Sendable () -> Work) -> Workload {
    Workload(
      group: .memory, name: name, unit: .bytes, amount: Double(bytes), operations: nil, threads: 1, prepare: prepare)
  }

  /// The yardstick of the others.
  private static func copy(kibibytes: Int) -> Workload {
    let bytes = kibibytes << 10
    return memory("memcpy, \(kibibytes) KiB", bytes: 2 * bytes) {
      let source = Memory<UInt8>(repeating: 1, count: bytes)
      let target = Memory<UInt8>(repeating: 0, count: bytes)
      return { memcpy(target.start, source.start, bytes) }
    }
  }

  /// Bytes read; those written are a thirty-second of them.
  private static func packSigns(_ table: KernelTable) -> Workload {
    let count = 4096
    return memory("sign bits, 16 KiB of floats", bytes: count * MemoryLayout<Float>.stride) {
      let values = Memory<Float>.values(count)
      let bits = Memory<UInt8>(repeating: 0, count: count / 8)
      return { table.functions.pack_signs(values.start, count, bits.start) }
    }
  }

  /// Both operands count.
  private static func hamming(_ table: KernelTable) -> Workload {
    let bytes = 32 << 10
    return memory("Hamming distance, 32 KiB codes", bytes: 2 * bytes) {
      let left = Memory<UInt8>(repeating: 0b0110_1001, count: bytes)
      let right = Memory<UInt8>(repeating: 0b0011_0101, count: bytes)
      return { _ = table.functions.hamming(left.start, right.start, bytes) }
    }
  }

  private static let shape = TensorShape(channels: 16, height: 32, width: 32)

  private static func addStatistics(_ table: KernelTable) -> Workload {
    memory("batch statistics, \(shape)", bytes: shape.count * MemoryLayout<Float>.stride) {
      let values = Memory<Float>.values(shape.count)
      let sums = Memory<Int64>(repeating: 0, count: 4 * shape.channels)
      let limit = BatchStatistics.limit(tiles: BatchStatistics.tiles(shape: shape, images: 1))
      return {
        // The sums start anew: without end they would overflow.
        sums.start.update(repeating: 0, count: 4 * shape.channels)
        _ = table.functions.add_statistics(
          values.start, shape.height, shape.width, shape.channels, limit, sums.start)
      }
    }
  }

  /// Three normalised terms into a fourth buffer and a code: the last node of an all-convolution cell.
  private static func sumNode(_ table: KernelTable) -> Workload {
    let terms = 3
    return memory(
      "node of \(terms) normalised terms, \(shape)", bytes: (terms + 1) * shape.count * MemoryLayout<Float>.stride
    ) {
      let node = NodeMemory(terms: terms, shape)
      for term in 0..<terms { node.terms.start[term].scale = UnsafePointer(node.scale.start) }
      return { node.sum(table) }
    }
  }

  /// One 3x3 pool, rectified.
  private static func averagePool(_ table: KernelTable) -> Workload {
    memory("node of a 3x3 average pool, \(shape)", bytes: 2 * shape.count * MemoryLayout<Float>.stride) {
      let node = NodeMemory(terms: 1, shape)
      (node.terms.start[0].kernel_height, node.terms.start[0].kernel_width) = (3, 3)
      (node.terms.start[0].padding_height, node.terms.start[0].padding_width) = (1, 1)
      node.terms.start[0].rectified = 1
      return { node.sum(table) }
    }
  }
}

/// Everything that a node reads and writes.
private final class NodeMemory {
  let shape: TensorShape
  let count: Int
  let values: Memory<Float>
  let scale: Memory<Float>
  let shift: Memory<Float>
  let row: Memory<Float>
  let output: Memory<Float>
  let code: Memory<UInt8>
  let terms: Memory<epads_term>

  init(terms count: Int, _ shape: TensorShape) {
    self.shape = shape
    self.count = count
    values = .values(count * shape.count)
    scale = Memory(repeating: 0.5, count: shape.channels)
    shift = Memory(repeating: 0.125, count: shape.channels)
    row = Memory(repeating: 0, count: 2 * shape.width * shape.channels)
    output = Memory(repeating: 0, count: shape.count)
    code = Memory(repeating: 0, count: shape.count / 8)
    let term = epads_term(
      data: values.start, scale: nil, rectified: 0, kernel_height: 0, kernel_width: 0, stride_height: 1,
      stride_width: 1, padding_height: 0, padding_width: 0, height: shape.height, width: shape.width)
    terms = Memory(repeating: term, count: count)
    for position in 0..<count { terms.start[position].data = UnsafePointer(values.start + position * shape.count) }
  }

  func sum(_ table: KernelTable) {
    table.functions.sum_node(
      terms.start, count, shape.height, shape.width, shape.channels, shift.start, row.start, output.start, code.start)
  }
}
