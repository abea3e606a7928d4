import NetworkGraph

// Operators that move units and compute nothing.
extension NetworkImport {
  /// The same units with other axes.
  ///
  /// - Parameter extents: as the file has them, with the images.
  mutating func reshaped(_ view: TensorView, _ extents: [Int]) throws(NetworkFileError) -> TensorView {
    var own = extents
    var place = ImagePlace.none
    if !view.isShared {
      place = try imagePlace(view, extents)
      own[place.axis] /= batch
    }
    guard own.reduce(1, *) == view.count else {
      throw malformed("\(describe(view)) cannot become \(extents)")
    }
    if let result = view.reshaped(own, images: place) { return result }
    if let result = try plain(view).reshaped(own, images: place) { return result }
    // In the order of the tensor itself, which any axes cut.
    let rank = view.axes.count
    let line = TensorLayout(channels: [], positions: Array(0..<rank))
    let value = try placed(view, line, isStrict: false)
    let flat = line.view(of: value, view.extents, images: view.images)
    guard let result = flat.reshaped(own, images: place) else {
      throw unsupported("\(describe(view)) cannot become \(extents)")
    }
    return result
  }

  /// Where the images are when the same units have these axes: what lies outside of them stays outside.
  private func imagePlace(_ view: TensorView, _ extents: [Int]) throws(NetworkFileError) -> ImagePlace {
    let outside = view.extents[..<view.batchAxis].reduce(view.images.outer, *)
    var product = 1
    for (axis, extent) in extents.enumerated() {
      // Of axes of one index the images take the first that can hold them.
      let outer = outside / max(1, product)
      if outside.isMultiple(of: product), extent.isMultiple(of: outer * batch) {
        return ImagePlace(axis: axis, outer: outer)
      }
      product *= extent
    }
    throw unsupported("it mixes images with each other, or is made for another number of images than \(batch)")
  }

  mutating func reshape() throws(NetworkFileError) {
    let view = try view(0)
    guard let wanted = try integers("shape", orInput: 1) else {
      throw unsupported("a shape that depends on the images")
    }
    let own = fileExtents(view)
    var extents: [Int] = []
    for (axis, extent) in wanted.enumerated() {
      if extent == 0, integer("allowzero") ?? 0 == 0 {
        guard own.indices.contains(axis) else { throw malformed("it keeps axis \(axis), which is not there") }
        extents.append(own[axis])
      } else {
        extents.append(extent)
      }
    }
    if let open = extents.firstIndex(of: -1) {
      let others = Self.product(extents.filter { $0 != -1 }) ?? 0
      let total = own.reduce(1, *)
      guard others > 0, total.isMultiple(of: others) else {
        throw malformed("\(describe(view)) cannot become \(wanted)")
      }
      extents[open] = total / others
    }
    guard extents.allSatisfy({ $0 > 0 }), extents.count <= 16, Self.product(extents) == own.reduce(1, *) else {
      throw malformed("\(describe(view)) cannot become \(wanted)")
    }
    set(try reshaped(view, extents))
  }

  mutating func flatten() throws(NetworkFileError) {
    let view = try view(0)
    let own = fileExtents(view)
    let axis = integer("axis") ?? 1
    let first = axis < 0 ? axis + own.count : axis
    guard (0...own.count).contains(first) else { throw malformed("there is no axis \(axis)") }
    set(try reshaped(view, [own[..<first].reduce(1, *), own[first...].reduce(1, *)]))
  }

  mutating func transpose() throws(NetworkFileError) {
    let view = try view(0)
    let order = integers("perm") ?? Array(view.axes.indices.reversed())
    guard order.sorted() == Array(view.axes.indices) else { throw malformed("perm is \(order)") }
    set(view.transposed(order))
  }

  mutating func squeeze() throws(NetworkFileError) {
    let view = try view(0)
    let rank = view.axes.count
    var axes: Set<Int> = []
    let own = fileExtents(view)
    if let given = try integers("axes", orInput: 1) {
      for axis in given { axes.insert(try self.axis(axis, rank: rank)) }
      guard !axes.contains(view.batchAxis) else { throw unsupported("it removes the axis of the images") }
    } else {
      // One image is many to us.
      axes = Set(own.indices.filter { own[$0] == 1 && $0 != view.batchAxis })
    }
    guard axes.allSatisfy({ view.extent($0) == 1 }) else { throw malformed("an axis has several indices") }
    let kept = view.axes.indices.filter { !axes.contains($0) }
    var result = view
    result.axes = kept.map { view.axes[$0] }
    result.batchAxis = kept.firstIndex(of: view.batchAxis) ?? 0
    set(result)
  }

  mutating func unsqueeze() throws(NetworkFileError) {
    let view = try view(0)
    guard let given = try integers("axes", orInput: 1) else { throw malformed("it has no axes") }
    let rank = view.axes.count + given.count
    var axes: Set<Int> = []
    for axis in given { axes.insert(try self.axis(axis, rank: rank)) }
    var rest = Array(view.axes.enumerated())[...]
    var result = view
    result.axes = []
    for axis in 0..<rank {
      if axes.contains(axis) {
        result.axes.append([])
      } else if let (number, factors) = rest.popFirst() {
        if number == view.batchAxis { result.batchAxis = axis }
        result.axes.append(factors)
      }
    }
    set(result)
  }

  mutating func expand() throws(NetworkFileError) {
    let view = try view(0)
    guard let wanted = try host(1)?.integers else { throw unsupported("a shape that depends on the images") }
    let padded = view.padded(rank: wanted.count)
    let own = fileExtents(padded)
    let target = Array(repeating: 1, count: max(0, own.count - wanted.count)) + wanted
    guard var extents = HostTensor.broadcast(own, target) else { throw malformed("\(own) cannot become \(wanted)") }
    if padded.isShared {
      // Repeated for every image, which it is anyway.
      if extents.first == batch, own.first == 1, extents.count == view.axes.count { extents[0] = 1 }
    } else {
      guard extents[padded.batchAxis] == own[padded.batchAxis] else { throw unsupported("it repeats images") }
      extents[padded.batchAxis] = padded.extent(padded.batchAxis)
    }
    guard extents.count <= 16 else { throw unsupported("a tensor of \(extents.count) axes") }
    set(repeated(padded, to: try checked(extents)))
  }

  mutating func tile() throws(NetworkFileError) {
    var view = try view(0)
    guard let counts = try host(1)?.integers, counts.count == view.axes.count else {
      throw unsupported("repetitions that depend on the images")
    }
    for (axis, count) in counts.enumerated() where count != 1 {
      guard count > 0, count < 1 << 20, axis != view.batchAxis else { throw unsupported("it repeats images") }
      var extents = view.extents
      extents[axis] *= count
      _ = try checked(extents)
      view.axes[axis] = [TensorView.Factor(count: count, step: Arrangement.Step())] + view.axes[axis]
    }
    set(view)
  }

  // MARK: Parts

  /// Some indices of an axis, as far apart from each other as `step` says.
  mutating func sliced(
    _ view: TensorView, _ axis: Int, first: Int, step: Int, count: Int
  ) throws(NetworkFileError) -> TensorView {
    let extent = view.extent(axis)
    if first == 0, step == 1, count == extent { return view }
    guard count > 0 else { throw unsupported("it makes a tensor without values") }
    guard axis != view.batchAxis || extent == 1 && count == 1 && batch == 1 else {
      throw unsupported("it takes some of the images")
    }
    if let result = view.sliced(axis, first: first, step: step, count: count) { return result }
    guard let result = try plain(view).sliced(axis, first: first, step: step, count: count) else {
      throw unsupported("\(describe(view)) cannot be cut")
    }
    return result
  }

  mutating func slice() throws(NetworkFileError) {
    var view = try view(0)
    guard let starts = try integers("starts", orInput: 1), let ends = try integers("ends", orInput: 2) else {
      throw unsupported("bounds that depend on the images")
    }
    let axes = try integers("axes", orInput: 3) ?? Array(starts.indices)
    let steps = try host(4)?.integers ?? starts.map { _ in 1 }
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count else {
      throw malformed("its bounds do not fit")
    }
    for (index, given) in axes.enumerated() {
      let axis = try axis(given, rank: view.axes.count)
      let isBatch = axis == view.batchAxis
      let extent = fileExtents(view)[axis]
      guard let range = Self.bounds(extent, starts[index], ends[index], steps[index]) else {
        throw malformed("a step of 0")
      }
      if isBatch, range.first == 0, range.count == extent, steps[index] == 1 { continue }
      view = try sliced(view, axis, first: range.first, step: steps[index], count: range.count)
    }
    set(view)
  }

  /// What Python's slices mean: the first index and how many.
  static func bounds(_ extent: Int, _ start: Int, _ end: Int, _ step: Int) -> (first: Int, count: Int)? {
    guard step != 0, step > -(1 << 40), step < 1 << 40 else { return nil }
    func place(_ index: Int, _ least: Int, _ most: Int) -> Int {
      let own = index < 0 ? (index < -extent ? -1 : index + extent) : index
      return min(max(own, least), most)
    }
    if step > 0 {
      let (first, last) = (place(start, 0, extent), place(end, 0, extent))
      return (first, max(0, (last - first + step - 1) / step))
    }
    let first = place(start, -1, extent - 1)
    // An end before the first index is written as a very small number.
    let last = end < -extent ? -1 : place(end, -1, extent - 1)
    return (first, max(0, (first - last - step - 1) / -step))
  }

  mutating func split() throws(NetworkFileError) {
    let view = try view(0)
    let axis = try axis(integer("axis") ?? 0, rank: view.axes.count)
    let extent = view.extent(axis)
    let parts = node.outputs.count
    guard parts > 0, axis != view.batchAxis else { throw unsupported("it splits the images") }
    let size = (extent + parts - 1) / parts
    let sizes =
      try integers("split", orInput: 1) ?? (0..<parts).map { min(size, max(0, extent - $0 * size)) }
    guard sizes.count == parts, sizes.allSatisfy({ (1...extent).contains($0) }), sizes.reduce(0, +) == extent else {
      throw malformed("\(extent) indices cannot be split into \(sizes)")
    }
    var first = 0
    for (output, size) in sizes.enumerated() {
      set(.view(try sliced(view, axis, first: first, step: 1, count: size)), output: output)
      first += size
    }
  }

  mutating func gather() throws(NetworkFileError) {
    let view = try view(0)
    let axis = try axis(integer("axis") ?? 0, rank: view.axes.count)
    guard let indices = try host(1) else { throw unsupported("indices that depend on the images") }
    let extent = view.extent(axis)
    let places = indices.integers.map { $0 < 0 ? $0 + extent : $0 }
    guard axis != view.batchAxis, places.allSatisfy({ (0..<extent).contains($0) }), !places.isEmpty,
      indices.shape.count <= 1
    else { throw unsupported("indices \(indices.shape) of \(describe(view))") }
    if indices.shape.isEmpty {
      var result = try sliced(view, axis, first: places[0], step: 1, count: 1)
      result.axes.remove(at: axis)
      if result.batchAxis > axis { result.batchAxis -= 1 }
      return set(result)
    }
    let step = places.count > 1 ? places[1] - places[0] : 1
    if step != 0, zip(places, places.dropFirst()).allSatisfy({ $1 - $0 == step }) {
      return set(try sliced(view, axis, first: places[0], step: step, count: places.count))
    }
    var parts: [TensorView] = []
    for place in places { parts.append(try sliced(view, axis, first: place, step: 1, count: 1)) }
    set(try concatenated(parts, axis: axis))
  }

  mutating func concatenate() throws(NetworkFileError) {
    var parts: [TensorView] = []
    for index in node.inputs.indices { parts.append(try view(index)) }
    guard let first = parts.first(where: { !$0.isShared }) ?? parts.first else { throw malformed("it has no inputs") }
    // What is the same for all images lies beside those of any.
    for index in parts.indices where parts[index].isShared { parts[index].images = first.images }
    let axis = try axis(integer("axis") ?? 0, rank: first.axes.count)
    guard axis != first.batchAxis || parts.count == 1 else { throw unsupported("it puts images behind each other") }
    set(try concatenated(parts, axis: axis))
  }

  mutating func concatenated(_ parts: [TensorView], axis: Int) throws(NetworkFileError) -> TensorView {
    guard let first = parts.first else { throw malformed("nothing to put together") }
    if parts.count == 1 { return first }
    let rank = first.axes.count
    var extents = first.extents
    extents[axis] = 0
    for part in parts {
      guard part.axes.count == rank, part.batchAxis == first.batchAxis,
        (0..<rank).allSatisfy({ $0 == axis || part.extent($0) == extents[$0] })
      else { throw malformed("\(describe(first)) and \(describe(part)) do not fit") }
      extents[axis] += part.extent(axis)
    }
    let layout = naturalLayout(of: first)
    // Whole feature maps: channels of one after those of the other.
    if layout.channels == [axis] {
      var values: [ValueID] = []
      var places = Set<Bool>()
      for part in parts {
        let value = try placed(part, layout, isStrict: rank == 4 && part.batchAxis == 0 && part.extent(0) == 1)
        values.append(value)
        places.insert(shape(value).height == shape(values[0]).height && shape(value).width == shape(values[0]).width)
      }
      if places == [true] {
        let all = values
        let value = try building { (builder) throws(NetworkError) in try builder.concatenate(all) }
        return layout.view(of: value, extents, images: first.images)
      }
    }
    var begins = 0
    var placedParts: [(view: TensorView, first: Int)] = []
    for part in parts {
      placedParts.append((part, begins))
      begins += part.extent(axis)
    }
    let value = try arranged(placedParts, extents, layout.steps(extents), layout.shape(extents), axis: axis)
    return layout.view(of: value, extents, images: first.images)
  }

  // MARK: Space and depth

  mutating func depthToSpace() throws(NetworkFileError) {
    let view = try view(0)
    let own = fileExtents(view)
    guard own.count == 4, let block = integer("blocksize"), block > 0, block < 1 << 10,
      own[1].isMultiple(of: block * block)
    else { throw unsupported("it takes images and a block size") }
    let depth = own[1] / (block * block)
    let isColumns = text("mode") == "CRD"
    let cut = try reshaped(
      view,
      isColumns
        ? [own[0], depth, block, block, own[2], own[3]] : [own[0], block, block, depth, own[2], own[3]])
    let turned = cut.transposed(isColumns ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
    set(try reshaped(turned, [own[0], depth, own[2] * block, own[3] * block]))
  }

  mutating func spaceToDepth() throws(NetworkFileError) {
    let view = try view(0)
    let own = fileExtents(view)
    guard own.count == 4, let block = integer("blocksize"), block > 0, own[2].isMultiple(of: block),
      own[3].isMultiple(of: block)
    else { throw unsupported("it takes images and a block size that divides them") }
    let cut = try reshaped(view, [own[0], own[1], own[2] / block, block, own[3] / block, block])
    let turned = cut.transposed([0, 3, 5, 1, 2, 4])
    set(try reshaped(turned, [own[0], own[1] * block * block, own[2] / block, own[3] / block]))
  }
}
