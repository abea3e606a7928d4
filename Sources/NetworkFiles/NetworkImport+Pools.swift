import NetworkGraph

// Windows that have no parameters.
extension NetworkImport {
  mutating func pool(isMaximum: Bool) throws(NetworkFileError) {
    let (value, rank, images) = try image(0)
    let input = shape(value)
    guard let size = integers("kernel_shape") else { throw malformed("it has no kernel_shape") }
    let kernel = try extent(size, rank, default: 1)
    let stride = try extent(integers("strides"), rank, default: 1)
    let dilation = try extent(integers("dilations"), rank, default: 1)
    guard dilation == Extent(1) else { throw unsupported("a dilated pool") }
    guard node.outputs.count < 2 || node.outputs[1].isEmpty else { throw unsupported("indices of maxima") }
    let (leading, trailing) = try pads(rank, input: input, kernel: kernel, stride: stride, dilation: dilation)
    let isCeiling = integer("ceil_mode") ?? 0 != 0
    let name = node.name
    let isPadded = leading != Extent(0) || trailing != Extent(0)
    if !isMaximum, integer("count_include_pad") ?? 0 != 0, isPadded {
      // Zeros that count are an image of their own.
      let shape = TensorShape(
        channels: input.channels, height: input.height + leading.height + trailing.height,
        width: input.width + leading.width + trailing.width)
      let image = TensorLayout.image(rank: 4).view(
        of: value, [1, input.channels, input.height, input.width], images: .first)
      let steps = TensorLayout.image(rank: 4).steps([1, shape.channels, shape.height, shape.width])
      var padded = try arranged(
        [(image, 0)], [1, shape.channels, shape.height, shape.width], steps, shape, axis: 0,
        shift: Arrangement.Step(positions: leading.height * shape.width + leading.width))
      let pooling = Pooling(kernel: kernel, stride: stride, isCeiling: isCeiling)
      padded = try building { (builder) throws(NetworkError) in
        try builder.averagePool(name, of: padded, pooling)
      }
      setImage(padded, rank: rank, images)
      return
    }
    let pooling = Pooling(
      kernel: kernel, stride: stride, padding: leading, trailingPadding: trailing, isCeiling: isCeiling)
    let result = try building { (builder) throws(NetworkError) in
      isMaximum ? try builder.maxPool(name, of: value, pooling) : try builder.averagePool(name, of: value, pooling)
    }
    setImage(result, rank: rank, images)
  }

  mutating func globalPool(isMaximum: Bool) throws(NetworkFileError) {
    let (value, rank, images) = try image(0)
    let name = node.name
    let result =
      isMaximum
      ? builder.reduce(name, value, Reduction(.maximum, over: .positions)) : builder.globalAveragePool(of: value)
    setImage(result, rank: rank, images)
  }
}
