import Figures
import Foundation
import Statistics
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements and texts of an SVG document.
private final class Outline: NSObject, XMLParserDelegate {
  var elements: [String: Int] = [:]
  var texts: [String] = []
  var circles: [[String: String]] = []
  private var text: String?

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements[element, default: 0] += 1
    if element == "circle" { circles.append(attributes) }
    text = element == "text" || element == "title" ? "" : nil
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text? += string }

  func parser(
    _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if let text { texts.append(text) }
    text = nil
  }
}

@Suite struct ScatterPlotTests {
  private func outline(_ plot: ScatterPlot) throws -> Outline {
    let svg = plot.svg()
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    let parser = XMLParser(data: Data(svg.utf8))
    let outline = Outline()
    parser.delegate = outline
    try #require(parser.parse(), "\(String(describing: parser.parserError))")
    return outline
  }

  private func panel(_ x: [Double], _ y: [Double], tau: Estimate? = nil) -> ScatterPlot.Panel {
    ScatterPlot.Panel(title: "Panel", xLabel: "score", yLabel: "accuracy (%)", x: x, y: y, kendallTauB: tau)
  }

  @Test func drawsEveryPointOfEveryPanel() throws {
    let panels = (0..<5).map { number in
      panel(
        randomValues(40 + number, below: 500, name: "plot/x\(number)"),
        randomValues(40 + number, below: 90, name: "plot/y\(number)"))
    }
    let outline = try outline(ScatterPlot(title: "Five panels", panels: panels))
    #expect(outline.elements["circle"] == 40 + 41 + 42 + 43 + 44)
    #expect(outline.elements["g"] == 10)
    #expect(outline.texts.count { $0 == "score" } == 5)
    #expect(outline.texts.count { $0 == "accuracy (%)" } == 5)
    for circle in outline.circles {
      #expect((58...322).contains(try #require(circle["cx"].flatMap(Double.init))))
      #expect((48...248).contains(try #require(circle["cy"].flatMap(Double.init))))
    }
  }

  @Test func captionsCountAndCorrelate() throws {
    let given = Estimate(value: -0.0004, interval: -0.25...0.5)
    let outline = try outline(
      ScatterPlot(
        title: "", panels: [panel([1, 2, 3, 4], [1, 2, 4, 3]), panel([1, 2], [3, 4], tau: given)]))
    #expect(outline.texts.contains("n = 4, Kendall's τ = 0.667"))
    #expect(outline.texts.contains("n = 2, Kendall's τ = 0.000 [−0.250, 0.500]"))
  }

  @Test func ticksAreNiceNumbers() throws {
    let texts = try outline(ScatterPlot(title: "t", panels: [panel([0, 1.5e6], [-10, 10])])).texts
    for label in ["0.0", "0.5", "1.0", "1.5", "score (×10⁶)", "−10", "−5", "0", "5", "10"] {
      #expect(texts.contains(label), "\(label)")
    }
    let small = try outline(ScatterPlot(title: "t", panels: [panel([1e-5, 3e-5], [93.21, 93.24])])).texts
    for label in ["10", "20", "30", "score (×10⁻⁶)", "93.21", "93.22", "93.23", "93.24"] {
      #expect(small.contains(label), "\(label)")
    }
  }

  @Test func textIsEscaped() throws {
    let title = "a < b & \"c\" > 'd' ]]> é τ 🙂"
    #expect(try outline(ScatterPlot(title: title, panels: [])).texts.filter { $0 == title }.count == 2)
    #expect(try outline(ScatterPlot(title: "a\u{1}b\u{FFFE}\n", panels: [])).texts.first == "a\u{FFFD}b\u{FFFD} ")
  }

  @Test func degenerateInputIsDrawn() throws {
    #expect(try outline(ScatterPlot(title: "none", panels: [])).elements["circle"] == nil)
    let empty = try outline(ScatterPlot(title: "empty", panels: [panel([], [])], columns: -3))
    #expect(empty.texts.contains("n = 0, τ undefined"))
    let infinite = try outline(
      ScatterPlot(title: "t", panels: [panel([1, .nan, .infinity, 4, 5], [1, 2, 3, -.infinity])]))
    #expect(infinite.elements["circle"] == 1)
    #expect(infinite.texts.contains("n = 1, τ undefined, 4 missing"))
    for value in [0, -7, Double.leastNonzeroMagnitude, 1e15, -1e308] {
      let equal = try outline(ScatterPlot(title: "t", panels: [panel([value, value], [value, value])]))
      #expect(equal.circles.allSatisfy { $0["cx"] == "190" && $0["cy"] == "148" }, "\(value)")
    }
    let huge = Double.greatestFiniteMagnitude
    #expect(
      try outline(ScatterPlot(title: "t", panels: [panel([-huge, huge, huge], [0, 0, .leastNonzeroMagnitude])])).circles
        .count == 3)
    #expect(try outline(ScatterPlot(title: "t", panels: [panel([huge, huge], [-huge, -huge])])).circles.count == 2)
    #expect(
      try outline(ScatterPlot(title: "t", panels: [panel([1e15, 1e15 + 1], [1, 1 + 1e-15])])).circles.count == 2)
    #expect(
      try outline(ScatterPlot(title: "t", panels: [panel([1, 2], [1, 2], tau: Estimate(value: .nan))])).texts
        .contains("n = 2, τ undefined"))
  }

  // MARK: - Series

  private func front(_ x: [Double], _ y: [Double]) -> ScatterPlot.Series {
    ScatterPlot.Series(name: "front", x: x, y: y, style: .chosen)
  }

  @Test func seriesAreStepsWithALegend() throws {
    var panel = panel([1, 2, 3, 4], [1, 5, 2, 6])
    panel.series = [front([1, 2, 2, 4], [1, 4, 6, 6])]
    panel.caption = "below the title"
    let plot = ScatterPlot(title: "t", panels: [panel], panelWidth: 480, panelHeight: 400)
    let outline = try outline(plot)
    #expect(outline.texts.contains("below the title"))
    #expect(outline.texts.contains("front") && outline.texts.contains("architectures"))
    // Points of both, and one of each in the legend.
    #expect(outline.elements["circle"] == 4 + 4 + 2)
    // The line of two points at one place goes through their mean.
    let heights = plot.svg().matches(of: #/H[\d.]+V([\d.]+)/#).compactMap { Double($0.output.1) }
    let circles = outline.circles.compactMap { $0["cy"].flatMap(Double.init) }
    #expect(heights.count == 2 && circles.count == 10)
    #expect(abs(heights[0] - (circles[5] + circles[6]) / 2) < 0.02)
    for circle in outline.circles { #expect((0...480).contains(try #require(circle["cx"].flatMap(Double.init)))) }
    panel.series = [front([], [])]
    #expect(try self.outline(ScatterPlot(title: "t", panels: [panel])).elements["circle"] == 4 + 2)
  }

  @Test func costsOfMoreThanADecadeAreLogarithmic() throws {
    func labels(_ x: [Double]) throws -> [String] {
      var panel = panel(x, x)
      panel.series = [front(x, x)]
      return try outline(ScatterPlot(title: "t", panels: [panel])).texts
    }
    let decades = try labels([0.3, 1, 40])
    for label in ["0.5", "1", "2", "5", "10", "20"] { #expect(decades.contains(label), "\(label)") }
    #expect(try labels([1, 9]).contains("4"))
    // Powers of ten alone, and not more of them than fit.
    let many = try labels([1e-9, 1e12])
    #expect(many.contains("1") && !many.contains("2"))
    #expect(many.count < 30)
    #expect(try !labels([0, 1, 100]).contains("2"))
    #expect(try labels([.leastNonzeroMagnitude, .greatestFiniteMagnitude]).count < 30)
  }

  // MARK: - Doubt

  @Test(arguments: [false, true]) func pointsInDoubtAreHollow(_ hasSeries: Bool) throws {
    var panel = panel([1, 2, 3, 4, .nan], [1, 5, 2, 6, 1])
    panel.isHollow = [false, true, false, true, true]
    if hasSeries {
      panel.series = [.init(name: "front", x: [1, 4], y: [1, 6], style: .chosen, isHollow: [false, true])]
    }
    let plot = ScatterPlot(title: "t", panels: [panel])
    let outline = try outline(plot)
    #expect(outline.texts.contains("hollow: measurement in doubt"))
    #expect(!outline.texts.contains("95 % interval"))
    // Two points of the panel and one of the legend; the front hides what is behind its own.
    #expect(circles(after: "fill=\"none\"", in: plot) == 2 + 1)
    #expect(circles(after: "fill=\"#ffffff\"", in: plot) == (hasSeries ? 1 : 0))
    #expect(outline.elements["circle"] == 4 + 1 + (hasSeries ? 2 + 2 : 0))
    // Below the legend, which is a line more.
    let heights = outline.circles.dropLast(hasSeries ? 3 : 1).compactMap { $0["cy"].flatMap(Double.init) }
    #expect(heights.allSatisfy { $0 >= (hasSeries ? 84 : 68) })
    panel.isHollow = [false, false]
    panel.series = []
    #expect(
      ScatterPlot(title: "t", panels: [panel]).svg()
        == ScatterPlot(
          title: "t",
          panels: [
            {
              var plain = panel
              plain.isHollow = []
              return plain
            }()
          ]
        ).svg())
  }

  /// How many circles stand in groups with an attribute.
  private func circles(after attribute: String, in plot: ScatterPlot) -> Int {
    plot.svg().components(separatedBy: "<g ").filter { $0.hasPrefix(attribute) }
      .reduce(0) { $0 + ($1.components(separatedBy: "</g>").first ?? "").matches(of: #/<circle/#).count }
  }

  @Test func intervalsAreBars() throws {
    var panel = panel([10, 20, 30, 40, 50, 60], [1, 2, 3, 4, 5, 6])
    // One that is no longer than its point, one without length, one beyond the frame, one that is not known.
    panel.xIntervals = [5...15, 19.99...20.01, 30...30, -1e300...1e300, nil]
    let plot = ScatterPlot(title: "t", panels: [panel])
    let bars = plot.svg().matches(of: #/<path d="((?:M[\d.]+ [\d.]+H[\d.]+)+)" fill="none" stroke="#1f5fa8"/#)
    #expect(bars.count == 1)
    let ends = String(bars.first?.output.1 ?? "").matches(of: #/M([\d.]+) [\d.]+H([\d.]+)/#)
    #expect(ends.count == 2)
    #expect(ends.last?.output.1 == "58" && ends.last?.output.2 == "322")
    #expect(try outline(plot).texts.contains("95 % interval"))
    // A logarithmic axis begins where a bound is not positive.
    panel.x = [0.1, 20, 30, 40, 50, 60]
    panel.xIntervals = [-1...0.2, 0...30]
    panel.series = [front([0.1], [1])]
    let logarithmic = ScatterPlot(title: "t", panels: [panel])
    #expect(try outline(logarithmic).texts.contains("0.5"))
    #expect(logarithmic.svg().matches(of: #/M58 [\d.]+H/#).count >= 2)
  }

  @Test func isCompact() {
    let x = randomValues(1000, below: 1 << 30, name: "compact/x")
    var panel = panel(x, x)
    #expect(ScatterPlot(title: "t", panels: [panel]).svg().utf8.count < 50_000)
    panel.xIntervals = x.map { 0.999 * $0...1.001 * $0 }
    #expect(ScatterPlot(title: "t", panels: [panel]).svg().utf8.count < 51_000)
    panel.xIntervals = x.map { 0.9 * $0...1.1 * $0 }
    #expect(ScatterPlot(title: "t", panels: [panel]).svg().utf8.count < 75_000)
  }
}
