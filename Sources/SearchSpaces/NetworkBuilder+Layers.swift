import NetworkGraph

/// Layers that networks of every space are made of.
extension NetworkBuilder {
  mutating func normalizedConvolution(
    _ convolution: String, _ normalization: String, of value: ValueID, _ geometry: Convolution
  ) throws(NetworkError) -> ValueID {
    let convolved = try self.convolution(convolution, of: value, geometry)
    return batchNormalization(normalization, of: convolved)
  }

  /// ReLU, convolutions one after the other, batch normalisation: children `first`, `first + 1`, ... of `name`.
  mutating func reluConvolution(
    _ name: String, from first: Int = 0, of value: ValueID, _ convolutions: [Convolution]
  ) throws(NetworkError) -> ValueID {
    var result = relu("\(name).\(first)", of: value)
    var child = first + 1
    for convolution in convolutions {
      result = try self.convolution("\(name).\(child)", of: result, convolution)
      child += 1
    }
    return batchNormalization("\(name).\(child)", of: result)
  }
}
