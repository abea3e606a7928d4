/// A figure of accuracy against score as an SVG text: one panel a proxy or data set.
public struct ScatterPlot: Hashable, Sendable {
  /// One pair of axes.
  public struct Panel: Hashable, Sendable {
    public var title: String
    public var xLabel: String
    public var yLabel: String
    /// The scores, one a point.
    public var x: [Double]
    /// The accuracies, one a point.
    public var y: [Double]
    /// Kendall's tau-b with its interval, where it is known; otherwise it is computed from the points.
    public var kendallTauB: Estimate?

    public init(
      title: String, xLabel: String, yLabel: String, x: [Double], y: [Double], kendallTauB: Estimate? = nil
    ) {
      self.title = title
      self.xLabel = xLabel
      self.yLabel = yLabel
      self.x = x
      self.y = y
      self.kendallTauB = kendallTauB
    }
  }

  public var title: String
  public var panels: [Panel]
  /// Panels side by side.
  public var columns: Int

  public init(title: String, panels: [Panel], columns: Int = 3) {
    self.title = title
    self.panels = panels
    self.columns = columns
  }

  /// The figure as an SVG document on a white background.
  ///
  /// Points with a value that is not finite are left out and counted in the caption.
  public func svg() -> String {
    let columns = min(max(self.columns, 1), max(panels.count, 1))
    let rows = (panels.count + columns - 1) / columns
    let width = Layout.panelWidth * Double(columns)
    let titleHeight = title.isEmpty ? 0 : Layout.titleHeight
    let height = titleHeight + Layout.panelHeight * Double(max(rows, 1))
    var svg = SVGText()
    svg.line(
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(svg.number(width))" height="\(svg.number(height))" \
      viewBox="0 0 \(svg.number(width)) \(svg.number(height))" role="img" \
      font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" fill="\(Layout.ink)">
      """)
    svg.line("<title>\(svg.escaped(title))</title>")
    svg.line("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>")
    if !title.isEmpty {
      svg.text(title, x: width / 2, y: 25, size: 15, anchor: "middle", weight: "bold", room: width - 20)
    }
    for (position, panel) in panels.enumerated() {
      let x = Layout.panelWidth * Double(position % columns)
      let y = titleHeight + Layout.panelHeight * Double(position / columns)
      svg.line("<g transform=\"translate(\(svg.number(x)) \(svg.number(y)))\">")
      draw(panel, in: &svg)
      svg.line("</g>")
    }
    svg.line("</svg>")
    return svg.document
  }

  /// Lengths in user units and colours.
  private enum Layout {
    static let panelWidth = 340.0
    static let panelHeight = 300.0
    static let titleHeight = 36.0
    static let left = 58.0
    static let right = 322.0
    static let top = 48.0
    static let bottom = 248.0
    static let ink = "#222222"
    static let faint = "#555555"
    static let grid = "#e6e6e6"
    static let point = "#1f5fa8"
  }

  private func draw(_ panel: Panel, in svg: inout SVGText) {
    let points = zip(panel.x, panel.y).filter { $0.isFinite && $1.isFinite }
    let xAxis = PlotAxis(values: points.map(\.0), count: 5)
    let yAxis = PlotAxis(values: points.map(\.1), count: 5)
    let middle = (Layout.left + Layout.right) / 2
    let room = Layout.right - Layout.left
    svg.text(panel.title, x: middle, y: 20, size: 13, anchor: "middle", weight: "bold", room: room)
    svg.text(
      caption(of: panel, points), x: middle, y: 37, size: 11, anchor: "middle", fill: Layout.faint, room: room)
    drawTicks(xAxis, yAxis, in: &svg)

    // Fewer points may be larger and darker before they hide each other.
    let radius = points.count <= 300 ? 2.6 : points.count <= 3000 ? 1.8 : 1.2
    let opacity = points.count <= 300 ? 0.6 : points.count <= 3000 ? 0.35 : 0.15
    svg.line("<g fill=\"\(Layout.point)\" fill-opacity=\"\(svg.number(opacity))\">")
    for (x, y) in points {
      let centreX = Layout.left + xAxis.position(of: x) * (Layout.right - Layout.left)
      let centreY = Layout.bottom - yAxis.position(of: y) * (Layout.bottom - Layout.top)
      svg.line("<circle cx=\"\(svg.number(centreX))\" cy=\"\(svg.number(centreY))\" r=\"\(svg.number(radius))\"/>")
    }
    svg.line("</g>")

    svg.line(
      """
      <path d="M\(svg.number(Layout.left)) \(svg.number(Layout.top))V\(svg.number(Layout.bottom))\
      H\(svg.number(Layout.right))" fill="none" stroke="\(Layout.ink)"/>
      """)
    svg.text(
      panel.xLabel + unit(xAxis.exponent), x: middle, y: Layout.bottom + 37, size: 12, anchor: "middle", room: room)
    svg.text(
      panel.yLabel + unit(yAxis.exponent), x: 16, y: (Layout.top + Layout.bottom) / 2, size: 12, anchor: "middle",
      room: Layout.bottom - Layout.top, upwards: true)
  }

  private func drawTicks(_ xAxis: PlotAxis, _ yAxis: PlotAxis, in svg: inout SVGText) {
    let xTicks = xAxis.ticks.map { (Layout.left + $0.position * (Layout.right - Layout.left), $0.label) }
    let yTicks = yAxis.ticks.map { (Layout.bottom - $0.position * (Layout.bottom - Layout.top), $0.label) }
    var grid = ""
    var marks = ""
    for (x, _) in xTicks {
      grid += "M\(svg.number(x)) \(svg.number(Layout.top))V\(svg.number(Layout.bottom))"
      marks += "M\(svg.number(x)) \(svg.number(Layout.bottom))v4"
    }
    for (y, _) in yTicks {
      grid += "M\(svg.number(Layout.left)) \(svg.number(y))H\(svg.number(Layout.right))"
      marks += "M\(svg.number(Layout.left)) \(svg.number(y))h-4"
    }
    if !grid.isEmpty {
      svg.line("<path d=\"\(grid)\" fill=\"none\" stroke=\"\(Layout.grid)\"/>")
      svg.line("<path d=\"\(marks)\" fill=\"none\" stroke=\"\(Layout.ink)\"/>")
    }
    for (x, label) in xTicks { svg.text(label, x: x, y: Layout.bottom + 17, size: 11, anchor: "middle", room: 60) }
    for (y, label) in yTicks { svg.text(label, x: Layout.left - 7, y: y + 4, size: 11, anchor: "end", room: 32) }
  }

  /// The number of points, tau-b and its interval, and how many points are missing.
  private func caption(of panel: Panel, _ points: [(Double, Double)]) -> String {
    var caption = "n = \(points.count)"
    let computed = RankCorrelation(points.map(\.0), points.map(\.1))?.coefficients()
    if let tau = panel.kendallTauB ?? computed.map({ Estimate(value: $0.kendallTauB) }), tau.value.isFinite {
      caption += ", Kendall's τ = \(signed(tau.value))"
      if let interval = tau.interval { caption += " [\(signed(interval.lowerBound)), \(signed(interval.upperBound))]" }
    } else {
      caption += ", τ undefined"
    }
    let missing = max(panel.x.count, panel.y.count) - points.count
    return missing > 0 ? caption + ", \(missing) missing" : caption
  }

  private func signed(_ value: Double) -> String {
    guard value.isFinite, abs(value) <= 1 else { return "\(value)" }
    let thousandths = Int((abs(value) * 1000).rounded())
    let digits = String(1000 + thousandths % 1000).dropFirst()
    return (value < 0 && thousandths > 0 ? "\u{2212}" : "") + "\(thousandths / 1000).\(digits)"
  }

  /// What tick labels are to be multiplied by, such as ` (×10⁶)`.
  private func unit(_ exponent: Int) -> String {
    guard exponent != 0 else { return "" }
    let superscripts: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]
    return " (×10" + String("\(exponent)".compactMap { superscripts[$0] }) + ")"
  }
}
