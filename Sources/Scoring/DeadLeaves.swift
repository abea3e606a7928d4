public import NetworkGraph
internal import Randomness

extension Images {
  /// Built-in images that need no file: dead leaves, image i of a size being the same for every count and on every
  /// machine.
  ///
  /// They rank architectures as photographs do. Kendall tau-b of ePADS (batch 16, sigma 1, seed 1) with the CIFAR-10
  /// test accuracy of two random samples of NAS-Bench-201, 60 and 95 architectures: 0.61 and 0.68 with these, 0.61 and
  /// 0.67 with CIFAR-10's images, 0.53 and 0.60 with Gaussian noise in their place.
  ///
  /// - Parameters:
  ///   - dataSet: whose shape and normalisation the images take.
  ///   - count: the number of images.
  ///   - shape: of an image; nil for the data set's. An oblong one is the upper left part of a square one.
  public static func deadLeaves(
    _ dataSet: DataSet, count: Int, _ shape: TensorShape? = nil
  ) throws(ImageError) -> Images {
    try check(count: count)
    let shape = shape ?? dataSet.shape
    let size = max(shape.height, shape.width)
    let model = DeadLeaves(size: size)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * shape.count)
    for index in 0..<count {
      let image = model.image(index)
      guard shape.height != shape.width else {
        bytes += image
        continue
      }
      for row in 0..<shape.channels * shape.height {
        let start = (row / shape.height * size + row % shape.height) * size
        bytes += image[start..<start + shape.width]
      }
    }
    return Images(dataSet: dataSet, bytes: bytes, source: builtIn, shape: shape)
  }

  private static let builtIn = "dead-leaves"

  /// Whether they are made and not read.
  var isBuiltIn: Bool { source == Self.builtIn }

  /// An upper bound of the bytes that reading or making so many images takes.
  static func memoryBound(ofMaking count: Int, dataSet: DataSet) -> Int {
    let pixels = dataSet.shape.height * dataSet.shape.width
    // Beside the images the sums of one in the making, its samples, and a block of a file.
    return count * dataSet.shape.count + pixels * 16 * MemoryLayout<Int>.stride + (1 << 20)
  }
}

/// The dead leaves model of natural images (Lee, Mumford and Huang, "Occlusion models for natural images", IJCV 41,
/// 2001): opaque discs, uniform in position, the density of their radii proportional to r^-3, seen from the side on
/// which they arrive, so that each place shows the first disc that covers it.
///
/// Two samples a pixel along each axis, averaged, stand for the blur of a lens. Only integers and correctly rounded
/// operations in double precision are used, and they decide the bytes alone: they are the same on every machine.
struct DeadLeaves {
  /// Width and height of an image.
  let size: Int
  /// In pixels. Smaller leaves would be noise, which ranks worse than photographs.
  let smallestRadius = 2.0
  /// In pixels. With larger leaves more images would be of one colour.
  var largestRadius: Double { Double(size) }

  private static let samplesAlongPixel = 2

  /// Image `index`, planar RGB.
  func image(_ index: Int) -> [UInt8] {
    let stream = RandomStream(seed: 0, domain: .images, name: "dead-leaves/\(size)/\(index)")
    let side = size * Self.samplesAlongPixel
    let plane = size * size
    var uncovered = UncoveredSamples(side: side)
    var sums = [Int](repeating: 0, count: 3 * plane)
    var position = 0
    while uncovered.count > 0 {
      let leaf = leaf(stream.block(position))
      position += 1
      guard let rows = samples(around: leaf.y, reach: leaf.squaredRadius.squareRoot()) else { continue }
      for row in rows where uncovered.has(row) {
        let distance = (Double(row) + 0.5) / Double(Self.samplesAlongPixel) - leaf.y
        let squaredReach = leaf.squaredRadius - distance * distance
        guard squaredReach >= 0, let columns = samples(around: leaf.x, reach: squaredReach.squareRoot())
        else { continue }
        let firstPixel = row / Self.samplesAlongPixel * size
        uncovered.cover(columns, of: row) { column in
          let pixel = firstPixel + column / Self.samplesAlongPixel
          sums[pixel] += leaf.red
          sums[plane + pixel] += leaf.green
          sums[2 * plane + pixel] += leaf.blue
        }
      }
    }
    let samples = Self.samplesAlongPixel * Self.samplesAlongPixel
    return sums.map { UInt8(($0 + samples / 2) / samples) }
  }

  private struct Leaf {
    var squaredRadius: Double
    /// Of the centre, in pixels from the image's edge; outside the image by up to the largest radius, so that the
    /// borders of the image look like its middle.
    var x: Double
    var y: Double
    /// 0 ... 255.
    var red: Int
    var green: Int
    var blue: Int
  }

  /// The leaf that four random words make.
  private func leaf(_ words: SIMD4<UInt32>) -> Leaf {
    // The inverse of the distribution function of r: 1 / r^2 is uniform between the two ends.
    let (most, least) = (1 / (smallestRadius * smallestRadius), 1 / (largestRadius * largestRadius))
    let field = Double(size) + 2 * largestRadius
    let colour = Int(words[3])
    return Leaf(
      squaredRadius: 1 / (most - Double(words[0]) * 0x1p-32 * (most - least)),
      x: Double(words[1]) * 0x1p-32 * field - largestRadius,
      y: Double(words[2]) * 0x1p-32 * field - largestRadius,
      red: colour >> 24, green: colour >> 16 & 255, blue: colour >> 8 & 255)
  }

  /// The samples of a row or column within `reach` of `centre`, both in pixels; sample s lies at (s + 1/2) / 2.
  private func samples(around centre: Double, reach: Double) -> ClosedRange<Int>? {
    let scale = Double(Self.samplesAlongPixel)
    let first = max(0, Int(((centre - reach) * scale - 0.5).rounded(.up)))
    let last = min(size * Self.samplesAlongPixel - 1, Int(((centre + reach) * scale - 0.5).rounded(.down)))
    return first <= last ? first...last : nil
  }
}

/// Which samples of a square no leaf has covered yet: a bit each, whole words a row.
private struct UncoveredSamples {
  /// How many there are.
  private(set) var count: Int
  private var words: [UInt64]
  /// Per row.
  private var left: [Int]
  private let wordsInRow: Int

  init(side: Int) {
    count = side * side
    left = [Int](repeating: side, count: side)
    wordsInRow = (side + 63) / 64
    words = (0..<side * wordsInRow).map { [wordsInRow] word in
      UInt64.max >> UInt64(max(0, 64 - (side - word % wordsInRow * 64)))
    }
  }

  /// Whether a row has any.
  func has(_ row: Int) -> Bool { left[row] > 0 }

  /// Covers the columns of a row and calls `body` with each that was not covered before.
  mutating func cover(_ columns: ClosedRange<Int>, of row: Int, _ body: (Int) -> Void) {
    for word in columns.lowerBound / 64...columns.upperBound / 64 {
      let from = UInt64(max(0, columns.lowerBound - 64 * word))
      let through = UInt64(min(63, columns.upperBound - 64 * word))
      let index = row * wordsInRow + word
      var added = words[index] & UInt64.max << from & UInt64.max >> (63 - through)
      words[index] &= ~added
      left[row] -= added.nonzeroBitCount
      count -= added.nonzeroBitCount
      while added != 0 {
        body(64 * word + added.trailingZeroBitCount)
        added &= added - 1
      }
    }
  }
}
