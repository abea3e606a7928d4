import Foundation
import NetworkGraph

// Which operator is carried out by what.
extension NetworkImport {
  mutating func carryOut() throws(NetworkFileError) {
    guard node.domain.isEmpty || node.domain == "com.microsoft" && ["Gelu", "QuickGelu"].contains(node.operation)
    else { throw unsupported("operators of the domain '\(node.domain)' are not known") }
    if !isLayer, node.inputs.allSatisfy({ $0.isEmpty || isKnown($0) }), try fold() { return }
    switch node.operation {
    case "Conv": try convolution()
    case "Gemm": try gemm()
    case "MatMul": try matrixProduct()
    case "BatchNormalization": try batchNormalization()
    case "LayerNormalization": try layerNormalization()
    case "GroupNormalization": try groupNormalization(groups: integer("num_groups") ?? 1)
    case "InstanceNormalization": try groupNormalization(groups: nil)
    case "LRN": try localResponseNormalization()
    case "MaxPool": try pool(isMaximum: true)
    case "AveragePool": try pool(isMaximum: false)
    case "GlobalAveragePool": try globalPool(isMaximum: false)
    case "GlobalMaxPool": try globalPool(isMaximum: true)
    case "Identity", "Dropout", "Cast", "CastLike": try pass()
    case "Add", "Sum": try sum()
    case "Sub": try combine(.subtract)
    case "Mul": try combine(.multiply)
    case "Div": try combine(.divide)
    case "Min": try combine(.minimum)
    case "Max": try combine(.maximum)
    case "Pow": try power()
    case "ReduceMean": try reduce(.mean)
    case "ReduceSum": try reduce(.sum)
    case "ReduceMax": try reduce(.maximum)
    case "ReduceMin": try reduce(.minimum)
    case "ReduceL2": try reduce(.norm)
    case "Softmax": try softmax()
    case "Einsum": try einsum()
    case "Shape": try shapeOf()
    case "Reshape": try reshape()
    case "Flatten": try flatten()
    case "Transpose": try transpose()
    case "Squeeze": try squeeze()
    case "Unsqueeze": try unsqueeze()
    case "Expand": try expand()
    case "Tile": try tile()
    case "Slice": try slice()
    case "Split": try split()
    case "Gather": try gather()
    case "Concat": try concatenate()
    case "Pad": try pad()
    case "DepthToSpace": try depthToSpace()
    case "SpaceToDepth": try spaceToDepth()
    case "Resize", "Upsample": try resize()
    default:
      if try activation() { return }
      throw unsupported("this operator is not carried out")
    }
  }

  private func isKnown(_ name: String) -> Bool {
    switch items[name] {
    case .view, nil: false
    case .host, .parameter: true
    }
  }

  /// What is known stays known: an operator on numbers alone.
  ///
  /// - Returns: whether it was one. Parameters that only change their form stay parameters.
  private mutating func fold() throws(NetworkFileError) -> Bool {
    if case .parameter(var parameter)? = input(0).flatMap({ items[$0] }) {
      switch node.operation {
      case "Identity", "Dropout":
        // Equal tensors are stored once; what the node reads is the name in the module.
        parameter.name = node.outputs.first ?? parameter.name
        set(.parameter(parameter))
        return true
      case "Transpose":
        let order = integers("perm") ?? Array(parameter.shape.indices.reversed())
        guard order.sorted() == Array(parameter.shape.indices) else { throw malformed("perm is \(order)") }
        set(
          .parameter(
            FileParameter(
              name: parameter.name, shape: order.map { parameter.shape[$0] }, tensor: parameter.tensor,
              order: order.map { parameter.order[$0] })))
        return true
      case "Shape":
        set(.host(HostTensor(integers: part(of: parameter.shape))))
        return true
      case "Reshape", "Unsqueeze", "Squeeze":
        // Of one without values no more is known than its shape.
        guard !(parameter.tensor?.hasNumbers ?? false), let shape = try reshapedExtents(parameter.shape) else { break }
        (parameter.shape, parameter.isReshaped) = (shape, true)
        set(.parameter(parameter))
        return true
      case "BatchNormalization":
        throw unsupported("it normalises weights, which is not carried out: such networks cannot be scored yet")
      default: break
      }
    }
    if let parameter = try parameterOfNode() {
      set(.parameter(parameter))
      return true
    }
    guard let result = try folded() else { return false }
    for (index, tensor) in result.enumerated() { set(.host(tensor), output: index) }
    return true
  }

  /// Weights that a node makes and not an initializer: a Constant, or a tensor filled with one number, as files for
  /// tests have it.
  private func parameterOfNode() throws(NetworkFileError) -> FileParameter? {
    guard let name = node.outputs.first else { return nil }
    switch node.operation {
    case "Constant":
      guard case .tensor(let tensor)? = node.attributes["value"], tensor.dimensions.count >= 2,
        !tensor.elementType.isInteger, tensor.elementType != .bool
      else { return nil }
      return FileParameter(
        name: name, shape: tensor.dimensions, tensor: tensor, order: Array(tensor.dimensions.indices))
    case "ConstantOfShape":
      guard let shape = try host(0)?.integers, !shape.contains(0), Self.product(shape) != nil, shape.count <= 16
      else { return nil }
      var fill = 0.0
      if case .tensor(let tensor)? = node.attributes["value"] {
        guard !tensor.elementType.isInteger, tensor.elementType != .bool else { return nil }
        fill = try tensor.numbers(of: model).numbers.first ?? 0
      }
      return FileParameter(name: name, shape: shape, tensor: nil, order: Array(shape.indices), fill: fill)
    default: return nil
    }
  }

  /// Whether the node is a layer with weights: on known numbers too it is one, with weights that are drawn.
  private var isLayer: Bool {
    guard ["Conv", "Gemm", "MatMul"].contains(node.operation), let weights = input(1),
      case .parameter(let parameter)? = items[weights], parameter.shape.count >= 2
    else { return false }
    return true
  }

  /// What Reshape, Unsqueeze and Squeeze make of a shape; nil where that does not fit.
  private func reshapedExtents(_ shape: [Int]) throws(NetworkFileError) -> [Int]? {
    let count = shape.reduce(1, *)
    switch node.operation {
    case "Reshape":
      guard var wanted = try integers("shape", orInput: 1) else { return nil }
      for (axis, extent) in wanted.enumerated() where extent == 0 && shape.indices.contains(axis) {
        wanted[axis] = shape[axis]
      }
      if let open = wanted.firstIndex(of: -1) {
        guard let others = Self.product(wanted.filter { $0 != -1 }), others > 0 else { return nil }
        wanted[open] = count / others
      }
      return wanted.count <= 16 && Self.product(wanted) == count ? wanted : nil
    case "Unsqueeze":
      guard let given = try integers("axes", orInput: 1), shape.count + given.count <= 16 else { return nil }
      var axes: Set<Int> = []
      for axis in given { axes.insert(try self.axis(axis, rank: shape.count + given.count)) }
      var rest = shape[...]
      return (0..<shape.count + given.count).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 }
    default: return shape.filter { $0 != 1 }
    }
  }

  /// Attributes start and end of Shape.
  func part(of shape: [Int]) -> [Int] {
    func place(_ index: Int) -> Int { max(0, min(index < 0 ? index + shape.count : index, shape.count)) }
    let (start, end) = (place(integer("start") ?? 0), place(integer("end") ?? shape.count))
    return start < end ? Array(shape[start..<end]) : []
  }

  // MARK: Values as they are

  private mutating func pass() throws(NetworkFileError) {
    if node.operation == "Cast", let type = integer("to"), ![1, 10, 11, 16].contains(type) {
      throw unsupported("values of images are cast to whole numbers")
    }
    set(try item(0))
  }

  private mutating func shapeOf() throws(NetworkFileError) {
    set(.host(HostTensor(integers: part(of: fileExtents(try view(0))))))
  }

  /// The shape as the file has it: with the images.
  func fileExtents(_ view: TensorView) -> [Int] {
    var extents = view.extents
    if extents.indices.contains(view.batchAxis) { extents[view.batchAxis] *= batch }
    return extents
  }

  // MARK: Sums

  private mutating func sum() throws(NetworkFileError) {
    guard node.inputs.count != 2 else { return try combine(.add) }
    var total = try view(0)
    for index in 1..<max(1, node.inputs.count) { total = try combined(total, try view(index), .add) }
    set(total)
  }

  private mutating func power() throws(NetworkFileError) {
    guard let exponent = try host(1)?.scalar else { throw unsupported("an exponent that is no single number") }
    set(try power(try view(0), exponent))
  }

  mutating func power(_ view: TensorView, _ exponent: Double) throws(NetworkFileError) -> TensorView {
    let name = node.name
    func apply(_ function: Function, _ view: TensorView) throws(NetworkFileError) -> TensorView {
      try unitwise(view) { $0.function(name, of: $1, function) }
    }
    switch exponent {
    case 1: return view
    case 2: return try apply(.square, view)
    case 3: return try combined(try apply(.square, view), view, .multiply)
    case 4: return try apply(.square, try apply(.square, view))
    case 0.5: return try apply(.squareRoot, view)
    case -0.5: return try apply(.reciprocal, try apply(.squareRoot, view))
    case -1: return try apply(.reciprocal, view)
    case 0.75:
      let root = try apply(.squareRoot, view)
      return try combined(root, try apply(.squareRoot, root), .multiply)
    default: throw unsupported("the exponent \(exponent)")
    }
  }

  // MARK: One number of many

  private mutating func reduce(_ function: Reduction.Function) throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    let keeps = integer("keepdims") ?? 1 != 0
    var axes: Set<Int> = []
    for axis in try integers("axes", orInput: 1) ?? Array(0..<rank) { axes.insert(try self.axis(axis, rank: rank)) }
    guard !axes.isEmpty else { return set(view) }
    guard !axes.contains(view.batchAxis) else { throw unsupported("it makes one number of all images") }
    set(try reduced(view, axes, keeps: keeps, function))
  }

  mutating func reduced(
    _ view: TensorView, _ axes: Set<Int>, keeps: Bool, _ function: Reduction.Function
  ) throws(NetworkFileError) -> TensorView {
    let rank = view.axes.count
    let image = TensorLayout.image(rank: rank)
    let name = node.name
    var extents = view.extents
    for axis in axes { extents[axis] = 1 }
    let value: ValueID
    let layout: TensorLayout
    if rank >= 3, axes == Set(2..<rank), view.batchAxis == 0, view.extent(0) == 1,
      naturalLayout(of: view).channels == [1]
    {
      // All positions of each channel.
      let source = try placed(view, image, isStrict: rank == 4)
      value =
        function == .mean
        ? builder.globalAveragePool(of: source)
        : builder.reduce(name, source, Reduction(function, over: .positions))
      layout = image
    } else {
      layout = TensorLayout(
        channels: axes.sorted(), positions: (0..<rank).filter { !axes.contains($0) })
      let source = try placed(view, layout, isStrict: false)
      value = builder.reduce(name, source, Reduction(function, over: .channels))
    }
    var result = layout.view(of: value, extents, images: view.images)
    guard !keeps else { return result }
    let kept = (0..<rank).filter { !axes.contains($0) }
    result.batchAxis = kept.firstIndex(of: view.batchAxis) ?? 0
    result.axes = kept.map { result.axes[$0] }
    return result
  }

  private mutating func softmax() throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    let first = try axis(integer("axis") ?? (opset < 13 ? 1 : -1), rank: rank)
    // Before opset 13 all axes from the first on are one.
    let channels = opset < 13 ? Array(first..<rank) : [first]
    guard !channels.contains(view.batchAxis) else { throw unsupported("the images lie on its axis") }
    let layout = TensorLayout(channels: channels, positions: (0..<rank).filter { !channels.contains($0) })
    let value = try placed(view, layout, isStrict: false)
    set(layout.view(of: builder.softmax(node.name, of: value), view.extents, images: view.images))
  }

  /// x / (bias + alpha / size * (the sum of squares of neighbouring channels))^beta.
  private mutating func localResponseNormalization() throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    guard rank >= 3, view.batchAxis == 0, view.extent(0) == 1, let size = integer("size"), size % 2 == 1, size < 1024
    else { throw unsupported("it takes images and an odd size") }
    let (alpha, beta, bias) = (float("alpha") ?? 1e-4, float("beta") ?? 0.75, float("bias") ?? 1)
    let name = node.name
    let squares = try unitwise(view) { $0.function(name, of: $1, .square) }
    // Channels as columns: the window of an average pool that counts its padding, times its size.
    let image = TensorLayout.image(rank: rank)
    let extents = view.extents
    let turned = TensorLayout(channels: Array(2..<rank), positions: [0, 1])
    let columns = try placed(squares, turned, isStrict: false)
    let own = shape(columns)
    let padded = TensorShape(channels: own.channels, height: 1, width: own.positions + size - 1)
    let flat = TensorLayout.tokens(rank: 2)
    let source = flat.view(of: columns, [own.positions, own.channels], images: .first)
    let wide = try arranged(
      [(source, size / 2)], [padded.width, padded.channels], flat.steps([padded.width, padded.channels]), padded,
      axis: 0)
    let pooled = try building { (builder) throws(NetworkError) in
      try builder.averagePool(name, of: wide, Pooling(kernel: Extent(1, size), stride: Extent(1)))
    }
    let means = turned.view(of: pooled, extents, images: .first)
    let scaled = try combined(
      means, HostTensor(shape: [], kind: .float, numbers: [Double(alpha)]), .multiply, isLeft: true)
    let shifted = try combined(
      scaled, HostTensor(shape: [], kind: .float, numbers: [Double(bias)]), .add, isLeft: true)
    _ = image
    set(try combined(view, try power(shifted, Double(beta)), .divide))
  }
}
