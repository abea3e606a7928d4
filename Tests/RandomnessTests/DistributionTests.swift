import Randomness
import Testing
import TestSupport

/// Weights from `conv_weight` of the reference: bit patterns of the first four and the last, and a checksum of all.
struct ReferenceWeights: Sendable {
  var seed: UInt64
  var name: String
  var count: Int
  var fanIn: Int
  var first: [UInt32]
  var last: UInt32
  var checksum: UInt64

  static let all = [
    ReferenceWeights(
      seed: 1, name: "cells.3.layers.2.op.1.weight", count: 16 * 16 * 9, fanIn: 16 * 9,
      first: [0x3DA9_8D6C, 0xBC9F_51B0, 0xBC43_05D6, 0x3AC4_6256], last: 0xBD52_AE36, checksum: 0x8A4B_9ED7_9D63_C31D),
    ReferenceWeights(
      seed: 0xDEAD_BEEF_1234_5678, name: "stem.0.weight", count: 16 * 3 * 9, fanIn: 3 * 9,
      first: [0x3DFE_7096, 0x3DFA_9A33, 0x3E41_6B32, 0x3DCD_0C35], last: 0x3C04_FD7B, checksum: 0x98B7_087F_5506_7E17),
    ReferenceWeights(
      seed: .max, name: "odd.weight", count: 5 * 7 * 5, fanIn: 7 * 5,
      first: [0x3D4C_D666, 0xBE27_53E0, 0x3C0B_405A, 0x3C29_FD29], last: 0x3D75_7B07, checksum: 0xC678_C6E7_A45C_DF32),
    ReferenceWeights(
      seed: 2, name: "one.weight", count: 3, fanIn: 1, first: [0x3E3A_A080, 0xBE99_33E8, 0xBEA6_9048],
      last: 0xBEA6_9048, checksum: 0xD58E_7E6E_BD7D_7557),
  ]
}

@Suite struct WeightTests {
  @Test(arguments: ReferenceWeights.all)
  func equalReference(_ reference: ReferenceWeights) {
    let weights = convolutionWeights(
      seed: reference.seed, name: reference.name, count: reference.count, fanIn: reference.fanIn)
    #expect(weights.count == reference.count)
    #expect(weights.prefix(4).map(\.bitPattern) == reference.first)
    #expect(weights.last?.bitPattern == reference.last)
    #expect(Checksum.of(weights) == reference.checksum)
  }

  @Test func stayWithinTheirBound() {
    let weights = convolutionWeights(seed: 3, name: "bound.weight", count: 10_000, fanIn: 16)
    #expect(weights.allSatisfy { (-0.25..<0.25).contains($0) })
    #expect(weights.contains { $0 < -0.249 } && weights.contains { $0 > 0.249 })
  }

  @Test func noneAreMadeForNone() {
    #expect(convolutionWeights(seed: 1, name: "none.weight", count: 0, fanIn: 9).isEmpty)
  }
}

@Suite struct NormalTests {
  /// From `standard_normal` of the reference, which uses the C library's logarithm, sine and cosine, and rounds the
  /// angle: an absolute error, so that values near zero have a larger relative one.
  @Test func equalReferenceInDoublePrecision() {
    let first = [
      1.4642723849794201, 0.9204403251497798, 0.5769359459706512, -0.6652562146198897, 0.4669682640682361,
      -0.0978269298645646, 0.5486072126941259, 1.9697731347217409,
    ]
    let second = [
      -0.03249522199517951, -0.8457751715997786, 1.2331533859566517, -1.4463539789802586, -1.2157198247830385,
      0.42622974408487874, 0.7462567596603495, -0.9644986891107442,
    ]
    for (value, reference) in zip(standardNormals(seed: 1, count: 8), first) {
      #expect(abs(value - reference) <= 1e-15)
    }
    for (value, reference) in zip(standardNormals(seed: 0xDEAD_BEEF_1234_5678, count: 8), second) {
      #expect(abs(value - reference) <= 1e-15)
    }
  }

  @Test func equalReferenceOnceRounded() {
    func checksum(_ seed: UInt64, _ count: Int) -> UInt64 {
      Checksum.of(standardNormals(seed: seed, count: count).map { Float($0) })
    }
    #expect(checksum(1, 4099) == 0x75B8_EDA6_6F55_4B6C)
    #expect(checksum(0xDEAD_BEEF_1234_5678, 1001) == 0xB60F_F824_4CD3_332A)
    #expect(checksum(3, 200_000) == 0xB913_DA42_BF51_30F3)
  }

  @Test func momentsAreThoseOfTheNormalDistribution() {
    let values = standardNormals(seed: 11, count: 100_000)
    func moment(_ power: Int) -> Double {
      values.reduce(0) { sum, value in sum + (0..<power).reduce(1) { product, _ in product * value } } / 100_000
    }
    // Five standard errors each.
    #expect(abs(moment(1)) < 0.016)
    #expect(abs(moment(2) - 1) < 0.023)
    #expect(abs(moment(3)) < 0.062)
    #expect(abs(moment(4) - 3) < 0.16)
  }

  @Test(arguments: [0, 1, 2, 3, 5])
  func shorterSequencesArePrefixes(count: Int) {
    #expect(standardNormals(seed: 4, count: count) == Array(standardNormals(seed: 4, count: 8).prefix(count)))
  }
}

@Suite struct PermutationTests {
  /// From `permutation` of the reference.
  @Test func equalReference() {
    #expect(permutation(seed: 1, site: "cells.3.layers.2.op.0", count: 8) == [7, 4, 5, 2, 3, 0, 1, 6])
    #expect(permutation(seed: 7, site: "lastact.1", count: 2) == [0, 1])
    #expect(
      permutation(seed: 0xDEAD_BEEF_1234_5678, site: "cells.0.layers.0.op.0", count: 17) == [
        16, 0, 3, 5, 13, 11, 2, 6, 15, 8, 10, 7, 14, 12, 4, 1, 9,
      ])
    let long = permutation(seed: 1, site: "cells.16.layers.5.op.0", count: 1000)
    #expect(Checksum.of(words: long.map { UInt32($0) }) == 0xFA41_155E_1AA5_AB5D)
  }

  @Test(arguments: [0, 1, 2, 3, 128, 1000])
  func holdsEveryPositionOnce(count: Int) {
    #expect(permutation(seed: 8, site: "site", count: count).sorted() == Array(0..<count))
  }
}

@Suite struct SamplingTests {
  private let stream = RandomStream(seed: 21, domain: .architectures, name: "sample")

  @Test(arguments: [0, 1, 2, 99, 100])
  func valuesAreDistinctAndInRange(count: Int) {
    let sample = sampleWithoutReplacement(count, of: 100, stream: stream)
    #expect(sample.count == count)
    #expect(Set(sample).count == count)
    #expect(sample.allSatisfy { (0..<100).contains($0) })
  }

  @Test func smallerSamplesArePrefixes() {
    let whole = sampleWithoutReplacement(500, of: 500, stream: stream)
    for count in [0, 1, 17, 250, 499] {
      #expect(sampleWithoutReplacement(count, of: 500, stream: stream) == Array(whole.prefix(count)))
    }
  }

  @Test func theWholePopulationIsAPermutation() {
    let whole = sampleWithoutReplacement(15_625, of: 15_625, stream: stream)
    #expect(whole.sorted() == Array(0..<15_625))
    #expect(whole != whole.sorted())
  }

  @Test func moreThanThePopulationGivesThePopulation() {
    #expect(sampleWithoutReplacement(9, of: 4, stream: stream).sorted() == [0, 1, 2, 3])
    #expect(sampleWithoutReplacement(9, of: 0, stream: stream).isEmpty)
  }
}
