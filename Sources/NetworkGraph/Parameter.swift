/// Numbers that come with a network: a parameter of a file, or a constant. They are read when they are needed.
///
/// Two are equal where their keys are.
public final class StoredTensor: Hashable, Sendable, CustomStringConvertible {
  /// What tells it from all others: a digest of the values, or a name and a digest of the file.
  public let key: String
  /// How many values there are.
  public let count: Int
  private let read: @Sendable () throws(NetworkError) -> [Float]

  /// - Parameter read: gives `count` values; throws where the file that holds them cannot be read any more.
  public init(key: String, count: Int, read: @escaping @Sendable () throws(NetworkError) -> [Float]) {
    self.key = key
    self.count = count
    self.read = read
  }

  /// Values that are at hand. The key is made of all of them.
  public convenience init(_ values: [Float]) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var other: UInt64 = 0x9E37_79B9_7F4A_7C15
    for value in values {
      hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
      other = (other ^ hash) &* 0xBF58_476D_1CE4_E5B9
      other ^= other >> 29
    }
    self.init(key: "\(values.count).\(hash).\(other)", count: values.count) { () throws(NetworkError) in values }
  }

  /// `count` values.
  public func values() throws(NetworkError) -> [Float] {
    let values = try read()
    guard values.count == count else {
      throw NetworkError(module: "", reason: "\(values.count) values are stored where \(count) belong")
    }
    return values
  }

  /// The key: what a digest of a network takes of it.
  public var description: String { key }

  public static func == (left: StoredTensor, right: StoredTensor) -> Bool { left === right || left.key == right.key }

  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// Where the weights or the bias of a layer come from. Weights are [output][input of its group][kernel row][kernel
/// column].
public enum Parameter: Hashable, Sendable {
  /// Drawn at PyTorch's default initialisation, uniform in +-1/sqrt(fan-in), from the stream of this name, which is
  /// that of the parameter in the reference model's `state_dict`.
  case drawn(String)
  /// As it is stored; the name is that of the tensor.
  case stored(String, StoredTensor)

  /// The name of the tensor.
  public var name: String {
    switch self {
    case .drawn(let name), .stored(let name, _): name
    }
  }
}

/// A batch normalisation: (x - mean) / sqrt(variance + epsilon) * scale + shift for each channel.
public struct BatchNormalization: Hashable, Sendable {
  public var epsilon: Double
  /// gamma and beta, one a channel; nil for 1 and 0, as they are at initialisation.
  public var scale: StoredTensor?
  public var shift: StoredTensor?
  /// The running statistics, one a channel, which logits are made with; nil for 0 and 1. Scores take those of the
  /// batch.
  public var runningMean: StoredTensor?
  public var runningVariance: StoredTensor?

  public init(
    epsilon: Double = 1e-5, scale: StoredTensor? = nil, shift: StoredTensor? = nil, runningMean: StoredTensor? = nil,
    runningVariance: StoredTensor? = nil
  ) {
    self.epsilon = epsilon
    (self.scale, self.shift) = (scale, shift)
    (self.runningMean, self.runningVariance) = (runningMean, runningVariance)
  }
}
