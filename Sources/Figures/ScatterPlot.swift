internal import Statistics

/// A figure of points as an SVG text, such as accuracy against score: one panel a proxy or data set.
public struct ScatterPlot: Hashable, Sendable {
  public var title: String
  public var panels: [Panel]
  /// Panels side by side.
  public var columns: Int
  /// In pixels.
  public var panelWidth: Double
  /// In pixels.
  public var panelHeight: Double

  public init(
    title: String, panels: [Panel], columns: Int = 3, panelWidth: Double = 340, panelHeight: Double = 300
  ) {
    self.title = title
    self.panels = panels
    self.columns = columns
    self.panelWidth = panelWidth
    self.panelHeight = panelHeight
  }

  /// The figure as an SVG document on a white background.
  ///
  /// Points with a value that is not finite are left out and counted in the caption.
  public func svg() -> String {
    let columns = min(max(self.columns, 1), max(panels.count, 1))
    let rows = (panels.count + columns - 1) / columns
    let width = panelWidth * Double(columns)
    let titleHeight = title.isEmpty ? 0 : Layout.titleHeight
    let height = titleHeight + panelHeight * Double(max(rows, 1))
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
      let x = panelWidth * Double(position % columns)
      let y = titleHeight + panelHeight * Double(position / columns)
      svg.line("<g transform=\"translate(\(svg.number(x)) \(svg.number(y)))\">")
      draw(panel, in: &svg)
      svg.line("</g>")
    }
    svg.line("</svg>")
    return svg.document
  }

  /// Lengths in user units and colours.
  private enum Layout {
    static let titleHeight = 36.0
    static let left = 58.0
    static let ink = "#222222"
    static let faint = "#555555"
    static let grid = "#e6e6e6"
    static let point = "#1f5fa8"
    /// Points behind lines.
    static let background = "#7d8ea3"
    static let chosen = "#c8421f"
    static let reference = "#137a4c"

    static let mostNames = 20
    static let legend = 53.0
    static let legendHeight = 16.0

    static func colour(of style: Series.Style) -> String { style == .chosen ? chosen : reference }
  }

  /// The area of the points, in user units of its panel, and its axes.
  private struct Frame {
    var left = Layout.left
    var right: Double
    var top: Double
    var bottom: Double
    var xAxis: PlotAxis
    var yAxis: PlotAxis

    var middle: Double { (left + right) / 2 }
    var width: Double { right - left }
    var height: Double { bottom - top }

    func x(at share: Double) -> Double { left + share * width }
    func y(at share: Double) -> Double { bottom - share * height }
    func x(of value: Double) -> Double { x(at: xAxis.position(of: value)) }
    func y(of value: Double) -> Double { y(at: yAxis.position(of: value)) }
  }

  /// A point that can be drawn, in the units of the axes.
  private struct Point {
    var x: Double
    var y: Double
    var interval: ClosedRange<Double>?
    var isHollow: Bool
    var name: String?
  }

  private func points(
    _ x: [Double], _ y: [Double], intervals: [ClosedRange<Double>?] = [], isHollow: [Bool], names: [String?]
  ) -> [Point] {
    zip(x, y).enumerated().compactMap { position, point in
      guard point.0.isFinite, point.1.isFinite else { return nil }
      return Point(
        x: point.0, y: point.1, interval: intervals.indices.contains(position) ? intervals[position] : nil,
        isHollow: isHollow.indices.contains(position) && isHollow[position],
        name: names.indices.contains(position) ? names[position] : nil)
    }
  }

  private func draw(_ panel: Panel, in svg: inout SVGText) {
    let points = points(panel.x, panel.y, intervals: panel.xIntervals, isHollow: panel.isHollow, names: panel.names)
    let hasSeries = !panel.series.isEmpty
    // Fewer points may be larger and darker before they hide each other.
    let radius = points.count <= 300 ? 2.6 : points.count <= 3000 ? 1.8 : 1.2
    let opacity = (hasSeries ? 0.8 : 1) * (points.count <= 300 ? 0.6 : points.count <= 3000 ? 0.35 : 0.15)
    let colour = hasSeries ? Layout.background : Layout.point
    var frame = Frame(
      right: panelWidth - 18, top: hasSeries ? 68 : 48, bottom: panelHeight - 52,
      xAxis: PlotAxis(values: points.map(\.x), count: 5, isLogarithmicFromADecade: hasSeries),
      yAxis: PlotAxis(values: points.map(\.y), count: 5))
    var legend = hasSeries ? [seriesLegend(of: panel)] : []
    let marks = marksLegend(of: points, in: frame, radius: radius, colour)
    if !marks.isEmpty {
      legend.append(marks)
      frame.top += Layout.legendHeight + (hasSeries ? 0 : 4)
    }
    svg.text(panel.title, x: frame.middle, y: 20, size: 13, anchor: "middle", weight: "bold", room: frame.width)
    svg.text(
      panel.caption ?? caption(of: panel, points.map { ($0.x, $0.y) }), x: frame.middle, y: 37, size: 11,
      anchor: "middle", fill: Layout.faint, room: frame.width)
    drawTicks(frame, in: &svg)

    drawBars(of: points, in: frame, radius: radius, colour, &svg)
    svg.line("<g fill=\"\(colour)\" fill-opacity=\"\(svg.number(opacity))\">")
    for point in points where !point.isHollow {
      svg.circle(x: frame.x(of: point.x), y: frame.y(of: point.y), radius: radius, title: point.name)
    }
    svg.line("</g>")
    let hollow = points.filter(\.isHollow)
    if !hollow.isEmpty {
      // A thin line needs more colour than an area.
      let opacity = svg.number(min(1, 1.6 * opacity))
      svg.line("<g fill=\"none\" stroke=\"\(colour)\" stroke-opacity=\"\(opacity)\">")
      for point in hollow {
        svg.circle(x: frame.x(of: point.x), y: frame.y(of: point.y), radius: radius, title: point.name)
      }
      svg.line("</g>")
    }
    for series in panel.series { draw(series, in: frame, &svg) }

    svg.line(
      """
      <path d="M\(svg.number(frame.left)) \(svg.number(frame.top))V\(svg.number(frame.bottom))\
      H\(svg.number(frame.right))" fill="none" stroke="\(Layout.ink)"/>
      """)
    for (line, entries) in legend.enumerated() {
      draw(entries, y: Layout.legend + Double(line) * Layout.legendHeight, in: frame, &svg)
    }
    svg.text(
      panel.xLabel + unit(frame.xAxis.exponent), x: frame.middle, y: frame.bottom + 37, size: 12, anchor: "middle",
      room: frame.width)
    svg.text(
      panel.yLabel + unit(frame.yAxis.exponent), x: 16, y: (frame.top + frame.bottom) / 2, size: 12, anchor: "middle",
      room: frame.height, upwards: true)
  }

  private func drawTicks(_ frame: Frame, in svg: inout SVGText) {
    let xTicks = frame.xAxis.ticks.map { (frame.x(at: $0.position), $0.label) }
    let yTicks = frame.yAxis.ticks.map { (frame.y(at: $0.position), $0.label) }
    var grid = ""
    var marks = ""
    for (x, _) in xTicks {
      grid += "M\(svg.number(x)) \(svg.number(frame.top))V\(svg.number(frame.bottom))"
      marks += "M\(svg.number(x)) \(svg.number(frame.bottom))v4"
    }
    for (y, _) in yTicks {
      grid += "M\(svg.number(frame.left)) \(svg.number(y))H\(svg.number(frame.right))"
      marks += "M\(svg.number(frame.left)) \(svg.number(y))h-4"
    }
    if !grid.isEmpty {
      svg.line("<path d=\"\(grid)\" fill=\"none\" stroke=\"\(Layout.grid)\"/>")
      svg.line("<path d=\"\(marks)\" fill=\"none\" stroke=\"\(Layout.ink)\"/>")
    }
    for (x, label) in xTicks { svg.text(label, x: x, y: frame.bottom + 17, size: 11, anchor: "middle", room: 60) }
    for (y, label) in yTicks { svg.text(label, x: frame.left - 7, y: y + 4, size: 11, anchor: "end", room: 32) }
  }

  /// Steps with a point at each.
  private func draw(_ series: Series, in frame: Frame, _ svg: inout SVGText) {
    let points = points(series.x, series.y, isHollow: series.isHollow, names: series.names).map { point in
      (x: frame.x(of: point.x), y: frame.y(of: point.y), isHollow: point.isHollow, name: point.name)
    }
    // Several points at one place are one choice: the line goes through their mean.
    var steps: [(x: Double, ys: [Double])] = []
    for (x, y, _, _) in points {
      if steps.last?.x == x { steps[steps.count - 1].ys.append(y) } else { steps.append((x, [y])) }
    }
    guard let first = steps.first else { return }
    let colour = Layout.colour(of: series.style)
    var path = "M\(svg.number(first.x)) \(svg.number(first.ys.mean))"
    for (x, ys) in steps.dropFirst() { path += "H\(svg.number(x))V\(svg.number(ys.mean))" }
    // What the last one has is to be had for any higher cost.
    path += "H\(svg.number(frame.right))"
    svg.line("<path d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.6\"/>")
    svg.line("<g fill=\"\(colour)\" stroke=\"#ffffff\" stroke-width=\"0.8\">")
    for point in points where !point.isHollow { svg.circle(x: point.x, y: point.y, radius: 3.4) }
    svg.line("</g>")
    let hollow = points.filter(\.isHollow)
    // More names would lie on each other.
    for point in points.filter({ $0.name != nil }).prefix(Layout.mostNames) {
      let isLeft = point.x < frame.middle
      svg.text(
        point.name ?? "", x: point.x + (isLeft ? 5 : -5), y: point.y - 6, size: 9, anchor: isLeft ? "start" : "end",
        fill: colour, room: frame.width / 3)
    }
    if !hollow.isEmpty {
      // White, to hide the point behind.
      svg.line("<g fill=\"#ffffff\" stroke=\"\(colour)\" stroke-width=\"1.4\">")
      for point in hollow { svg.circle(x: point.x, y: point.y, radius: 3.1) }
      svg.line("</g>")
    }
  }

  /// The ends of a point's interval within the frame; nil where there is none, or the point hides it.
  private func bar(of point: Point, in frame: Frame, radius: Double) -> (left: Double, right: Double)? {
    guard let interval = point.interval else { return nil }
    // A logarithmic axis has no place for a bound that is not positive.
    func place(_ bound: Double) -> Double {
      let x = frame.x(of: bound)
      return min(max(x.isNaN ? frame.left : x, frame.left), frame.right)
    }
    let (left, right) = (place(interval.lowerBound), place(interval.upperBound))
    let x = frame.x(of: point.x)
    return left < right && (left < x - radius || right > x + radius) ? (left, right) : nil
  }

  /// All bars in one path, which takes a fifth of the bytes of an element for each.
  private func drawBars(of points: [Point], in frame: Frame, radius: Double, _ colour: String, _ svg: inout SVGText) {
    var path = ""
    for point in points {
      guard let bar = bar(of: point, in: frame, radius: radius) else { continue }
      path += "M\(svg.number(bar.left)) \(svg.number(frame.y(of: point.y)))H\(svg.number(bar.right))"
    }
    guard !path.isEmpty else { return }
    svg.line("<path d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-opacity=\"0.5\"/>")
  }

  // MARK: - Legend

  private struct LegendEntry {
    var name: String
    var colour: String
    var hasLine = false
    var hasPoint = true
    var isHollow = false

    /// Of the mark and the name, in user units.
    var length: Double { Double(name.count) * 11 * 0.52 + 38 }
  }

  private func seriesLegend(of panel: Panel) -> [LegendEntry] {
    [LegendEntry(name: "architectures", colour: Layout.background)]
      + panel.series.reversed().map {
        LegendEntry(name: $0.name, colour: Layout.colour(of: $0.style), hasLine: true)
      }
  }

  /// What the looks of points mean, where there are any that need to be told.
  private func marksLegend(of points: [Point], in frame: Frame, radius: Double, _ colour: String) -> [LegendEntry] {
    var entries: [LegendEntry] = []
    if points.contains(where: \.isHollow) {
      entries.append(LegendEntry(name: "hollow: measurement in doubt", colour: colour, isHollow: true))
    }
    if points.contains(where: { bar(of: $0, in: frame, radius: radius) != nil }) {
      entries.append(LegendEntry(name: "95 % interval", colour: colour, hasLine: true, hasPoint: false))
    }
    return entries
  }

  /// One line between caption and points, in the middle.
  private func draw(_ entries: [LegendEntry], y: Double, in frame: Frame, _ svg: inout SVGText) {
    var x = frame.middle - entries.reduce(-14) { $0 + $1.length } / 2
    for entry in entries {
      if entry.hasLine {
        let width = entry.hasPoint ? "1.6" : "1"
        svg.line(
          """
          <path d="M\(svg.number(x)) \(svg.number(y))h18" fill="none" stroke="\(entry.colour)" \
          stroke-width="\(width)"/>
          """)
      }
      if entry.hasPoint {
        let fill = entry.isHollow ? "none\" stroke=\"\(entry.colour)" : entry.colour
        svg.line("<g fill=\"\(fill)\">")
        svg.circle(x: x + 9, y: y, radius: entry.hasLine ? 3.4 : 2.6)
        svg.line("</g>")
      }
      svg.text(entry.name, x: x + 22, y: y + 4, size: 11, anchor: "start", room: frame.width)
      x += entry.length
    }
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
