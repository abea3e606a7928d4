import Compute
import NetworkGraph
import Testing

@Suite struct BatchStatisticsTests {
  /// 2^(16 + min(50, 62 - b)) with b the bits of tiles - 1.
  @Test func limit() {
    #expect(BatchStatistics.limit(tiles: 0) == 0x1p66)
    #expect(BatchStatistics.limit(tiles: 1) == 0x1p66)
    #expect(BatchStatistics.limit(tiles: 2) == 0x1p66)
    #expect(BatchStatistics.limit(tiles: 1 << 12) == 0x1p66)
    #expect(BatchStatistics.limit(tiles: (1 << 12) + 1) == 0x1p65)
    #expect(BatchStatistics.limit(tiles: 1 << 13) == 0x1p65)
    #expect(BatchStatistics.limit(tiles: (1 << 22) + 1) == 0x1p55)
    #expect(BatchStatistics.limit(tiles: 1 << 23) == 0x1p55)
  }

  /// The largest values that pass cannot overflow, however many tiles there are.
  @Test(arguments: 0...23)
  func limitLeavesRoom(bits: Int) {
    for tiles in [(1 << bits) - 1, 1 << bits, (1 << bits) + 1] where tiles >= 1 && tiles <= 1 << 23 {
      let coarse = Double(BatchStatistics.limit(tiles: tiles)) / BatchStatistics.coarseUnit
      #expect(coarse * Double(tiles) <= 0x1p62)
      #expect(0x1p39 * Double(tiles) <= 0x1p62, "fine parts")
    }
  }

  @Test func tilesAreClipped() {
    #expect(BatchStatistics.tiles(shape: TensorShape(channels: 5, height: 1, width: 1), images: 1) == 1)
    #expect(BatchStatistics.tiles(shape: TensorShape(channels: 5, height: 4, width: 4), images: 3) == 3)
    #expect(BatchStatistics.tiles(shape: TensorShape(channels: 5, height: 5, width: 4), images: 3) == 6)
    #expect(BatchStatistics.tiles(shape: TensorShape(channels: 5, height: 9, width: 17), images: 2) == 30)
  }

  @Test func sumsHaveTwoParts() {
    #expect(BatchStatistics.Sum(fine: 0, coarse: 0).value == 0)
    #expect(BatchStatistics.Sum(fine: 1, coarse: 0).value == 0x1p-24)
    #expect(BatchStatistics.Sum(fine: 0, coarse: -3).value == -196_608)
    #expect(BatchStatistics.Sum(fine: -(1 << 24), coarse: 1).value == 65_535)
    #expect(BatchStatistics.Sum(fine: 1 << 61, coarse: 1 << 61).value == 0x1p77 + 0x1p37)
  }

  @Test func affine() {
    func sum(_ value: Int64) -> BatchStatistics.Sum { BatchStatistics.Sum(fine: value << 24, coarse: 0) }
    // Values 1 and 3: mean 2, variance 1.
    let spread = BatchStatistics.affine(sum: sum(4), squares: sum(10), count: 2, epsilon: 1e-5)
    #expect(spread.scale == Float(1 / (1 + 1e-5).squareRoot()))
    #expect(spread.shift == Float(-2 / (1 + 1e-5).squareRoot()))
    let zeros = BatchStatistics.affine(sum: sum(0), squares: sum(0), count: 7, epsilon: 1e-5)
    #expect(zeros.scale == Float(1 / 1e-5.squareRoot()))
    #expect(zeros.shift == 0)
    let constant = BatchStatistics.affine(sum: sum(-15), squares: sum(45), count: 5, epsilon: 1e-5)
    #expect(constant.scale == zeros.scale)
    #expect(constant.shift == Float(3 / 1e-5.squareRoot()))
    // Rounding can make the mean of the squares smaller than the square of the mean.
    let negative = BatchStatistics.affine(
      sum: sum(6), squares: BatchStatistics.Sum(fine: (18 << 24) - 1, coarse: 0), count: 2, epsilon: 1e-5)
    #expect(negative.scale == zeros.scale)
    let large = BatchStatistics.affine(
      sum: BatchStatistics.Sum(fine: 0, coarse: 0), squares: BatchStatistics.Sum(fine: 0, coarse: 1 << 60), count: 1,
      epsilon: 1e-5)
    #expect(large.scale == 0x1p-38)
  }

  /// 2^23 tiles at most: 64 an image of 32x32.
  @Test func batchesThatAreTooLarge() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 32, width: 32))
    let value = builder.batchNormalization("normalization", of: builder.input)
    let network = builder.network(output: builder.relu("relu", of: value))
    let shape = TensorShape(channels: 3, height: 32, width: 32)
    #expect(try Plan(network, measurement: .agreement, batch: 131_072, seed: 1).images == 131_072)
    #expect(try Plan(network, measurement: .distances, batch: 65_536, seed: 1).images == 131_072)
    #expect(throws: PlanError.batchTooLarge(images: 131_073, limit: 131_072, shape: shape)) {
      try Plan(network, measurement: .agreement, batch: 131_073, seed: 1)
    }
    #expect(throws: PlanError.batchTooLarge(images: 131_074, limit: 131_072, shape: shape)) {
      try Plan(network, measurement: .distances, batch: 65_537, seed: 1)
    }
  }
}
