import NetworkGraph

// Borders around what is there.
extension NetworkImport {
  mutating func pad() throws(NetworkFileError) {
    var view = try view(0)
    let rank = view.axes.count
    guard let pads = try integers("pads", orInput: 1) else { throw unsupported("padding that depends on the images") }
    let axes = try host(3)?.integers ?? Array(0..<rank)
    guard pads.count == 2 * axes.count else { throw malformed("its padding does not fit") }
    let mode = text("mode") ?? "constant"
    let fill = try host(2)?.scalar ?? Double(float("value") ?? 0)
    for (index, given) in axes.enumerated() {
      let axis = try axis(given, rank: rank)
      let (before, after) = (pads[index], pads[index + axes.count])
      guard before != 0 || after != 0 else { continue }
      let bounds = -(1 << 20)...1 << 20
      guard axis != view.batchAxis, bounds.contains(before), bounds.contains(after) else {
        throw unsupported("it adds images")
      }
      // Less than nothing is cut off.
      let extent = view.extent(axis)
      let cut = extent + min(0, before) + min(0, after)
      if cut != extent { view = try sliced(view, axis, first: max(0, -before), step: 1, count: cut) }
      view = try padded(view, axis, max(0, before), max(0, after), mode, Float(fill))
    }
    set(view)
  }

  private mutating func padded(
    _ view: TensorView, _ axis: Int, _ before: Int, _ after: Int, _ mode: String, _ fill: Float
  ) throws(NetworkFileError) -> TensorView {
    guard before > 0 || after > 0 else { return view }
    let extent = view.extent(axis)
    var extents = view.extents
    extents[axis] += before + after
    extents = try checked(extents)
    let layout = naturalLayout(of: view)
    var parts: [(view: TensorView, first: Int)] = [(view, before)]
    switch mode {
    case "constant": break
    case "reflect":
      guard max(before, after) < extent else { throw malformed("it reflects more than there is") }
      if before > 0 {
        parts.append((try sliced(view, axis, first: before, step: -1, count: before), 0))
      }
      if after > 0 {
        parts.append((try sliced(view, axis, first: extent - 2, step: -1, count: after), before + extent))
      }
    case "edge":
      if before > 0 { parts.append((try sliced(view, axis, first: 0, step: 1, count: 1).repeated(axis, before), 0)) }
      if after > 0 {
        let last = try sliced(view, axis, first: extent - 1, step: 1, count: 1)
        parts.append((last.repeated(axis, after), before + extent))
      }
    default: throw unsupported("the mode '\(mode)'")
    }
    let value = try arranged(parts, extents, layout.steps(extents), layout.shape(extents), axis: axis, fill: fill)
    return layout.view(of: value, extents, images: view.images)
  }
}
