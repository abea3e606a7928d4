public import NetworkGraph

/// Normalised images, ready for a network: float32, row-major (image, channel, row, column).
///
/// A class, so that a backend can tell that it holds a batch already.
public final class ImageBatch: Sendable {
  public let shape: TensorShape
  public let count: Int
  public let values: [Float]

  /// - Precondition: `values` holds `count` images of `shape`.
  public init(shape: TensorShape, count: Int, values: [Float]) {
    precondition(values.count == count * shape.count)
    self.shape = shape
    self.count = count
    self.values = values
  }
}
