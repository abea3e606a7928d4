import Compute
import Foundation
import NetworkGraph
import Randomness
import Scoring
import Testing

/// Float bit patterns that reference/epads_reference.py gives for a file (`load_images` and `perturbed`).
struct Expectation: CustomTestStringConvertible {
  enum Source {
    /// `syntheticRecords`.
    case synthetic
    /// The built-in images, made for the reference by an independent program and written as records.
    case leaves
  }

  var source: Source
  var dataSet: DataSet
  var count: Int
  var sigma: Double
  var seed: UInt64
  var positions: [Int]
  var clean: [UInt32]
  var perturbed: [UInt32]
  /// FNV-1a 64 of all values as little-endian bytes: the clean ones, then the perturbed ones.
  var digest: UInt64

  var testDescription: String { "\(source) \(dataSet.rawValue)" }

  static let all = [
    Expectation(
      source: .synthetic, dataSet: .cifar10, count: 3, sigma: 1.0, seed: 1,
      positions: [
        0, 837, 1675, 2513, 3350, 4188,
        5026, 5864, 6701, 7539, 8377, 9215,
      ],
      clean: [
        0xBFFE_93E9, 0xBFC9_C09C, 0xBF0C_2939, 0x3F12_3B1D, 0x3EB8_7B8A, 0x3FB5_6287,
        0xBFD8_6CD5, 0xBEFC_8BB2, 0xBF44_4444, 0x3E8C_293D, 0x3FAA_FC8C, 0xBFC7_6367,
      ],
      perturbed: [
        0xBF06_4D44, 0xBFBF_0C68, 0xC010_C3A1, 0x3FAE_E9E2, 0xBE84_BFE8, 0x3FBA_B1FA,
        0xBF86_EA2B, 0xBF9A_8724, 0xC00C_E60F, 0x3FFD_5D6A, 0x402D_0E72, 0xBFDB_BCD2,
      ],
      digest: 0xC8EE_CF29_75D3_9099),
    Expectation(
      source: .synthetic, dataSet: .cifar100, count: 3, sigma: 0.25, seed: 0x0123_4567_89AB_CDEF,
      positions: [
        0, 837, 1675, 2513, 3350, 4188,
        5026, 5864, 6701, 7539, 8377, 9215,
      ],
      clean: [
        0xBFF2_ACAA, 0xBFC1_E077, 0xBF09_64FE, 0x3F10_0002, 0x3E8C_631F, 0x3FAA_145B,
        0xBFCF_A852, 0xBEE4_5D15, 0xBF44_5112, 0x3E78_F445, 0x3FA4_BA2F, 0xBFBA_2E8B,
      ],
      perturbed: [
        0xBFFF_BD4B, 0xBFDB_98D0, 0xBDF2_609C, 0x3F45_7C26, 0x3EA9_FE2C, 0x3F7A_BAF8,
        0xBFE1_214B, 0xBF05_5F96, 0xBF65_C8E7, 0x3E23_6770, 0x3FBF_055C, 0xBFA8_A256,
      ],
      digest: 0xF323_A2F7_2615_3E3C),
    Expectation(
      source: .synthetic, dataSet: .imagenet16, count: 3, sigma: 2.5, seed: 7,
      positions: [
        0, 209, 418, 628, 837, 1046,
        1256, 1465, 1674, 1884, 2093, 2303,
      ],
      clean: [
        0xBFF8_6320, 0xBF8D_1453, 0x3BB5_DD7B, 0x3FE0_2989, 0xBF1C_A0FF, 0x3F02_F790,
        0x3FFD_88D1, 0xBF64_277E, 0x3F37_8443, 0xBFD8_97C7, 0xBED4_7626, 0x3F77_BD9E,
      ],
      perturbed: [
        0x400A_0190, 0x3F6A_872E, 0x3F5F_107C, 0x3DFD_4500, 0x3FEE_EAE0, 0xBFDB_E800,
        0x4087_B460, 0xC037_6236, 0x3FF8_72C2, 0xBF95_3B22, 0x4069_0225, 0xC01D_AFA2,
      ],
      digest: 0x7778_0D3B_1FED_A119),
    Expectation(
      source: .leaves, dataSet: .cifar10, count: 16, sigma: 1.0, seed: 1,
      positions: [
        0, 4468, 8936, 13404, 17873, 22341,
        26809, 31277, 35746, 40214, 44682, 49151,
      ],
      clean: [
        0x3E5E_ADF0, 0xBF18_8736, 0x3F72_2ED4, 0xBF4E_1E81, 0xBF19_23B0, 0xBF8E_D4ED,
        0x3F76_0561, 0x3F31_931A, 0x3ECE_1E85, 0xBF0B_60B6, 0x3C83_EA90, 0xBF3B_AEA0,
      ],
      perturbed: [
        0x3FD7_4305, 0xC00D_031E, 0x3FE8_C19E, 0xBED0_A8C4, 0xBDA6_B168, 0xC023_2B78,
        0xBF6B_FE47, 0x3D6F_CD40, 0xBF90_5808, 0x3EF2_F4A4, 0x3F43_BF6A, 0xBF9C_27E0,
      ],
      digest: 0x49DA_88EE_E845_49DF),
    Expectation(
      source: .leaves, dataSet: .imagenet16, count: 16, sigma: 1.0, seed: 3,
      positions: [
        0, 1117, 2234, 3351, 4468, 5585,
        6702, 7819, 8936, 10053, 11170, 12287,
      ],
      clean: [
        0x3FAE_C520, 0xBFE0_F361, 0x3EAC_F95A, 0xBE8B_3DC4, 0xB921_1D0C, 0xBEB7_ADB5,
        0xBF15_7E72, 0x3EA4_90D3, 0x3F97_26B2, 0x3FB8_E4B6, 0x3FDA_0382, 0xBF60_38A3,
      ],
      perturbed: [
        0x3FDE_2DC4, 0xBFBB_EAB0, 0xBEC0_3D96, 0xBF42_6EA8, 0xBF41_B457, 0xBF82_F756,
        0xBFA7_877A, 0x3FAB_871E, 0xBD8A_2C70, 0x400F_6A3C, 0xBD3B_6640, 0xC02C_1D88,
      ],
      digest: 0x14CC_688F_D5F4_415F),
  ]
}

@Suite struct NormalizationTests {
  private func images(_ expectation: Expectation) throws -> Images {
    let dataSet = expectation.dataSet
    switch expectation.source {
    case .leaves: return try Images.deadLeaves(dataSet, count: expectation.count)
    case .synthetic:
      let folder = try TemporaryFolder()
      let labelBytes = dataSet == .imagenet16 ? 2 : 1
      let path = try folder.write(
        syntheticRecords(labelBytes: labelBytes, pixels: dataSet.shape.count, count: expectation.count), "images.bin")
      return try Images(file: path, dataSet: dataSet, count: expectation.count)
    }
  }

  @Test(arguments: Expectation.all)
  func equalsTheReferenceBitForBit(expectation: Expectation) throws {
    let images = try images(expectation)
    let clean = images.batch()
    #expect(clean.count == expectation.count)
    #expect(clean.shape == expectation.dataSet.shape)
    #expect(expectation.positions.map { clean.values[$0].bitPattern } == expectation.clean)

    let both = try images.perturbedBatch(sigma: expectation.sigma, seed: expectation.seed)
    let half = clean.values.count
    #expect(both.count == 2 * expectation.count)
    #expect(both.shape == expectation.dataSet.shape)
    #expect(expectation.positions.map { both.values[half + $0].bitPattern } == expectation.perturbed)
    let bytes = both.values.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> ($0 * 8) & 0xFF) } }
    #expect(fnv1a64(bytes: bytes) == expectation.digest)
    #expect(both.values[..<half].elementsEqual(clean.values) { $0.bitPattern == $1.bitPattern })
  }

  @Test(arguments: [0.0, -0.0])
  func sigmaZeroLeavesEveryBit(sigma: Double) throws {
    let batch = try Images.deadLeaves(.cifar10, count: 3).perturbedBatch(sigma: sigma, seed: 5)
    let bits = batch.values.map(\.bitPattern)
    #expect(bits.prefix(bits.count / 2) == bits.suffix(bits.count / 2))
  }

  @Test(arguments: [-1, -1e-300, Double.nan, .infinity, -.infinity])
  func refusesASigmaThatIsNone(sigma: Double) throws {
    let images = try Images.deadLeaves(.cifar10, count: 1)
    let error = #expect(throws: ImageError.self) { try images.perturbedBatch(sigma: sigma, seed: 1) }
    #expect(error?.code == .unsuitableSigma)
    #expect(error?.description == "sigma must be zero or a positive number, not \(sigma)")
  }
}
