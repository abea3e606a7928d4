public import NetworkGraph

/// Why a network cannot be planned.
public enum PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  case batchTooSmall(Int)
  case batchTooLarge(images: Int, limit: Int, shape: TensorShape)
  /// A ReLU depends on a part of the classifier, which is not planned; the name is that of the module, empty for a
  /// pool.
  case unsupportedOperation(String)

  public var description: String {
    switch self {
    case .batchTooSmall(let batch): "a batch of \(batch) images is too small"
    case .batchTooLarge(let images, let limit, let shape):
      "\(images) images of \(shape) exceed the exact batch statistics, which hold \(limit) images of this shape"
    case .unsupportedOperation(let name):
      "\(name.isEmpty ? "a global average pool" : name): a ReLU after the classifier is not supported"
    }
  }
}
