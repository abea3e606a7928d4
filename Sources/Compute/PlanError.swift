public import NetworkGraph

/// Why a network cannot be planned.
public enum PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  case batchTooSmall(Int)
  case batchTooLarge(images: Int, limit: Int, shape: TensorShape)

  public var description: String {
    switch self {
    case .batchTooSmall(let batch): "a batch of \(batch) images is too small"
    case .batchTooLarge(let images, let limit, let shape):
      "\(images) images of \(shape) exceed the exact batch statistics, which hold \(limit) images of this shape"
    }
  }
}
