public import SearchSpaces

/// A figure of an architecture's cells as an SVG text: states as boxes, operations on the curves between them.
public struct CellDrawing: Hashable, Sendable {
  /// What stands above the cells; an empty one takes no room.
  public var title: String
  /// The cells from top to bottom.
  public var cells: [CellGraph]

  public init(_ cells: [CellGraph], title: String) {
    self.title = title
    self.cells = cells
  }

  /// The figure as an SVG document on a white background, one cell below the other.
  public func svg() -> String {
    let layouts = cells.map { CellLayout($0) }
    let width = max(layouts.map(\.width).max() ?? 0, Style.leastWidth) + 2 * Style.margin
    let titleHeight = title.isEmpty ? Style.margin : Style.titleHeight
    let height = layouts.reduce(titleHeight) { $0 + Style.captionHeight + $1.height + Style.margin }
    var svg = SVGText()
    svg.line(
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(svg.number(width))" height="\(svg.number(height))" \
      viewBox="0 0 \(svg.number(width)) \(svg.number(height))" role="img" \
      font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" fill="\(Style.ink)">
      """)
    svg.line("<title>\(svg.escaped(title))</title>")
    svg.line("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>")
    svg.text(title, x: Style.margin, y: 27, size: 15, anchor: "start", weight: "bold", room: width - 2 * Style.margin)
    var top = titleHeight
    for (cell, layout) in zip(cells, layouts) {
      svg.text(
        cell.title, x: Style.margin, y: top + 15, size: 13, anchor: "start", fill: Style.faint, room: width / 2)
      top += Style.captionHeight
      let left = (width - layout.width) / 2
      svg.line("<g transform=\"translate(\(svg.number(left)) \(svg.number(top)))\">")
      for (edge, places) in zip(cell.edges, layout.routes) {
        draw(edge, through: places, in: &svg)
      }
      for (state, place) in zip(cell.states, layout.states) { draw(state, at: place, in: &svg) }
      svg.line("</g>")
      top += layout.height + Style.margin
    }
    svg.line("</svg>")
    return svg.document
  }

  /// Lengths in user units and colours.
  private enum Style {
    static let margin = 20.0
    static let titleHeight = 44.0
    static let captionHeight = 26.0
    static let leastWidth = 320.0
    static let ink = "#222222"
    static let faint = "#555555"
    static let curve = "#7a7a7a"

    static func fill(_ role: CellGraph.Role) -> String {
      switch role {
      case .input: "#dcebd8"
      case .node: "#dde8f6"
      case .output: "#f8e5c8"
      }
    }

    /// By what an operation does with an image.
    static func stroke(_ operation: String) -> String {
      if operation.contains("conv") { return "#1f5fa8" }
      return operation.contains("pool") ? "#a8671f" : "#4a8a3a"
    }
  }

  private func draw(_ state: CellGraph.State, at place: CellLayout.Place, in svg: inout SVGText) {
    svg.line(
      """
      <rect x="\(svg.number(place.left))" y="\(svg.number(place.top))" width="\(svg.number(place.width))" \
      height="\(svg.number(place.height))" rx="5" fill="\(Style.fill(state.role))" stroke="\(Style.faint)"/>
      """)
    svg.text(
      state.name, x: place.middle, y: place.y + 4.5, size: 13, anchor: "middle", room: place.width - 6)
  }

  /// A curve through places, and the operation on top of it.
  private func draw(_ edge: CellGraph.Edge, through places: [CellLayout.Place], in svg: inout SVGText) {
    var path = ""
    for (from, to) in zip(places, places.dropFirst()) {
      path += path.isEmpty ? "M\(svg.number(from.right)) \(svg.number(from.y))" : "H\(svg.number(from.right))"
      let middle = svg.number((from.right + to.left) / 2)
      path +=
        "C\(middle) \(svg.number(from.y)) \(middle) \(svg.number(to.y)) \(svg.number(to.left)) \(svg.number(to.y))"
    }
    // The last curve ends in an arrow.
    path += "m-6 -3.5l6 3.5l-6 3.5"
    svg.line("<path d=\"\(path)\" fill=\"none\" stroke=\"\(Style.curve)\"/>")
    guard let operation = edge.operation, let place = places.first(where: \.isLabel) else { return }
    svg.line(
      """
      <rect x="\(svg.number(place.left))" y="\(svg.number(place.top))" width="\(svg.number(place.width))" \
      height="\(svg.number(place.height))" rx="\(svg.number(place.height / 2))" fill="#ffffff" \
      stroke="\(Style.stroke(operation))"/>
      """)
    svg.text(operation, x: place.middle, y: place.y + 4, size: 12, anchor: "middle", room: place.width - 8)
  }
}
