public import NetworkGraph

/// Exact batch statistics: sums that do not depend on the order of summation.
///
/// The values of a channel are grouped in tiles of 4x4 positions of one image (clipped at the lower and right edge).
/// The sum s and the sum of squares q of a tile are float expressions in one fixed order; each of them is split exactly
/// into `coarse * 2^16 + fine * 2^-24`, rounded to the nearest, ties to even, and the integers are added up. Integer
/// addition is associative, so tiles may come in any order, on any number of threads. See Docs/Numerics.md.
public struct BatchStatistics: Sendable {
  /// Rows and columns of a tile.
  public static let tile = 4
  /// What one of `Sum.coarse` and one of `Sum.fine` stand for.
  public static let coarseUnit = 0x1p16
  public static let fineUnit = 0x1p-24

  /// A sum as two integers.
  public struct Sum: Hashable, Sendable {
    public var fine: Int64
    public var coarse: Int64

    public init(fine: Int64, coarse: Int64) {
      self.fine = fine
      self.coarse = coarse
    }

    /// The sum in double precision: two roundings of the parts and one of their sum.
    public var value: Double { Double(coarse) * coarseUnit + Double(fine) * fineUnit }
  }

  /// Batch normalisation of one channel as `scale * x + shift`.
  public struct Affine: Hashable, Sendable {
    public var scale: Float
    public var shift: Float
  }

  /// Tiles of one channel over a batch.
  public static func tiles(shape: TensorShape, images: Int) -> Int {
    images * ((shape.height + tile - 1) / tile) * ((shape.width + tile - 1) / tile)
  }

  /// Throws where the integers could overflow: 2^39 for the fine part of a tile leaves room for 2^23 tiles.
  static func check(shape: TensorShape, images: Int) throws(PlanError) {
    let limit = 1 << 23
    guard tiles(shape: shape, images: images) <= limit else {
      throw PlanError.batchTooLarge(images: images, limit: limit / tiles(shape: shape, images: 1), shape: shape)
    }
  }

  /// The magnitude that the s and q of a tile may have: anything beyond, and NaN, is an error.
  ///
  /// With it the coarse parts of `tiles` tiles stay below 2^62, and every one below 2^50.
  public static func limit(tiles: Int) -> Float {
    let bits = Int.bitWidth - max(tiles - 1, 0).leadingZeroBitCount
    return Float(sign: .plus, exponent: 16 + min(50, 62 - bits), significand: 1)
  }

  /// Mean and biased variance in double precision, then scale and shift rounded to float.
  ///
  /// - Parameters:
  ///   - count: values of the channel: images times positions.
  ///   - gamma, beta: of the normalisation.
  public static func affine(
    sum: Sum, squares: Sum, count: Int, epsilon: Double, gamma: Float = 1, beta: Float = 0
  ) -> Affine {
    let mean = sum.value / Double(count)
    let meanOfSquares = squares.value / Double(count)
    let variance = max(0, meanOfSquares - mean * mean)
    return affine(mean: mean, variance: variance, epsilon: epsilon, gamma: gamma, beta: beta)
  }

  private static func affine(
    mean: Double, variance: Double, epsilon: Double, gamma: Float, beta: Float
  ) -> Affine {
    // With gamma 1 and beta 0 the product is exact and so is the difference.
    let scale = Double(gamma) * (1 / (variance + epsilon).squareRoot())
    return Affine(scale: Float(scale), shift: Float(Double(beta) - mean * scale))
  }

  /// A batch normalisation with its running statistics, for every channel.
  public static func running(
    _ normalization: BatchNormalization, channels: Int
  ) throws(NetworkError) -> [Affine] {
    let gamma = try normalization.scale?.values()
    let beta = try normalization.shift?.values()
    let mean = try normalization.runningMean?.values()
    let variance = try normalization.runningVariance?.values()
    return (0..<channels).map { channel in
      affine(
        mean: Double(mean?[channel] ?? 0), variance: Double(variance?[channel] ?? 1), epsilon: normalization.epsilon,
        gamma: gamma?[channel] ?? 1, beta: beta?[channel] ?? 0)
    }
  }
}
