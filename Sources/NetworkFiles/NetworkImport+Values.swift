import NetworkGraph

// Values laid out as an operation takes them.
extension NetworkImport {
  func shape(_ value: ValueID) -> TensorShape { builder.shape(of: value) }

  /// A value with the axes of a view as a layout has them: the view's own where it lies so already, else a copy.
  ///
  /// - Parameter isStrict: whether rows and columns have to be those of the layout, and not only positions.
  mutating func placed(
    _ view: TensorView, _ layout: TensorLayout, isStrict: Bool
  ) throws(NetworkFileError) -> ValueID {
    let extents = view.extents
    let target = layout.shape(extents)
    let own = shape(view.value)
    if view.isDense(own), own.channels == target.channels,
      isStrict ? own == target : own.positions == target.positions
    {
      let wanted = layout.view(of: view.value, extents, images: view.images)
      if view.factors(layout.channels) == wanted.factors(layout.channels),
        view.factors(layout.positions) == wanted.factors(layout.positions)
      {
        return view.value
      }
    }
    return try arranged([(view, 0)], extents, layout.steps(extents), target, axis: 0)
  }

  /// Parts one after the other along an axis, copied into a value whose axes have these steps.
  ///
  /// - Parameters:
  ///   - parts: each with the index of the axis where it begins.
  ///   - extents: of all of them together.
  ///   - shift: how far all of them are moved.
  mutating func arranged(
    _ parts: [(view: TensorView, first: Int)], _ extents: [Int], _ steps: [Arrangement.Step], _ shape: TensorShape,
    axis: Int, fill: Float = 0, shift: Arrangement.Step = Arrangement.Step()
  ) throws(NetworkFileError) -> ValueID {
    var boxes: [Arrangement.Part] = []
    for (number, part) in parts.enumerated() {
      var axes: [Arrangement.Axis] = []
      for (index, factors) in part.view.axes.enumerated() {
        var inner = factors.reduce(1) { $0 * $1.count }
        for factor in factors {
          inner /= factor.count
          axes.append(
            Arrangement.Axis(count: factor.count, source: factor.step, target: steps[index].scaled(inner)))
        }
      }
      // The innermost loop runs over what lies side by side in the target.
      axes.sort { ($0.target.positions, $0.target.channels) > ($1.target.positions, $1.target.channels) }
      var start = extents.isEmpty ? Arrangement.Step() : steps[axis].scaled(part.first)
      start.channels += shift.channels
      start.positions += shift.positions
      boxes.append(Arrangement.Part(input: number, source: part.view.origin, target: start, axes: axes))
    }
    let (name, values) = (node.name, parts.map(\.view.value))
    let arrangement = Arrangement(parts: boxes, fill: fill)
    return try building { (builder) throws(NetworkError) in
      try builder.arrange(name, values, into: shape, arrangement)
    }
  }

  /// The same tensor with every unit of its value in its place once: a copy of what is sliced or repeated.
  mutating func dense(_ view: TensorView) throws(NetworkFileError) -> TensorView {
    if view.isDense(shape(view.value)) { return view }
    let layout = naturalLayout(of: view)
    let extents = view.extents
    let value = try placed(view, layout, isStrict: false)
    return layout.view(of: value, extents, images: view.images)
  }

  /// The layout that is nearest to how a view lies: that of an image where axis 1 is channels, else that of tokens.
  func naturalLayout(of view: TensorView) -> TensorLayout {
    let rank = view.axes.count
    guard rank >= 3, view.batchAxis <= 0 else { return .tokens(rank: rank) }
    func isChannels(_ axis: Int) -> Bool {
      !view.axes[axis].isEmpty && view.axes[axis].allSatisfy { $0.count == 1 || $0.step.channels != 0 }
    }
    return isChannels(1) || !isChannels(rank - 1) && view.extent(1) >= view.extent(rank - 1)
      ? .image(rank: rank) : .tokens(rank: rank)
  }

  /// A view whose axes are one factor each.
  mutating func plain(_ view: TensorView) throws(NetworkFileError) -> TensorView {
    let layout = naturalLayout(of: view)
    let value = try placed(view, layout, isStrict: false)
    return layout.view(of: value, view.extents, images: view.images)
  }

  /// An operation on each unit by itself.
  mutating func unitwise(
    _ view: TensorView, _ body: (inout NetworkBuilder, ValueID) -> ValueID
  ) throws(NetworkFileError) -> TensorView {
    var view = try dense(view)
    view.value = body(&builder, view.value)
    return view
  }
}

extension Arrangement.Step {
  func scaled(_ factor: Int) -> Arrangement.Step {
    Arrangement.Step(channels: channels * factor, positions: positions * factor)
  }
}

// MARK: - Two values

extension NetworkImport {
  /// A function of two operands with ONNX's broadcasting, at least one of which depends on the images.
  mutating func combine(_ function: BinaryFunction) throws(NetworkFileError) {
    let items = [try item(0), try item(1)]
    var views: [TensorView?] = []
    for item in items { if case .view(let view) = item { views.append(view) } else { views.append(nil) } }
    guard let lead = views[0] ?? views[1] else { return }
    if let left = views[0], let right = views[1] {
      set(try combined(left, right, function))
      return
    }
    let isLeft = views[0] != nil
    count(items[isLeft ? 1 : 0])
    if isScaleOrShift(items[isLeft ? 1 : 0], of: node.inputs[isLeft ? 0 : 1], function) { return set(lead) }
    guard let numbers = try host(items[isLeft ? 1 : 0]) else { throw malformed("an operand is missing") }
    set(try combined(lead, numbers, function, isLeft: isLeft))
  }

  /// Whether a parameter is the scale or shift of a normalisation that is written as several nodes: 1 or 0 at
  /// initialisation.
  private func isScaleOrShift(_ item: Item, of name: String, _ function: BinaryFunction) -> Bool {
    guard case .parameter(let parameter) = item, !isStored(parameter),
      ["weight", "bias"].contains(parameter.name.split(separator: ".").last ?? ""),
      function == .multiply || function == .add
    else { return false }
    var name = name
    // Back over what changes no value, and over the scale, to what normalises.
    for _ in 0..<6 {
      guard let maker = graph.makers[name] else { return false }
      let node = graph.nodes[maker]
      switch node.operation {
      case "InstanceNormalization": return true
      case "Div":
        return node.inputs.count == 2 && graph.makers[node.inputs[1]].map { graph.nodes[$0].operation } == "Sqrt"
      case "Reshape", "Transpose", "Identity", "Cast": name = node.inputs.first ?? ""
      case "Mul" where function == .add:
        guard let other = node.inputs.first(where: { items[$0]?.isView ?? false }) else { return false }
        name = other
      default: return false
      }
    }
    return false
  }

  /// - Parameter isLeft: whether the view is the left operand.
  mutating func combined(
    _ view: TensorView, _ numbers: HostTensor, _ function: BinaryFunction, isLeft: Bool
  ) throws(NetworkFileError) -> TensorView {
    let rank = max(view.axes.count, numbers.shape.count)
    let padded = view.padded(rank: rank)
    let own = Array(repeating: 1, count: rank - numbers.shape.count) + numbers.shape
    // One number an image is not known: only what all images share.
    if !padded.isShared, own[padded.batchAxis] != 1,
      batch != 1 || own[padded.batchAxis] != padded.extent(padded.batchAxis)
    {
      throw unsupported("an operand has a value for each image")
    }
    guard let extents = HostTensor.broadcast(padded.extents, own), let other = numbers.reshaped(own) else {
      throw malformed("shapes \(padded.extents) and \(numbers.shape) do not fit")
    }
    _ = try checked(extents)
    let lead = try dense(repeated(padded, to: extents))
    let constant = try constant(other, as: lead, extents)
    let (left, right) = isLeft ? (lead.value, constant) : (constant, lead.value)
    let name = node.name
    var result = lead
    result.value = try building { (builder) throws(NetworkError) in
      try builder.binary(name, function, left, right)
    }
    return result
  }

  /// Numbers as a constant whose units stand where those of a dense view do; with one channel or position where that is
  /// all there is.
  private mutating func constant(
    _ numbers: HostTensor, as view: TensorView, _ extents: [Int]
  ) throws(NetworkFileError) -> ValueID {
    let own = shape(view.value)
    let strides = zip(numbers.shape, HostTensor.strides(numbers.shape)).map { $0 == 1 ? 0 : $1 }
    // Loops over the view's factors: where a unit stands, and which number belongs there.
    var places: [(channels: Int, positions: Int, number: Int)] = [(0, 0, 0)]
    var (variesByChannel, variesByPosition) = (false, false)
    for (axis, factors) in view.axes.enumerated() {
      var inner = factors.reduce(1) { $0 * $1.count }
      for factor in factors where factor.count != 1 {
        inner /= factor.count
        let step = strides[axis] * inner
        if step != 0 {
          if factor.step.channels != 0 { variesByChannel = true }
          if factor.step.positions != 0 { variesByPosition = true }
        }
      }
    }
    let target = TensorShape(
      channels: variesByChannel ? own.channels : 1, height: variesByPosition ? own.height : 1,
      width: variesByPosition ? own.width : 1)
    guard target.count <= HostTensor.limit else { throw unsupported("a constant of \(target)") }
    for (axis, factors) in view.axes.enumerated() {
      var inner = factors.reduce(1) { $0 * $1.count }
      for factor in factors where factor.count != 1 {
        inner /= factor.count
        let step = strides[axis] * inner
        let isKept = factor.step.channels != 0 ? variesByChannel : variesByPosition
        guard isKept else { continue }
        places = places.flatMap { place in
          (0..<factor.count).map {
            (
              place.channels + $0 * factor.step.channels, place.positions + $0 * factor.step.positions,
              place.number + $0 * step
            )
          }
        }
      }
    }
    var values = [Float](repeating: 0, count: target.count)
    for place in places {
      values[place.channels * target.positions + place.positions] = Float(numbers.numbers[place.number])
    }
    let (name, tensor) = (node.name, StoredTensor(values))
    return try building { (builder) throws(NetworkError) in try builder.constant(name, target, tensor) }
  }

  /// Axes of one index repeated to larger ones.
  func repeated(_ view: TensorView, to extents: [Int]) -> TensorView {
    var result = view
    for (axis, extent) in extents.enumerated() where view.extent(axis) == 1 && extent != 1 {
      result = result.repeated(axis, extent)
    }
    return result
  }

  mutating func combined(
    _ first: TensorView, _ second: TensorView, _ function: BinaryFunction
  ) throws(NetworkFileError) -> TensorView {
    let rank = max(first.axes.count, second.axes.count)
    let (left, right) = (first.padded(rank: rank), second.padded(rank: rank))
    guard let extents = HostTensor.broadcast(left.extents, right.extents) else {
      throw malformed("shapes \(left.extents) and \(right.extents) do not fit")
    }
    _ = try checked(extents)
    guard left.isShared || right.isShared || left.images == right.images else {
      throw unsupported("the images lie on different axes")
    }
    // The one that has all units leads; the other comes to lie as it does.
    let leadsLeft = left.extents == extents || right.extents != extents
    let lead = try dense(repeated(leadsLeft ? left : right, to: extents))
    let other = try following(leadsLeft ? right : left, lead, extents)
    let (a, b) = leadsLeft ? (lead.value, other) : (other, lead.value)
    let name = node.name
    var result = lead
    result.images = left.isShared ? right.images : left.images
    let isSum = function == .add && shape(a) == shape(b)
    result.value = try building { (builder) throws(NetworkError) in
      isSum ? try builder.add(a, b) : try builder.binary(name, function, a, b)
    }
    return result
  }

  /// A value whose units stand where those of a dense view do, or that has one channel or position for all.
  private mutating func following(
    _ view: TensorView, _ lead: TensorView, _ extents: [Int]
  ) throws(NetworkFileError) -> ValueID {
    let own = shape(lead.value)
    // Axis by axis both in the same factors.
    guard let pairs = Self.common(lead, view, extents) else {
      // Cut so that each axis is one factor.
      let (plainLead, plainView) = (lead, try plain(view))
      guard let pairs = Self.common(plainLead, plainView, extents) else {
        throw unsupported("shapes \(lead.extents) and \(view.extents) lie too differently")
      }
      return try copied(plainView, pairs, own)
    }
    let shape = shape(view.value)
    let isDense = view.isDense(shape)
    let isSame = pairs.allSatisfy { $0.own == $0.lead }
    if isDense, isSame, shape.channels == own.channels, shape.positions == own.positions { return view.value }
    // A gate: one position for all, the channels as they are; or one channel for all.
    if isDense, shape.positions == 1, shape.channels == own.channels,
      pairs.allSatisfy({ $0.lead.positions != 0 ? $0.own == Arrangement.Step() : $0.own == $0.lead })
    {
      return view.value
    }
    if isDense, shape.channels == 1, shape.positions == own.positions,
      pairs.allSatisfy({ $0.lead.channels != 0 ? $0.own == Arrangement.Step() : $0.own == $0.lead })
    {
      return view.value
    }
    return try copied(view, pairs, own)
  }

  private mutating func copied(
    _ view: TensorView, _ pairs: [(count: Int, own: Arrangement.Step, lead: Arrangement.Step)], _ shape: TensorShape
  ) throws(NetworkFileError) -> ValueID {
    var axes = pairs.map { Arrangement.Axis(count: $0.count, source: $0.own, target: $0.lead) }
    axes.sort { ($0.target.positions, $0.target.channels) > ($1.target.positions, $1.target.channels) }
    let part = Arrangement.Part(source: view.origin, axes: axes)
    let name = node.name
    return try building { (builder) throws(NetworkError) in
      try builder.arrange(name, [view.value], into: shape, Arrangement(parts: [part]))
    }
  }

  /// The factors of both, where both can be cut in the same places; steps of nothing where one is repeated.
  private static func common(
    _ lead: TensorView, _ view: TensorView, _ extents: [Int]
  ) -> [(count: Int, own: Arrangement.Step, lead: Arrangement.Step)]? {
    var result: [(count: Int, own: Arrangement.Step, lead: Arrangement.Step)] = []
    for (axis, extent) in extents.enumerated() where extent != 1 {
      let leading = TensorView.merged(lead.axes[axis])
      if view.extent(axis) == 1 {
        result += leading.map { (count: $0.count, own: Arrangement.Step(), lead: $0.step) }
        continue
      }
      var (a, b) = (leading[...], TensorView.merged(view.axes[axis])[...])
      while let x = a.first, let y = b.first {
        let count = greatestCommonInner(x.count, y.count)
        guard count > 1 else { return nil }
        // From the outermost on: both are cut behind so many rounds.
        let (innerA, innerB) = (x.count / count, y.count / count)
        guard innerA == 1 || innerB == 1 else { return nil }
        result.append((count: count, own: y.step.scaled(innerB), lead: x.step.scaled(innerA)))
        a = a.dropFirst()
        b = b.dropFirst()
        if innerA > 1 { a = [TensorView.Factor(count: innerA, step: x.step)] + a }
        if innerB > 1 { b = [TensorView.Factor(count: innerB, step: y.step)] + b }
      }
      guard a.isEmpty, b.isEmpty else { return nil }
    }
    return result
  }

  private static func greatestCommonInner(_ a: Int, _ b: Int) -> Int {
    if a.isMultiple(of: b) { return b }
    return b.isMultiple(of: a) ? a : 1
  }
}
