import Randomness
import Testing

/// A known answer of Random123 (kat_vectors, philox4x32 with 10 rounds).
struct KnownAnswer: Sendable {
  var counter: SIMD4<UInt32>
  var key: SIMD2<UInt32>
  var words: SIMD4<UInt32>

  static let all = [
    KnownAnswer(
      counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0),
      words: SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)),
    KnownAnswer(
      counter: SIMD4(repeating: 0xFFFF_FFFF), key: SIMD2(repeating: 0xFFFF_FFFF),
      words: SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)),
    KnownAnswer(
      counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0),
      words: SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)),
  ]
}

@Suite struct PhiloxTests {
  @Test(arguments: KnownAnswer.all)
  func knownAnswer(_ answer: KnownAnswer) {
    #expect(Philox.block(counter: answer.counter, key: answer.key) == answer.words)
  }

  @Test func fowlerNollVoKnownAnswers() {
    #expect(fnv1a64("") == 0xCBF2_9CE4_8422_2325)
    #expect(fnv1a64("a") == 0xAF63_DC4C_8601_EC8C)
    #expect(fnv1a64("foobar") == 0x8594_4171_F739_67E8)
    #expect(fnv1a64("\u{E9}") == 0x0AC2_1707_B718_1E01)
    #expect(fnv1a64("cells.3.layers.2.op.1.weight"[...]) == 0x906E_96F4_BADB_EAED)
    #expect(fnv1a64(bytes: [0x66, 0x6F, 0x6F, 0x62, 0x61, 0x72]) == 0x8594_4171_F739_67E8)
  }
}

@Suite struct RandomStreamTests {
  /// From `philox_words` of the reference.
  @Test func equalsReference() {
    let first = RandomStream(seed: 1, domain: .weights, name: "x")
    #expect(
      first.words(10) == [
        0x33A2_2ACC, 0x4057_0791, 0xFFA0_DC5C, 0x3401_87CA, 0x485C_C94F, 0x8F92_646F, 0x6E04_DC74, 0x3BCA_AFAC,
        0xB46E_9CA2, 0x636F_F1E4,
      ])
    let second = RandomStream(seed: 0x0123_4567_89AB_CDEF, domain: .permutations, name: "cells.3.layers.2.op.0")
    #expect(
      second.words(10) == [
        0x400C_E199, 0x87D0_5345, 0x056D_9956, 0x929B_43B1, 0x9BC9_0C30, 0x8207_5B2B, 0x8F9A_B5CD, 0xA39A_E428,
        0xAAEF_664F, 0x898B_7D56,
      ])
  }

  @Test(arguments: [0, 1, 3, 4, 5, 31])
  func positionsAndBlocksAgree(count: Int) {
    let stream = RandomStream(seed: 99, domain: .images, name: "agreement")
    let words = stream.words(count)
    #expect(words.count == count)
    for position in 0..<count {
      #expect(words[position] == stream[position])
      #expect(words[position] == stream.block(position / 4)[position % 4])
    }
  }

  @Test func seedDomainAndNameSeparateStreams() {
    let streams = [
      RandomStream(seed: 1, domain: .weights, name: "a"), RandomStream(seed: 2, domain: .weights, name: "a"),
      RandomStream(seed: 1 << 32, domain: .weights, name: "a"), RandomStream(seed: 1, domain: .noise, name: "a"),
      RandomStream(seed: 1, domain: .resampling, name: "a"), RandomStream(seed: 1, domain: .weights, name: "b"),
    ]
    #expect(Set(streams.map { $0.words(8) }).count == streams.count)
  }

  @Test func indexIsTheScaledWord() {
    let stream = RandomStream(seed: 5, domain: .architectures, name: "index")
    for position in 0..<200 {
      let bound = 1 + position * position
      let index = stream.index(position, below: bound)
      #expect(index == Int((Double(stream[position]) * Double(bound) / 0x1p32).rounded(.down)))
      #expect((0..<bound).contains(index))
    }
  }
}
