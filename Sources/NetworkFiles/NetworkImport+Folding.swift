import Foundation

// Operators on numbers that are known: what shapes are made of, and constants.
extension NetworkImport {
  /// What the node at hand makes of known numbers; nil for an operator that is none of these.
  func folded() throws(NetworkFileError) -> [HostTensor]? {
    if let tensor = try foldedConstant() { return [tensor] }
    if let tensor = try foldedPair() { return [tensor] }
    if let tensor = try foldedFunction() { return [tensor] }
    if node.operation == "Split" { return try foldedSplit() }
    return try foldedForm().map { [$0] }
  }

  private func known(_ index: Int) throws(NetworkFileError) -> HostTensor {
    guard let numbers = try host(index) else { throw malformed("it has no input \(index + 1)") }
    return numbers
  }

  private func fitting(_ tensor: HostTensor?) throws(NetworkFileError) -> HostTensor {
    guard let tensor else { throw malformed("the shapes of its inputs do not fit, or are too large") }
    return tensor
  }

  private func foldedConstant() throws(NetworkFileError) -> HostTensor? {
    switch node.operation {
    case "Constant":
      for (name, attribute) in node.attributes {
        switch (name, attribute) {
        case ("value", .tensor(let tensor)): return try tensor.numbers(of: model)
        case ("value_float", .float(let value)):
          return HostTensor(shape: [], kind: .float, numbers: [Double(value)])
        case ("value_int", .int(let value)):
          return HostTensor(shape: [], kind: .integer, numbers: [Double(value)])
        case ("value_floats", .floats(let values)):
          return HostTensor(shape: [values.count], kind: .float, numbers: values.map(Double.init))
        case ("value_ints", .ints(let values)): return HostTensor(integers: values)
        default: continue
        }
      }
      throw unsupported("a constant of another kind")
    case "ConstantOfShape":
      let shape = try known(0).integers
      guard let count = HostTensor.size(shape) else { throw malformed("the shape \(shape)") }
      var value = HostTensor(shape: [], kind: .float, numbers: [0])
      if case .tensor(let tensor) = node.attributes["value"] { value = try tensor.numbers(of: model) }
      return HostTensor(
        shape: shape, kind: value.kind, numbers: Array(repeating: value.numbers.first ?? 0, count: count))
    case "Range":
      let (start, limit, delta) = (try known(0), try known(1), try known(2))
      guard let first = start.scalar, let last = limit.scalar, let step = delta.scalar, step != 0 else { return nil }
      let count = max(0, ((last - first) / step).rounded(.up))
      guard count <= Double(HostTensor.limit) else { throw malformed("\(count) numbers") }
      return HostTensor(
        shape: [Int(count)], kind: start.kind, numbers: (0..<Int(count)).map { first + Double($0) * step })
    case "EyeLike", "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
      "Multinomial":
      throw unsupported("random or special numbers are not carried out")
    default: return nil
    }
  }

  private func foldedPair() throws(NetworkFileError) -> HostTensor? {
    let truth: (Bool) -> Double = { $0 ? 1 : 0 }
    let body: (Double, Double) -> Double
    var kind: HostTensor.Kind?
    switch node.operation {
    case "Add", "Sum": body = { $0 + $1 }
    case "Sub": body = { $0 - $1 }
    case "Mul": body = { $0 * $1 }
    case "Div":
      let (first, second) = (try known(0), try known(1))
      let isWhole = first.kind != .float && second.kind != .float
      body = { isWhole ? ($1 == 0 ? 0 : ($0 / $1).rounded(.towardZero)) : $0 / $1 }
    case "Mod": body = { $1 == 0 ? 0 : $0 - ($0 / $1).rounded(.down) * $1 }
    case "Pow": body = { pow($0, $1) }
    case "Min": body = { min($0, $1) }
    case "Max": body = { max($0, $1) }
    case "Equal": (kind, body) = (.boolean, { truth($0 == $1) })
    case "Greater": (kind, body) = (.boolean, { truth($0 > $1) })
    case "GreaterOrEqual": (kind, body) = (.boolean, { truth($0 >= $1) })
    case "Less": (kind, body) = (.boolean, { truth($0 < $1) })
    case "LessOrEqual": (kind, body) = (.boolean, { truth($0 <= $1) })
    case "And": body = { truth($0 != 0 && $1 != 0) }
    case "Or": body = { truth($0 != 0 || $1 != 0) }
    case "Xor": body = { truth(($0 != 0) != ($1 != 0)) }
    case "Where":
      let (condition, yes, no) = (try known(0), try known(1), try known(2))
      guard let partial = HostTensor.broadcast(condition.shape, yes.shape),
        let shape = HostTensor.broadcast(partial, no.shape), let choice = condition.expanded(to: shape),
        let first = yes.expanded(to: shape), let second = no.expanded(to: shape)
      else { return try fitting(nil) }
      return HostTensor(
        shape: shape, kind: yes.kind,
        numbers: choice.numbers.indices.map { choice.numbers[$0] != 0 ? first.numbers[$0] : second.numbers[$0] })
    case "MatMul":
      let (left, right) = (try known(0), try known(1))
      guard left.shape.count == 2, right.shape.count == 2, left.shape[1] == right.shape[0],
        HostTensor.size([left.shape[0], right.shape[1]]) != nil
      else { throw unsupported("a product of constants of \(left.shape) and \(right.shape)") }
      let (rows, terms, columns) = (left.shape[0], left.shape[1], right.shape[1])
      return HostTensor(
        shape: [rows, columns], kind: .float,
        numbers: (0..<rows * columns).map { index in
          (0..<terms).reduce(0.0) {
            $0 + left.numbers[index / columns * terms + $1] * right.numbers[$1 * columns + index % columns]
          }
        })
    default: return nil
    }
    guard node.inputs.count >= 2 else { return try known(0) }
    var result = try known(0)
    for index in 1..<node.inputs.count {
      result = try fitting(HostTensor.combine(result, try known(index), kind, body))
    }
    return result
  }

  private func foldedFunction() throws(NetworkFileError) -> HostTensor? {
    let body: (Double) -> Double
    var kind: HostTensor.Kind?
    switch node.operation {
    case "Identity", "Dropout": body = { $0 }
    case "Cast":
      switch integer("to") {
      case 1, 10, 11, 16: (kind, body) = (.float, { $0 })
      case 9: (kind, body) = (.boolean, { $0 != 0 ? 1 : 0 })
      default: (kind, body) = (.integer, { $0.rounded(.towardZero) })
      }
    case "Floor": body = { $0.rounded(.down) }
    case "Ceil": body = { $0.rounded(.up) }
    case "Round": body = { $0.rounded(.toNearestOrEven) }
    case "Neg": body = { -$0 }
    case "Abs": body = { abs($0) }
    case "Sqrt": body = { $0.squareRoot() }
    case "Reciprocal": body = { 1 / $0 }
    case "Exp": body = { exp($0) }
    case "Log": body = { log($0) }
    case "Sin": body = { sin($0) }
    case "Cos": body = { cos($0) }
    case "Tanh": body = { tanh($0) }
    case "Sigmoid": body = { 1 / (1 + exp(-$0)) }
    case "Relu": body = { max($0, 0) }
    case "Not": body = { $0 == 0 ? 1 : 0 }
    case "Sign": body = { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    case "Clip":
      let (lower, upper) = (try clipBound("min", 1), try clipBound("max", 2))
      body = { min(max($0, lower ?? -.infinity), upper ?? .infinity) }
    default: return nil
    }
    return try known(0).map(kind, body)
  }

  func clipBound(_ name: String, _ index: Int) throws(NetworkFileError) -> Double? {
    if let value = float(name) { return Double(value) }
    guard input(index) != nil else { return nil }
    guard let bound = try host(index)?.scalar else { throw unsupported("bounds that depend on the images") }
    return bound
  }

  // MARK: Form

  private func foldedForm() throws(NetworkFileError) -> HostTensor? {
    switch node.operation {
    case "Shape": return HostTensor(integers: part(of: try known(0).shape))
    case "Size": return HostTensor(shape: [], kind: .integer, numbers: [Double(try known(0).numbers.count)])
    case "Reshape":
      let tensor = try known(0)
      guard var shape = try integers("shape", orInput: 1) else { return nil }
      for (axis, extent) in shape.enumerated() where extent == 0 && integer("allowzero") ?? 0 == 0 {
        shape[axis] = tensor.shape.indices.contains(axis) ? tensor.shape[axis] : 0
      }
      if let open = shape.firstIndex(of: -1) {
        let others = shape.enumerated().filter { $0.offset != open }.reduce(1) { $0 * max(0, min($1.element, 1 << 30)) }
        shape[open] = others > 0 ? tensor.numbers.count / others : 0
      }
      return try fitting(tensor.reshaped(shape))
    case "Flatten":
      let tensor = try known(0)
      let given = integer("axis") ?? 1
      let first = given == tensor.shape.count ? given : try axis(given, rank: tensor.shape.count)
      return try fitting(
        tensor.reshaped([tensor.shape.prefix(first).reduce(1, *), tensor.shape.dropFirst(first).reduce(1, *)]))
    case "Transpose":
      let tensor = try known(0)
      let order = integers("perm") ?? Array(tensor.shape.indices.reversed())
      guard order.sorted() == Array(tensor.shape.indices) else { throw malformed("perm is \(order)") }
      return tensor.transposed(order)
    case "Squeeze":
      let tensor = try known(0)
      var axes = Set(tensor.shape.indices.filter { tensor.shape[$0] == 1 })
      if let given = try integers("axes", orInput: 1) {
        axes = []
        for axis in given { axes.insert(try self.axis(axis, rank: tensor.shape.count)) }
      }
      return try fitting(tensor.reshaped(tensor.shape.indices.filter { !axes.contains($0) }.map { tensor.shape[$0] }))
    case "Unsqueeze":
      let tensor = try known(0)
      guard let given = try integers("axes", orInput: 1) else { throw malformed("it has no axes") }
      let rank = tensor.shape.count + given.count
      guard rank <= 16 else { throw malformed("it makes \(rank) axes") }
      var axes: Set<Int> = []
      for axis in given { axes.insert(try self.axis(axis, rank: rank)) }
      var rest = tensor.shape[...]
      let shape = (0..<rank).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 }
      return try fitting(tensor.reshaped(shape))
    case "Expand":
      let tensor = try known(0)
      // Repeated for every image, which a constant is anyway.
      let wanted = try known(1).integers
      if tensor.kind == .float, tensor.shape.first == 1, tensor.shape.count == wanted.count, wanted.first == batch,
        zip(tensor.shape, wanted).dropFirst().allSatisfy({ $0 == $1 || $1 == 1 })
      {
        return tensor
      }
      guard let shape = HostTensor.broadcast(tensor.shape, try known(1).integers) else { return try fitting(nil) }
      return try fitting(tensor.expanded(to: shape))
    case "Tile":
      var tensor = try known(0)
      let counts = try known(1).integers
      guard counts.count == tensor.shape.count, counts.allSatisfy({ $0 >= 0 }),
        HostTensor.size(zip(tensor.shape, counts).map { min($0, 1 << 30) * min($1, 1 << 30) }) != nil
      else { return try fitting(nil) }
      for (axis, count) in counts.enumerated() {
        let extent = tensor.shape[axis]
        tensor = tensor.taken((0..<extent * count).map { $0 % extent }, axis: axis)
      }
      return tensor
    case "Concat":
      var parts: [HostTensor] = []
      for index in node.inputs.indices { parts.append(try known(index)) }
      guard let first = parts.first else { return nil }
      let axis = try axis(integer("axis") ?? 0, rank: max(1, first.shape.count))
      return try fitting(HostTensor.concatenated(parts, axis: axis))
    case "Slice": return try foldedSlice()
    case "Gather":
      let (tensor, indices) = (try known(0), try known(1))
      let axis = try axis(integer("axis") ?? 0, rank: tensor.shape.count)
      let extent = tensor.shape[axis]
      let places = indices.integers.map { $0 < 0 ? $0 + extent : $0 }
      guard places.allSatisfy({ (0..<extent).contains($0) }) else { throw malformed("indices beyond the end") }
      var shape = tensor.shape
      shape.replaceSubrange(axis...axis, with: indices.shape)
      guard HostTensor.size(shape) != nil else { return try fitting(nil) }
      return try fitting(tensor.taken(places, axis: axis).reshaped(shape))
    case "ScatterND":
      var tensor = try known(0)
      let (indices, updates) = (try known(1), try known(2))
      let depth = indices.shape.last ?? 1
      guard depth >= 1, depth <= tensor.shape.count else { return try fitting(nil) }
      let places = indices.integers
      let strides = HostTensor.strides(tensor.shape)
      let size = tensor.shape.dropFirst(depth).reduce(1, *)
      guard updates.numbers.count == indices.numbers.count / depth * size else { return try fitting(nil) }
      for (number, start) in stride(from: 0, to: indices.numbers.count, by: depth).enumerated() {
        var place = 0
        for axis in 0..<depth {
          let index = places[start + axis]
          let own = index < 0 ? index + tensor.shape[axis] : index
          guard (0..<tensor.shape[axis]).contains(own) else { throw malformed("indices beyond the end") }
          place += own * strides[axis]
        }
        tensor.numbers.replaceSubrange(
          place..<place + size, with: updates.numbers[number * size..<(number + 1) * size])
      }
      return tensor
    case "CumSum":
      var tensor = try known(0)
      guard let given = try known(1).integers.first else { return nil }
      let axis = try axis(given, rank: tensor.shape.count)
      let inner = tensor.shape[(axis + 1)...].reduce(1, *)
      let extent = tensor.shape[axis]
      for index in tensor.numbers.indices where index / inner % extent > 0 {
        tensor.numbers[index] += tensor.numbers[index - inner]
      }
      return tensor
    case "ReduceMean", "ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin":
      let tensor = try known(0)
      var axes = Set(tensor.shape.indices)
      if let given = try integers("axes", orInput: 1), !given.isEmpty {
        axes = []
        for axis in given { axes.insert(try self.axis(axis, rank: tensor.shape.count)) }
      }
      let operation = node.operation
      return tensor.reduced(axes, keeps: integer("keepdims") ?? 1 != 0) { numbers in
        switch operation {
        case "ReduceSum": numbers.reduce(0, +)
        case "ReduceProd": numbers.reduce(1, *)
        case "ReduceMax": numbers.max() ?? 0
        case "ReduceMin": numbers.min() ?? 0
        default: numbers.reduce(0, +) / Double(max(1, numbers.count))
        }
      }
    default: return nil
    }
  }

  private func foldedSlice() throws(NetworkFileError) -> HostTensor {
    var tensor = try known(0)
    guard let starts = try integers("starts", orInput: 1), let ends = try integers("ends", orInput: 2) else {
      throw malformed("it has no bounds")
    }
    let axes = try integers("axes", orInput: 3) ?? Array(starts.indices)
    let steps = try host(4)?.integers ?? starts.map { _ in 1 }
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count else {
      throw malformed("its bounds do not fit")
    }
    for (index, given) in axes.enumerated() {
      let axis = try axis(given, rank: tensor.shape.count)
      guard let range = Self.bounds(tensor.shape[axis], starts[index], ends[index], steps[index]) else {
        throw malformed("a step of 0")
      }
      tensor = tensor.taken((0..<range.count).map { range.first + $0 * steps[index] }, axis: axis)
    }
    return tensor
  }

  private func foldedSplit() throws(NetworkFileError) -> [HostTensor] {
    let tensor = try known(0)
    let axis = try axis(integer("axis") ?? 0, rank: tensor.shape.count)
    let parts = max(1, node.outputs.count)
    let size = (tensor.shape[axis] + parts - 1) / parts
    let sizes =
      try integers("split", orInput: 1) ?? (0..<parts).map { min(size, max(0, tensor.shape[axis] - $0 * size)) }
    guard sizes.reduce(0, { $0 + min(max($1, -1), 1 << 40) }) == tensor.shape[axis], sizes.allSatisfy({ $0 >= 0 })
    else { throw malformed("sizes \(sizes)") }
    var first = 0
    return sizes.map { size in
      defer { first += size }
      return tensor.taken(Array(first..<first + size), axis: axis)
    }
  }
}
