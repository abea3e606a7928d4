import NetworkGraph

// Images of other sizes, and sums that are written as letters.
extension NetworkImport {
  mutating func resize() throws(NetworkFileError) {
    let view = try view(0)
    let own = fileExtents(view)
    guard own.count == 4, view.batchAxis == 0, view.extent(0) == 1 else {
      throw unsupported("it takes images, not \(describe(view))")
    }
    var (scales, sizes) = try factors()
    // Of newer versions for some axes alone.
    if let axes = integers("axes") {
      if let given = sizes, given.count == axes.count { sizes = own }
      if let given = scales, given.count == axes.count { scales = own.map { _ in 1 } }
      let (all, ratios) = try factors()
      for (index, given) in axes.enumerated() {
        let axis = try axis(given, rank: 4)
        if let all, all.count > index { scales?[axis] = all[index] }
        if let ratios, ratios.count > index { sizes?[axis] = ratios[index] }
      }
    }
    var target = own
    var ratios = [Double](repeating: 1, count: 4)
    for axis in 0..<4 {
      if let sizes, sizes.count == 4 {
        target[axis] = sizes[axis]
        ratios[axis] = Double(sizes[axis]) / Double(own[axis])
      } else if let scales, scales.count == 4 {
        ratios[axis] = scales[axis]
        guard scales[axis] > 0, scales[axis] < 1e6 else { throw unsupported("the scale \(scales[axis])") }
        target[axis] = Int((Double(own[axis]) * scales[axis]).rounded(.down))
      } else {
        throw unsupported("scales or sizes that depend on the images")
      }
    }
    guard ratios.allSatisfy({ $0.isFinite && $0 > 0 }) else { throw unsupported("the size \(target)") }
    // Sizes are of one image, or of as many as the file has.
    guard target[0] == own[0] || target[0] == 1, target[1] == own[1], (1...1 << 16).contains(target[2]),
      (1...1 << 16).contains(target[3])
    else { throw unsupported("the size \(target)") }
    let mode = text("mode") ?? "nearest"
    let coordinates = text("coordinate_transformation_mode") ?? (opset < 11 ? "asymmetric" : "half_pixel")
    let value = try placed(view, .image(rank: 4), isStrict: true)
    let rows = try samples(own[2], target[2], ratios[2], mode, coordinates)
    let columns = try samples(own[3], target[3], ratios[3], mode, coordinates)
    let name = node.name
    let result = try building { (builder) throws(NetworkError) in
      try builder.interpolate(name, value, Interpolation(rows: rows, columns: columns))
    }
    setImage(result, rank: 2)
  }

  /// Of Resize in every version, and of Upsample.
  private func factors() throws(NetworkFileError) -> (scales: [Double]?, sizes: [Int]?) {
    if node.operation == "Upsample" {
      if case .floats(let values) = node.attributes["scales"] { return (values.map(Double.init), nil) }
      return (try host(1)?.numbers, nil)
    }
    let scales = try host(opset < 11 ? 1 : 2)?.numbers
    let sizes = try host(3)?.integers
    return (scales.flatMap { $0.isEmpty ? nil : $0 }, sizes.flatMap { $0.isEmpty ? nil : $0 })
  }

  private func samples(
    _ own: Int, _ target: Int, _ ratio: Double, _ mode: String, _ coordinates: String
  ) throws(NetworkFileError) -> [Interpolation.Sample] {
    func place(_ index: Int) throws(NetworkFileError) -> Double {
      switch coordinates {
      case "half_pixel": return (Double(index) + 0.5) / ratio - 0.5
      case "pytorch_half_pixel": return target > 1 ? (Double(index) + 0.5) / ratio - 0.5 : 0
      case "align_corners": return target > 1 ? Double(index) * Double(own - 1) / Double(target - 1) : 0
      case "asymmetric": return Double(index) / ratio
      default: throw unsupported("the coordinates '\(coordinates)'")
      }
    }
    var samples: [Interpolation.Sample] = []
    for index in 0..<target {
      let x = try place(index)
      switch mode {
      case "nearest":
        let rounded: Double =
          switch text("nearest_mode") ?? (opset < 11 ? "floor" : "round_prefer_floor") {
          case "floor": x.rounded(.down)
          case "ceil": x.rounded(.up)
          case "round_prefer_ceil": (x + 0.5).rounded(.down)
          default: (x - 0.5).rounded(.up)
          }
        let nearest = min(max(Int(rounded), 0), own - 1)
        samples.append(Interpolation.Sample(first: nearest, second: nearest, weight: 0))
      case "linear":
        let inside = min(max(x, 0), Double(own - 1))
        let first = Int(inside.rounded(.down))
        samples.append(
          Interpolation.Sample(
            first: first, second: min(first + 1, own - 1), weight: Float(inside - inside.rounded(.down))))
      default: throw unsupported("the mode '\(mode)'")
      }
    }
    return samples
  }

  /// Two operands and a letter for each axis: a product of matrices.
  mutating func einsum() throws(NetworkFileError) {
    guard let equation = text("equation")?.filter({ $0 != " " }), node.inputs.count == 2 else {
      throw unsupported("it takes an equation of two operands")
    }
    let sides = equation.split(separator: ">", maxSplits: 1).map { $0.filter { $0 != "-" } }
    let operands = sides.first?.split(separator: ",", omittingEmptySubsequences: false).map(Array.init) ?? []
    guard sides.count == 2, operands.count == 2, !equation.contains("."),
      Set(operands[0]).count == operands[0].count, Set(operands[1]).count == operands[1].count
    else { throw unsupported("the equation '\(equation)'") }
    let (left, right) = (try view(0), try view(1))
    let (a, b, result) = (operands[0], operands[1], Array(sides[1]))
    guard a.count == left.axes.count, b.count == right.axes.count else { throw malformed("the equation '\(equation)'") }
    let shared = a.filter { b.contains($0) && result.contains($0) }
    let summed = a.filter { b.contains($0) && !result.contains($0) }
    let (rows, columns) = (a.filter { !b.contains($0) }, b.filter { !a.contains($0) })
    guard rows.allSatisfy(result.contains), columns.allSatisfy(result.contains), !summed.isEmpty,
      result.count == shared.count + rows.count + columns.count, !left.isShared, !right.isShared
    else { throw unsupported("the equation '\(equation)'") }
    func place(_ letters: [Character], _ all: [Character]) -> [Int] { letters.compactMap { all.firstIndex(of: $0) } }
    let batchLetter = a[left.batchAxis]
    guard shared.contains(batchLetter), b[right.batchAxis] == batchLetter else {
      throw unsupported("it sums over images")
    }
    let leftLayout = TensorLayout(channels: place(summed, a), positions: place(shared + rows, a))
    let rightLayout = TensorLayout(channels: place(summed, b), positions: place(shared + columns, b))
    let (first, second) = (
      try placed(left, leftLayout, isStrict: false), try placed(right, rightLayout, isStrict: false)
    )
    var sizes: [Character: Int] = [:]
    for (letter, extent) in zip(a + b, left.extents + right.extents) {
      guard sizes[letter] ?? extent == extent else { throw malformed("extents differ in '\(equation)'") }
      sizes[letter] = extent
    }
    let count = shared.reduce(1) { $0 * (sizes[$1] ?? 1) }
    let name = node.name
    let product = try building { (builder) throws(NetworkError) in
      try builder.matrixProduct(name, first, second, MatrixProduct(count: count, isRightTransposed: true))
    }
    let made = shared + rows + columns
    let layout = TensorLayout(
      channels: Array(made.indices.suffix(columns.count)), positions: Array(made.indices.dropLast(columns.count)))
    let view = layout.view(
      of: product, made.map { sizes[$0] ?? 1 }, images: ImagePlace(axis: made.firstIndex(of: batchLetter) ?? 0))
    set(view.transposed(place(result, made)))
  }
}
