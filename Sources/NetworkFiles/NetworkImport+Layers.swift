import NetworkGraph

// Layers with parameters: convolutions, linear layers, normalisations.
extension NetworkImport {
  /// Weights or a bias: drawn from the stream of the tensor's name, or the file's.
  ///
  /// - Parameters:
  ///   - shape: that the values have to have, in PyTorch's order.
  ///   - order: PyTorch's axes in those that the node reads.
  func weights(
    _ parameter: FileParameter, _ shape: [Int], order: [Int]? = nil
  ) throws(NetworkFileError) -> Parameter {
    let order = order ?? Array(parameter.shape.indices)
    guard order.count == parameter.shape.count, order.map({ parameter.shape[$0] }) == shape else {
      throw unsupported(
        "'\(parameter.name)' has the shape \(parameter.shape) where \(shape) belongs")
    }
    guard isStored(parameter) || !isDrawn(parameter) else { return .drawn(parameter.name) }
    return .stored(parameter.name, try stored(parameter, order: order))
  }

  /// The file's values, read when they are needed.
  func stored(_ parameter: FileParameter, order: [Int]? = nil) throws(NetworkFileError) -> StoredTensor {
    if let fill = parameter.fill {
      let count = parameter.shape.reduce(1, *)
      return StoredTensor(key: "\(count) of \(fill)", count: count) { () throws(NetworkError) in
        Array(repeating: Float(fill), count: count)
      }
    }
    guard let tensor = parameter.tensor else {
      throw unsupported("the file does not hold the values of '\(parameter.name)'")
    }
    let (count, model) = (tensor.count, model)
    guard !parameter.isReshaped else {
      throw unsupported("'\(parameter.name)' is reshaped before it is read: --init default draws it")
    }
    let axes = (order ?? Array(parameter.shape.indices)).map { parameter.order[$0] }
    return StoredTensor(key: tensor.key(of: model, axes), count: count) { () throws(NetworkError) in
      do throws(NetworkFileError) {
        let values = try model.floats(of: tensor, externalFolder: model.file.folder)
        return axes == Array(axes.indices) ? values : HostTensor.turned(values, tensor.dimensions, axes)
      } catch {
        throw NetworkError(module: tensor.name, reason: error.reason)
      }
    }
  }

  /// One number a channel that a normalisation has: the file's where its values are taken; nil for what it is at
  /// initialisation.
  private mutating func affine(_ index: Int, channels: Int) throws(NetworkFileError) -> StoredTensor? {
    guard input(index) != nil else { return nil }
    let item = try item(index)
    count(item)
    switch item {
    case .parameter(let parameter):
      guard isStored(parameter) else { return nil }
      guard parameter.shape.reduce(1, *) == channels else {
        throw malformed("'\(parameter.name)' is not one a channel")
      }
      return try stored(parameter)
    case .host(let numbers):
      guard initialization != .default else { return nil }
      guard numbers.numbers.count == channels else { throw malformed("it has other channels") }
      return StoredTensor(numbers.floats)
    case .view: throw unsupported("its scale depends on the images")
    }
  }

  /// A parameter of the file as a layer's weights.
  private func parameter(_ index: Int) throws(NetworkFileError) -> FileParameter? {
    if case .parameter(let parameter) = try item(index) { parameter } else { nil }
  }

  /// Weights that are computed in the file, or that depend on the images.
  private func weightsOrRefusal(_ index: Int) throws(NetworkFileError) -> FileParameter {
    if let parameter = try parameter(index) { return parameter }
    if case .view = try item(index) { throw unsupported("its weights depend on the images") }
    throw unsupported("its weights are computed from others, which is not carried out")
  }

  static let foldingAdvice = """
    its batch normalisations were folded into the convolutions when it was exported, so that it cannot be scored as \
    it is at initialisation: export it with epads.export(module, shape), or with torch.onnx.export(..., \
    dynamo=False, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) after setting the batch \
    normalisations to train()
    """

  // MARK: Convolutions

  /// Two numbers a spatial axis; one axis is columns.
  func extent(_ values: [Int]?, _ rank: Int, default other: Int) throws(NetworkFileError) -> Extent {
    guard let values else { return Extent(rank == 1 && other != 0 ? 1 : rank == 1 ? 0 : other, other) }
    guard values.count == rank, values.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw malformed("\(values) does not fit \(rank) axes")
    }
    return rank == 1 ? Extent(other == 0 ? 0 : 1, values[0]) : Extent(values[0], values[1])
  }

  /// Padding before and after, from `pads` or `auto_pad`.
  func pads(
    _ rank: Int, input: TensorShape, kernel: Extent, stride: Extent, dilation: Extent
  ) throws(NetworkFileError) -> (leading: Extent, trailing: Extent) {
    let mode = text("auto_pad") ?? "NOTSET"
    if mode == "SAME_UPPER" || mode == "SAME_LOWER" {
      func total(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
        max(0, ((size + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - size)
      }
      let all = Extent(
        total(input.height, kernel.height, stride.height, dilation.height),
        total(input.width, kernel.width, stride.width, dilation.width))
      let less = Extent(all.height / 2, all.width / 2)
      let more = Extent(all.height - less.height, all.width - less.width)
      return mode == "SAME_UPPER" ? (less, more) : (more, less)
    }
    guard let values = integers("pads") else { return (Extent(0), Extent(0)) }
    guard values.count == 2 * rank, values.allSatisfy({ (0...1 << 16).contains($0) }) else {
      throw unsupported("the padding \(values)")
    }
    return rank == 1
      ? (Extent(0, values[0]), Extent(0, values[1])) : (Extent(values[0], values[1]), Extent(values[2], values[3]))
  }

  /// An image that windows slide over.
  mutating func image(
    _ index: Int
  ) throws(NetworkFileError) -> (value: ValueID, rank: Int, images: ImagePlace) {
    let view = try view(index)
    let rank = view.axes.count
    guard rank == 3 || rank == 4, view.batchAxis <= 0, view.extent(0) == 1, view.images.outer == 1 else {
      throw unsupported("it takes [images, channels, rows, columns], not \(describe(view))")
    }
    return (try placed(view, .image(rank: rank), isStrict: true), rank - 2, view.images)
  }

  func describe(_ view: TensorView) -> String {
    let extents = view.extents.enumerated().map { axis, extent in
      axis == view.batchAxis ? (extent == 1 ? "images" : "images x \(extent)") : "\(extent)"
    }
    return "[\(extents.joined(separator: ", "))]"
  }

  mutating func setImage(_ value: ValueID, rank: Int, _ images: ImagePlace = .first) {
    let shape = shape(value)
    let extents = rank == 1 ? [1, shape.channels, shape.width] : [1, shape.channels, shape.height, shape.width]
    set(TensorLayout.image(rank: rank + 2).view(of: value, extents, images: images))
  }

  mutating func convolution() throws(NetworkFileError) {
    let parameter = try weightsOrRefusal(1)
    if parameter.name.hasPrefix("onnx::Conv") { throw NetworkFileError(.unsupported, Self.foldingAdvice) }
    let (value, rank, images) = try image(0)
    let input = shape(value)
    guard parameter.shape.count == rank + 2, parameter.shape.allSatisfy({ $0 > 0 }) else {
      throw unsupported("its weights have the shape \(parameter.shape)")
    }
    let kernel = try extent(Array(parameter.shape[2...]), rank, default: 1)
    let stride = try extent(integers("strides"), rank, default: 1)
    let dilation = try extent(integers("dilations"), rank, default: 1)
    let (leading, trailing) = try pads(rank, input: input, kernel: kernel, stride: stride, dilation: dilation)
    let groups = integer("group") ?? 1
    guard groups > 0, groups <= input.channels, parameter.shape[1] * groups == input.channels else {
      throw malformed("weights of \(parameter.shape) do not fit \(input.channels) channels in \(groups) groups")
    }
    let geometry = Convolution(
      outputChannels: parameter.shape[0], kernel: kernel, stride: stride, padding: leading, trailingPadding: trailing,
      dilation: dilation, groups: groups)
    let weights = try weights(parameter, parameter.shape)
    let bias = try self.bias(2, outputs: parameter.shape[0])
    let name = node.name
    let result = try building { (builder) throws(NetworkError) in
      try builder.convolution(name, of: value, geometry, weights: weights, bias: bias)
    }
    setImage(result, rank: rank, images)
  }

  private func bias(_ index: Int, outputs: Int) throws(NetworkFileError) -> Parameter? {
    guard input(index) != nil else { return nil }
    switch try item(index) {
    case .parameter(let parameter): return try bias(parameter, outputs: outputs)
    case .host(let numbers):
      guard numbers.numbers.count == outputs else { throw unsupported("a bias of \(numbers.numbers.count) values") }
      return .stored(node.inputs[index], StoredTensor(numbers.floats))
    case .view: throw unsupported("its bias depends on the images")
    }
  }

  private func bias(_ parameter: FileParameter, outputs: Int) throws(NetworkFileError) -> Parameter {
    guard parameter.shape.reduce(1, *) == outputs else {
      throw unsupported("a bias of the shape \(parameter.shape) for \(outputs) outputs")
    }
    guard isStored(parameter) || !isDrawn(parameter) else { return .drawn(parameter.name) }
    return .stored(parameter.name, try stored(parameter))
  }

  // MARK: Linear layers

  mutating func gemm() throws(NetworkFileError) {
    guard integer("transA") ?? 0 == 0, float("alpha") ?? 1 == 1, float("beta") ?? 1 == 1 else {
      throw unsupported("transA, alpha and beta must be 0, 1 and 1")
    }
    let view = try view(0)
    guard view.axes.count == 2 else { throw malformed("its input has \(view.axes.count) axes") }
    let parameter = try weightsOrRefusal(1)
    guard parameter.shape.count == 2 else { throw malformed("its weights have \(parameter.shape.count) axes") }
    let isTransposed = integer("transB") ?? 0 != 0
    let outputs = parameter.shape[isTransposed ? 0 : 1]
    let bias = try self.bias(2, outputs: outputs)
    try linear(view, parameter, isTransposed: isTransposed, bias: bias)
  }

  /// A linear layer over the last axis.
  ///
  /// - Parameter isTransposed: whether weights are read as [output][input], which is PyTorch's order.
  mutating func linear(
    _ view: TensorView, _ parameter: FileParameter, isTransposed: Bool, bias: Parameter?
  ) throws(NetworkFileError) {
    let rank = view.axes.count
    let inputs = view.extent(rank - 1)
    let outputs = parameter.shape[isTransposed ? 0 : 1]
    let weights = try weights(parameter, [outputs, inputs], order: isTransposed ? [0, 1] : [1, 0])
    guard view.batchAxis < rank - 1 else { throw unsupported("the images lie on the axis that is summed") }
    let name = node.name
    // All units of an image, in the order [channel][row][column]: what a flattened feature map is.
    let own = shape(view.value)
    if rank == 2, view.extent(0) == 1, own.positions > 1, view.isDense(own) {
      let whole = TensorLayout.image(rank: 3).view(of: view.value, [1, own.channels, own.positions], images: .first)
      if view.factors([1]) == whole.factors([1, 2]) {
        let value = view.value
        let result = try building { (builder) throws(NetworkError) in
          try builder.linear(
            name, of: value, outputs: outputs, weights: weights, bias: bias, isBiased: bias != nil)
        }
        set(TensorLayout.tokens(rank: 2).view(of: result, [1, outputs], images: view.images))
        return
      }
    }
    let layout = TensorLayout.tokens(rank: rank)
    let value = try placed(view, layout, isStrict: false)
    let result = try building { (builder) throws(NetworkError) in
      try builder.convolution(
        name, of: value, Convolution(outputChannels: outputs, kernel: Extent(1)), weights: weights, bias: bias)
    }
    var extents = view.extents
    extents[rank - 1] = outputs
    set(layout.view(of: result, extents, images: view.images))
  }

  mutating func matrixProduct() throws(NetworkFileError) {
    let items = [try item(0), try item(1)]
    if case .parameter(let parameter) = items[1], parameter.shape.count == 2 {
      let left = try view(0)
      // A transposed parameter is [input][output] to the node and [output][input] in the file.
      let isTransposed = parameter.order == [1, 0]
      var own = parameter
      if isTransposed { (own.shape, own.order) = (parameter.shape.reversed(), [0, 1]) }
      let outputs = parameter.shape[1]
      let bias = try followingBias(outputs)
      try linear(left, own, isTransposed: isTransposed, bias: bias?.parameter)
      if let bias, let result = node.outputs.first, let item = self.items[result] {
        self.items[graph.nodes[bias.node].outputs.first ?? ""] = item
        done.insert(bias.node)
      }
      return
    }
    let left = try view(0)
    let right = try view(1)
    try product(left, right)
  }

  /// The bias that is added to a product with weights, and nothing else reads the product.
  private func followingBias(_ outputs: Int) throws(NetworkFileError) -> (parameter: Parameter, node: Int)? {
    guard let name = node.outputs.first, let reader = graph.reader(of: name) else { return nil }
    let next = graph.nodes[reader]
    guard next.operation == "Add", next.inputs.count == 2,
      let other = next.inputs.first(where: { $0 != name }), case .parameter(let parameter)? = items[other],
      parameter.shape == [outputs]
    else { return nil }
    return (try bias(parameter, outputs: outputs), reader)
  }

  /// Products of matrices that depend on the images.
  private mutating func product(_ first: TensorView, _ second: TensorView) throws(NetworkFileError) {
    let rank = max(first.axes.count, second.axes.count)
    var (left, right) = (first.padded(rank: rank), second.padded(rank: rank))
    guard rank >= 2, first.axes.count >= 2, second.axes.count >= 2 else { throw unsupported("products with vectors") }
    if right.isShared { right.images = left.images }
    if left.isShared { left.images = right.images }
    guard left.images == right.images, left.batchAxis < rank - 2 || left.batchAxis == 0 && rank == 2 else {
      throw unsupported("the images lie on an axis of the matrices")
    }
    let (rows, terms, columns) = (left.extent(rank - 2), left.extent(rank - 1), right.extent(rank - 1))
    guard right.extent(rank - 2) == terms else { throw malformed("matrices of \(terms) and \(right.extent(rank - 2))") }
    // The other axes of both are repeated to those of either.
    let outer = Array(0..<rank - 2)
    guard
      let extents = HostTensor.broadcast(outer.map(left.extent), outer.map(right.extent))
    else { throw malformed("\(describe(first)) and \(describe(second)) do not fit") }
    left = repeated(left, to: extents + [rows, terms])
    right = repeated(right, to: extents + [terms, columns])
    let a = try placed(left, .tokens(rank: rank), isStrict: false)
    // Whichever way the right one lies already.
    let turned = right.transposed(outer + [rank - 1, rank - 2])
    let channelsAreTerms = right.axes[rank - 2].contains { $0.count != 1 && $0.step.channels != 0 }
    let b = try placed(channelsAreTerms ? turned : right, .tokens(rank: rank), isStrict: false)
    let product = MatrixProduct(count: extents.reduce(1, *), isRightTransposed: channelsAreTerms)
    let name = node.name
    let result = try building { (builder) throws(NetworkError) in try builder.matrixProduct(name, a, b, product) }
    set(TensorLayout.tokens(rank: rank).view(of: result, extents + [rows, columns], images: left.images))
  }

  // MARK: Normalisations

  mutating func batchNormalization() throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    guard (2...4).contains(rank), view.batchAxis <= 0 else {
      throw unsupported("it takes images, not \(describe(view))")
    }
    let layout = TensorLayout.image(rank: rank)
    let value = try placed(view, layout, isStrict: false)
    let channels = shape(value).channels
    var normalization = BatchNormalization(epsilon: Double(float("epsilon") ?? 1e-5))
    normalization.scale = try affine(1, channels: channels)
    normalization.shift = try affine(2, channels: channels)
    normalization.runningMean = try affine(3, channels: channels)
    normalization.runningVariance = try affine(4, channels: channels)
    normalizationCount += 1
    set(
      layout.view(
        of: builder.batchNormalization(node.name, of: value, normalization), view.extents, images: view.images))
  }

  /// Over the last axes.
  mutating func layerNormalization() throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    let first = try axis(integer("axis") ?? -1, rank: rank)
    guard view.batchAxis < first else { throw unsupported("the images lie on an axis that is normalised") }
    let layout = TensorLayout(channels: Array(first..<rank), positions: Array(0..<first))
    let value = try placed(view, layout, isStrict: false)
    let normalization = GroupNormalization(.position, epsilon: Double(float("epsilon") ?? 1e-5))
    let name = node.name
    let result = try building { (builder) throws(NetworkError) in
      try builder.normalization(name, of: value, normalization)
    }
    let scaled = try scaled(result, channels: shape(value).channels)
    set(layout.view(of: scaled, view.extents, images: view.images))
  }

  /// Group normalisation, or instance normalisation, whose groups are single channels.
  mutating func groupNormalization(groups: Int?) throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    guard rank >= 3, view.batchAxis <= 0, view.extent(0) == 1 else {
      throw unsupported("it takes images, not \(describe(view))")
    }
    let layout = TensorLayout.image(rank: rank)
    let value = try placed(view, layout, isStrict: false)
    let channels = shape(value).channels
    let normalization = GroupNormalization(
      .channels(groups: groups ?? channels), epsilon: Double(float("epsilon") ?? 1e-5))
    let name = node.name
    let result = try building { (builder) throws(NetworkError) in
      try builder.normalization(name, of: value, normalization)
    }
    // Of opset 18 to 20 one a group, else one a channel.
    set(layout.view(of: try scaled(result, channels: channels), view.extents, images: view.images))
  }

  /// With the file's scale and shift, where its values are taken.
  private mutating func scaled(_ value: ValueID, channels: Int) throws(NetworkFileError) -> ValueID {
    var value = value
    for (index, function) in [(1, BinaryFunction.multiply), (2, .add)] {
      guard let tensor = try affine(index, channels: channels) else { continue }
      let (name, shape) = (node.name, TensorShape(channels: channels, height: 1, width: 1))
      value = try building { (builder) throws(NetworkError) in
        try builder.binary(name, function, value, builder.constant(name, shape, tensor))
      }
    }
    return value
  }
}
