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

  @Test func hammingOfPairsIsThatOfEach() {
    var choices = RandomChoices(seed: 3, name: "pairs")
    for (rows, columns, bytes, stride) in [
      (1, 1, 64, 64), (4, 8, 128, 192), (7, 5, 1024, 1024), (8, 8, 64 * 33, 64 * 40),
    ] {
      let codes = (0..<max(rows, columns) * 2 * stride).map { _ in UInt8(choices.integer(in: 0...255)) }
      codes.withUnsafeBufferPointer { codes in
        guard let first = codes.baseAddress else { return }
        let second = first + max(rows, columns) * stride
        for table in Self.tables {
          var distances = [Int64](repeating: 1, count: rows * (columns + 2))
          table.hamming_pairs(first, rows, second, columns, stride, bytes, &distances, columns + 2)
          for i in 0..<rows {
            for j in 0..<columns + 2 {
              let expected = j < columns ? Int64(table.hamming(first + i * stride, second + j * stride, bytes)) : 0
              #expect(distances[i * (columns + 2) + j] == 1 + expected, "\(String(cString: table.name)) \(i) \(j)")
            }
          }
        }
      }
    }
  }

  /// A value of one term, in each of the forms in which it is wanted.
  @Test func signsAreThoseAboveZero() {
    let special: [Float] = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .infinity, -.infinity, .nan, 1, -1, 0x1p-126, -0x1p-126,
    ]
    var choices = RandomChoices(seed: 2, name: "signs")
    let (height, width, channels) = (2, 4, 16)
    let values = (0..<height * width * channels).map { _ in choices.element(of: special) }
    let zeros = [Float](repeating: 0, count: channels)
    let ones = [Float](repeating: 1, count: channels)
    for table in Self.tables {
      let name = String(cString: table.name)
      var bits = [UInt8](repeating: 0xAA, count: values.count / 8)
      var rows = [Float](repeating: 0, count: 6 * width * channels)
      var padded = [Float](repeating: 7, count: values.count)
      values.withUnsafeBufferPointer { values in
        bits.withUnsafeMutableBufferPointer { bits in
          rows.withUnsafeMutableBufferPointer { rows in
            padded.withUnsafeMutableBufferPointer { padded in
              zeros.withUnsafeBufferPointer { zeros in
                ones.withUnsafeBufferPointer { ones in
                  guard let data = values.baseAddress, let shift = zeros.baseAddress, let scale = ones.baseAddress,
                    let scratch = rows.baseAddress
                  else { return }
                  var term = epads_term(
                    data: data, scale: nil, activation: epads_function(code: EPADS_IDENTITY, a: 0, b: 0, c: 0),
                    is_part: 0, parts: 1, channels: channels,
                    first_channel: 0,
                    has_gaps: 0, is_maximum: 0, kernel_height: 0, kernel_width: 0, stride_height: 1, stride_width: 1,
                    padding_height: 0, padding_width: 0, height: height, width: width)
                  withUnsafePointer(to: &term) { term in
                    var value = epads_value(
                      terms: term, count: 1, height: height, width: width, channels: channels, first_row: 0,
                      last_row: height, shift: shift, ones: scale,
                      rows: scratch, output: nil, code: bits.baseAddress, padded: padded.baseAddress,
                      padded_row: width * channels, padded_channels: channels,
                      activation: epads_function(code: EPADS_RELU, a: 0, b: 0, c: 0),
                      prefetch: nil)
                    table.make_value(&value)
                  }
                }
              }
            }
          }
        }
      }
      // The order within a group of 8 is free, the group is not.
      for group in bits.indices {
        #expect(bits[group].nonzeroBitCount == values[8 * group..<8 * group + 8].count { $0 > 0 }, "\(name)")
      }
      #expect(padded == values.map { $0 > 0 ? $0 : 0 }, "\(name)")
    }
  }

  @Test func packedWeightsHoldEveryWeightOnce() {
    for table in Self.tables {
      for (outputs, inputs, area) in [(table.lanes, 3, 9), (table.lanes - 1, 5, 1), (1, 7, 25)] {
        let weights = (0..<outputs * inputs * area).map { Float($0 + 1) }
        let count = table.lanes * inputs * area
        var packed = [Float](repeating: -1, count: count)
        table.pack_direct(weights, outputs, inputs, area, &packed)
        #expect(packed.filter { $0 != 0 }.sorted() == weights)
        #expect(packed.count { $0 == 0 } == count - weights.count)
      }
    }
  }

  /// A filter that is 1 in the middle alone: what Winograd makes of it is known.
  @Test func transformedFilters() {
    for table in Self.tables {
      let weights: [Float] = (0..<9).map { $0 == 4 ? 1 : 0 }
      var packed = [Float](repeating: -1, count: 36 * table.lanes)
      table.pack_winograd(weights, 1, 1, &packed)
      let column = [0, -1.0 / 6, 1.0 / 6, 1.0 / 12, -1.0 / 12, 0]
      for i in 0..<6 {
        for j in 0..<6 {
          #expect(abs(Double(packed[(i * 6 + j) * table.lanes]) - column[i] * column[j]) < 1e-8)
          for lane in 1..<table.lanes { #expect(packed[(i * 6 + j) * table.lanes + lane] == 0) }
        }
      }
    }
  }
}
