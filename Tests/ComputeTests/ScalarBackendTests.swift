import Compute
import NetworkGraph
import Randomness
import SearchSpaces
import Testing
import TestSupport

/// What the reference (PyTorch in double precision) counts with seed 5 on a NAS-Bench-201 network of 4 channels and one
/// cell a stage, for four images of 3x8x8 from `standardNormals(seed: 7)` and copies with a quarter of that as noise.
struct ReferenceCounts: Sendable, CustomTestStringConvertible {
  var text: String
  var d1: [Int]
  var d2: [Int]
  var agreement: [Int64]

  var testDescription: String { text }

  static let all = [
    ReferenceCounts(
      text: "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|",
      d1: [
        384, 494, 496, 164, 236, 0, 226, 84, 96, 92, 122,
      ],
      d2: [
        85, 105, 106, 58, 62, 56, 77, 39, 41, 47, 68,
      ],
      agreement: [1536, 808, 813, 814, 808, 1536, 809, 848, 813, 809, 1536, 795, 814, 848, 795, 1536]),
    ReferenceCounts(
      text: "|none~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
      d1: [
        494, 0, 258, 490, 168, 166, 0, 234, 230, 96, 100, 0, 118, 100,
      ],
      d2: [
        85, 0, 93, 107, 61, 66, 0, 72, 78, 30, 52, 0, 40, 46,
      ],
      agreement: [1984, 1265, 1252, 1289, 1265, 1984, 1291, 1268, 1252, 1291, 1984, 1215, 1289, 1268, 1215, 1984]),
    ReferenceCounts(
      text: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
      d1: [
        384, 494, 264, 396, 494, 248, 484, 176, 230, 184, 140, 184, 0, 260, 236, 104, 82, 104, 80, 104, 80, 102, 106,
      ],
      d2: [
        85, 85, 105, 85, 105, 91, 107, 71, 63, 63, 83, 63, 83, 90, 91, 55, 50, 50, 76, 50, 76, 70, 75,
      ],
      agreement: [3328, 1685, 1726, 1716, 1685, 3328, 1717, 1923, 1726, 1717, 3328, 1672, 1716, 1923, 1672, 3328]),
    ReferenceCounts(
      text: "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
      d1: [
        0, 0, 0, 0, 0,
      ],
      d2: [
        0, 0, 0, 0, 0,
      ],
      agreement: [640, 640, 640, 640, 640, 640, 640, 640, 640, 640, 640, 640, 640, 640, 640, 640]),
    ReferenceCounts(
      text: "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
      d1: [
        494, 396, 510, 178, 170, 170, 222, 84, 124, 124, 126,
      ],
      d2: [
        85, 85, 86, 55, 65, 65, 58, 46, 64, 64, 50,
      ],
      agreement: [1536, 826, 804, 764, 826, 1536, 756, 840, 804, 756, 1536, 766, 764, 840, 766, 1536]),
  ]
}

@Suite struct ScalarBackendTests {
  private func network(_ text: String) throws -> Network {
    let space = NASBench201(channels: 4, cellsPerStage: 1)
    return try space.network(
      of: space.architecture(text: text), input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
  }

  /// The clean images, then their copies.
  private func images() -> [Float] {
    let values = standardNormals(seed: 7, count: 8 * 192).map { Float($0) }
    let clean = values[..<768]
    return clean + zip(clean, values[768...]).map { $0 + 0.25 * $1 }
  }

  @Test(arguments: ReferenceCounts.all)
  func equalsReference(_ reference: ReferenceCounts) throws {
    let network = try network(reference.text)
    let distances = try Plan(network, measurement: .distances, batch: 4, seed: 5)
    let batch = ImageBatch(shape: network.inputShape, count: 8, values: images())
    let counts = try ScalarBackend().run(distances, images: batch).counts
    expectClose(counts.sites.map(\.d1), reference.d1, turns: 2)
    expectClose(counts.sites.map(\.d2), reference.d2, turns: 2)
    #expect(counts.agreement.isEmpty)
    let agreement = try Plan(network, measurement: .agreement, batch: 4, seed: 5)
    let clean = ImageBatch(shape: network.inputShape, count: 4, values: Array(images()[..<768]))
    let agreed = try ScalarBackend().run(agreement, images: clean).counts
    expectClose(agreed.agreement.map(Int.init), reference.agreement.map(Int.init), turns: 2 * 6)
    #expect(agreed.sites.isEmpty)
  }

  /// The rounding of Winograd's algorithm turns about one sign in 100,000, which is seen at one site or image.
  private func expectClose(_ counts: [Int], _ reference: [Int], turns: Int) {
    #expect(counts.count == reference.count)
    #expect(zip(counts, reference).reduce(0) { $0 + abs($1.0 - $1.1) } <= turns, "\(counts), not \(reference)")
  }

  @Test func refusesOtherImages() throws {
    let plan = try Plan(network(ReferenceCounts.all[0].text), measurement: .distances, batch: 4, seed: 5)
    let few = RandomCases.images(shape: TensorShape(channels: 3, height: 8, width: 8), count: 4, seed: 1)
    let expected = BackendError(.unsuitableImages, "the plan takes 8 images of 3x8x8, not 4 of 3x8x8")
    #expect(throws: expected) { try ScalarBackend().run(plan, images: few).counts }
    let narrow = RandomCases.images(shape: TensorShape(channels: 3, height: 8, width: 7), count: 8, seed: 1)
    #expect(throws: BackendError.self) { try ScalarBackend().run(plan, images: narrow).counts }
  }

  private func normalization(of value: Float, others: Float = 0) throws -> BackendError.Code? {
    var builder = NetworkBuilder(input: TensorShape(channels: 1, height: 5, width: 5))
    let normalized = builder.batchNormalization("normalization", of: builder.input)
    let network = builder.network(output: builder.relu("relu", of: normalized))
    let plan = try Plan(network, measurement: .agreement, batch: 2, seed: 1)
    var values = [Float](repeating: others, count: 50)
    values[49] = value
    do {
      _ = try ScalarBackend().run(plan, images: ImageBatch(shape: network.inputShape, count: 2, values: values)).counts
      return nil
    } catch {
      return error.code
    }
  }

  /// Squares may reach 2^66 with the 8 tiles that there are, so values 2^33.
  @Test func refusesValuesOutOfRange() throws {
    #expect(try normalization(of: 0x1p33) == nil)
    #expect(try normalization(of: -0x1p33) == nil)
    #expect(try normalization(of: Float(0x1p33).nextUp) == .valueOutOfRange)
    #expect(try normalization(of: .greatestFiniteMagnitude) == .valueOutOfRange)
    #expect(try normalization(of: .infinity) == .valueOutOfRange)
    #expect(try normalization(of: .nan) == .valueOutOfRange)
    #expect(try normalization(of: .leastNonzeroMagnitude) == nil)
    #expect(try normalization(of: 0x1p32, others: 0x1p32) == .valueOutOfRange, "sixteen of them in a tile")
  }
}
