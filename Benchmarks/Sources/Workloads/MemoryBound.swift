import CPUKernels
import Compute
import Foundation
import NetworkGraph

extension Workload {
  /// What bandwidth bounds: bytes read and written, by the processor's nearest caches where the name does not say more.
  static func memory(_ table: KernelTable) -> [Workload] {
    [
      copy(kibibytes: 16), copy(kibibytes: 64), copy(kibibytes: 32 << 10), hamming(table), hammingOfPairs(table),
      addStatistics(table),
      value(table, terms: 1), value(table, terms: 3), pool(table, isMaximum: false), pool(table, isMaximum: true),
      concatenation(table),
    ]
  }

  private static func memory(_ name: String, bytes: Int, _ prepare: @escaping @Sendable () -> Work) -> Workload {
    Workload(
      group: .memory, name: name, unit: .bytes, amount: Double(bytes), threads: 1, prepare: prepare)
  }

  /// The yardstick of the others; far beyond the caches, of what memory gives.
  public static func copy(kibibytes: Int) -> Workload {
    let bytes = kibibytes << 10
    let size = kibibytes < 1024 ? "\(kibibytes) KiB" : "\(kibibytes >> 10) MiB"
    return memory("memcpy, \(size)", bytes: 2 * bytes) {
      let source = Memory<UInt8>(repeating: 1, count: bytes)
      let target = Memory<UInt8>(repeating: 0, count: bytes)
      return { memcpy(target.start, source.start, bytes) }
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

  /// NASWOT's: 8 codes of 2 KiB with 8 others, both operands of every pair counted.
  private static func hammingOfPairs(_ table: KernelTable) -> Workload {
    let (codes, bytes) = (8, 2 << 10)
    return memory("Hamming distances of 8x8 pairs, 2 KiB codes", bytes: 2 * codes * codes * bytes) {
      let left = Memory<UInt8>(repeating: 0b0110_1001, count: codes * bytes)
      let right = Memory<UInt8>(repeating: 0b0011_0101, count: codes * bytes)
      let distances = Memory<Int64>(repeating: 0, count: codes * codes)
      return {
        table.functions.hamming_pairs(
          left.start, codes, right.start, codes, bytes, bytes, distances.start, codes)
      }
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

  /// Normalised terms into a padded copy and a code, as a step with convolutions makes them.
  private static func value(_ table: KernelTable, terms: Int) -> Workload {
    memory(
      "value of \(terms) normalised term\(terms > 1 ? "s" : ""), \(shape)",
      bytes: (terms + 1) * shape.count * MemoryLayout<Float>.stride
    ) {
      let memory = ValueMemory(terms: terms, shape)
      for term in 0..<terms { memory.terms.start[term].scale = UnsafePointer(memory.scale.start) }
      return { memory.make(table) }
    }
  }

  /// One 3x3 pool of what a ReLU reads.
  private static func pool(_ table: KernelTable, isMaximum: Bool) -> Workload {
    memory(
      "value of a 3x3 \(isMaximum ? "maximum" : "average") pool, \(shape)",
      bytes: 2 * shape.count * MemoryLayout<Float>.stride
    ) {
      let memory = ValueMemory(terms: 1, shape)
      (memory.terms.start[0].kernel_height, memory.terms.start[0].kernel_width) = (3, 3)
      (memory.terms.start[0].padding_height, memory.terms.start[0].padding_width) = (1, 1)
      memory.terms.start[0].activation = EPADS_RELU
      memory.terms.start[0].is_maximum = isMaximum ? 1 : 0
      return { memory.make(table) }
    }
  }

  /// The output of a cell of four nodes, each the sum of two normalised convolutions.
  private static func concatenation(_ table: KernelTable) -> Workload {
    let (nodes, edges) = (4, 2)
    let whole = TensorShape(channels: nodes * shape.channels, height: shape.height / 2, width: shape.width / 2)
    return memory(
      "value of \(nodes) sums of \(edges) normalised terms side by side, \(whole)",
      bytes: (edges + 1) * whole.count * MemoryLayout<Float>.stride
    ) {
      let memory = ValueMemory(terms: edges * nodes, termChannels: shape.channels, whole)
      for position in 0..<edges * nodes {
        memory.terms.start[position].is_part = 1
        memory.terms.start[position].parts = nodes
        memory.terms.start[position].first_channel = position % nodes * shape.channels
        memory.terms.start[position].scale = UnsafePointer(memory.scale.start)
      }
      return { memory.make(table) }
    }
  }
}

/// Everything that a value is made of and goes to.
final class ValueMemory {
  let shape: TensorShape
  let count: Int
  let values: Memory<Float>
  let scale: Memory<Float>
  let ones: Memory<Float>
  let shift: Memory<Float>
  let rows: Memory<Float>
  let padded: Memory<Float>
  let code: Memory<UInt8>
  let terms: Memory<epads_term>

  /// Floats of scratch for terms as wide as their value.
  static func rows(width: Int, channels: Int) -> Int { 7 * width * channels }

  /// - Parameter termChannels: nil where every term has all channels.
  init(terms count: Int, termChannels: Int? = nil, _ shape: TensorShape) {
    self.shape = shape
    self.count = count
    let channels = termChannels ?? shape.channels
    let term = TensorShape(channels: channels, height: shape.height, width: shape.width)
    values = .values(count * term.count)
    scale = Memory(repeating: 0.5, count: shape.channels)
    ones = Memory(repeating: 1, count: shape.channels)
    shift = Memory(repeating: 0.125, count: shape.channels)
    rows = Memory(repeating: 0, count: Self.rows(width: shape.width, channels: shape.channels))
    padded = Memory(repeating: 0, count: (shape.height + 2) * (shape.width + 2) * shape.channels)
    code = Memory(repeating: 0, count: shape.count / 8)
    terms = Memory(
      repeating: epads_term(data: values.start, height: shape.height, width: shape.width, channels: channels),
      count: count)
    for position in 0..<count { terms.start[position].data = UnsafePointer(values.start + position * term.count) }
  }

  func make(_ table: KernelTable) {
    let row = (shape.width + 2) * shape.channels
    var value = epads_value(
      terms: terms.start, count: count, height: shape.height, width: shape.width, channels: shape.channels,
      first_row: 0, last_row: shape.height, shift: shift.start, ones: ones.start, rows: rows.start, output: nil,
      code: code.start,
      padded: padded.start + row + shape.channels, padded_row: row, padded_channels: shape.channels,
      activation: EPADS_RELU,
      prefetch: nil)
    table.functions.make_value(&value)
  }
}
