import CPUBackend
import CPUKernels
import TestSupport
import Testing

/// The loops that the conformance of networks does not pin down by itself, for every instruction set.
@Suite struct KernelTests {
  static let tables = [
    epads_kernels_scalar(), epads_kernels_avx2(), epads_kernels_avx512(), epads_kernels_neon(),
  ].compactMap { $0?.pointee }

  @Test func hammingCountsDifferingBits() {
    var choices = RandomChoices(seed: 1, name: "hamming")
    for bytes in [64, 128, 1024, 64 * 33] {
      let left = (0..<bytes).map { _ in UInt8(choices.integer(in: 0...255)) }
      let right = (0..<bytes).map { _ in UInt8(choices.integer(in: 0...255)) }
      let expected = zip(left, right).reduce(0) { $0 + UInt64(($1.0 ^ $1.1).nonzeroBitCount) }
      for table in Self.tables {
        #expect(table.hamming(left, right, bytes) == expected, "\(String(cString: table.name))")
        #expect(table.hamming(left, left, bytes) == 0)
        // Every bit differs: the counters that could overflow are full.
        #expect(table.hamming(left, left.map { ~$0 }, bytes) == UInt64(8 * bytes))
      }
    }
  }

  @Test func signsAreThoseAboveZero() {
    let special: [Float] = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .infinity, -.infinity, .nan, 1, -1, 0x1p-126, -0x1p-126,
    ]
    var choices = RandomChoices(seed: 2, name: "signs")
    let values = (0..<128).map { _ in choices.element(of: special) }
    for table in Self.tables {
      var bits = [UInt8](repeating: 0xAA, count: 16)
      table.pack_signs(values, values.count, &bits)
      let ones = bits.reduce(0) { $0 + $1.nonzeroBitCount }
      #expect(ones == values.count { $0 > 0 }, "\(String(cString: table.name))")
      // The order within a group of 8 is free, the group is not.
      for group in 0..<16 {
        #expect(bits[group].nonzeroBitCount == values[8 * group..<8 * group + 8].count { $0 > 0 })
      }
    }
  }

  @Test func packedWeightsHoldEveryWeightOnce() {
    for table in Self.tables {
      for (outputs, inputs, area) in [(16, 3, 9), (40, 5, 1), (13, 7, 25)] {
        let weights = (0..<outputs * inputs * area).map { Float($0 + 1) }
        let count = epads_packed_weight_count(outputs, inputs, area)
        var packed = [Float](repeating: -1, count: count)
        var kernels = table
        if (outputs + 7) / 8 * 8 % table.lanes != 0 { continue }
        epads_pack_weights(&kernels, weights, outputs, inputs, area, &packed)
        #expect(packed.filter { $0 != 0 }.sorted() == weights)
        #expect(packed.count { $0 == 0 } == count - weights.count)
      }
    }
  }
}
