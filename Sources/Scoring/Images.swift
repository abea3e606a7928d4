public import Compute
public import NetworkGraph
internal import Randomness

/// Images of a data set as bytes, and what they are as the input of a network.
public struct Images: Hashable, Sendable {
  /// The most images that one value may hold.
  public static let maximumCount = 1 << 20

  public let dataSet: DataSet
  /// Of one image: the data set's, but for built-in ones made at another size.
  public let shape: TensorShape
  /// The number of images.
  public let count: Int
  /// `count` images one after another, each with the planes red, green and blue, row-major.
  public let bytes: [UInt8]
  /// The name of the file that they came from, or `dead-leaves`.
  public let source: String
  /// FNV-1a 64 of `bytes`, 16 hexadecimal digits.
  public let digest: String

  /// What a score depends on, whatever the file was called: the data set (its normalisation), the number and the bytes.
  public var identity: String { "\(dataSet.rawValue)/\(count)/\(digest)" }

  /// - Parameters:
  ///   - dataSet: whose normalisation the images take.
  ///   - bytes: the images one after the other, each channel by channel.
  ///   - source: what they are called in messages.
  ///   - shape: of one image; nil for the data set's.
  /// - Precondition: `bytes` holds whole images, at least one.
  public init(dataSet: DataSet, bytes: [UInt8], source: String, shape: TensorShape? = nil) {
    let shape = shape ?? dataSet.shape
    precondition(!bytes.isEmpty && bytes.count.isMultiple(of: shape.count))
    self.dataSet = dataSet
    self.shape = shape
    self.count = bytes.count / shape.count
    self.bytes = bytes
    self.source = source
    let digits = String(fnv1a64(bytes: bytes), radix: 16)
    self.digest = String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The images, normalised: ((byte / 255) - mean) / deviation, each operation rounded to float32, where mean and
  /// deviation are the data set's figures divided by 255 in double precision and rounded.
  ///
  /// - Parameter shape: of the network's input, with as many channels; nil for their own. Images of another size are
  ///   brought to it after they are normalised.
  public func batch(_ shape: TensorShape? = nil) -> ImageBatch {
    let shape = shape ?? self.shape
    return ImageBatch(shape: shape, count: count, values: resized(normalized(), to: shape))
  }

  /// The images, then the same images with noise added: 2 * `count` images.
  ///
  /// - Parameters:
  ///   - sigma: standard deviation of the noise on the normalised scale, finite and not negative.
  ///   - seed: of the stream `noise`.
  ///   - shape: as `batch` has it; noise is added after images are brought to a size.
  public func perturbedBatch(
    sigma: Double, seed: UInt64, _ shape: TensorShape? = nil
  ) throws(ImageError) -> ImageBatch {
    let shape = shape ?? self.shape
    guard sigma.isFinite, sigma >= 0 else {
      throw ImageError(.unsuitableSigma, "sigma must be zero or a positive number, not \(sigma)")
    }
    let clean = resized(normalized(), to: shape)
    let noise = standardNormals(seed: seed, count: clean.count)
    let values = [Float](unsafeUninitializedCapacity: 2 * clean.count) { values, initialized in
      for position in clean.indices {
        values[position] = clean[position]
        values[clean.count + position] = clean[position] + Float(sigma * noise[position])
      }
      initialized = 2 * clean.count
    }
    return ImageBatch(shape: shape, count: 2 * count, values: values)
  }

  private func normalized() -> [Float] {
    // A byte has 256 values: one table a channel takes the divisions out of the loop and keeps every bit.
    let tables = zip(dataSet.means, dataSet.deviations).map { mean, deviation in
      (0...255).map { byte in (Float(byte) / 255 - Float(mean / 255)) / Float(deviation / 255) }
    }
    let plane = shape.positions
    return [Float](unsafeUninitializedCapacity: bytes.count) { values, initialized in
      for start in stride(from: 0, to: bytes.count, by: plane) {
        let table = tables[start / plane % tables.count]
        for position in start..<start + plane { values[position] = table[Int(bytes[position])] }
      }
      initialized = bytes.count
    }
  }
}

extension Images {
  static func check(count: Int) throws(ImageError) {
    guard count >= 1 else { throw ImageError(.unsuitableCount, "at least one image is needed, not \(count)") }
    guard count <= maximumCount else {
      throw ImageError(.unsuitableCount, "at most \(maximumCount) images are possible, not \(count)")
    }
  }
}
