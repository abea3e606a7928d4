public import Statistics

extension ScatterPlot {
  /// One pair of axes.
  public struct Panel: Hashable, Sendable {
    public var title: String
    public var xLabel: String
    public var yLabel: String
    /// The scores, or what else the figure is against, one a point.
    public var x: [Double]
    /// The accuracies, or what else is shown, one a point.
    public var y: [Double]
    /// Kendall's tau-b with its interval, where it is known; otherwise it is computed from the points.
    public var kendallTauB: Estimate?
    /// Lines before the points, the last in front, with a legend; where there are any, x is a cost: its axis is
    /// logarithmic where it spans more than a decade.
    public var series: [Series]
    /// What stands below the title in place of tau-b.
    public var caption: String?
    /// The 95 % confidence interval of each x, drawn as a bar; nil where it is not known, and none where none is.
    public var xIntervals: [ClosedRange<Double>?]
    /// Whether the measurement of each point is in doubt, which a hollow point shows; empty where none is.
    public var isHollow: [Bool]
    /// What each point is called, which a viewer shows for it; nil where it has no name, and none where none has.
    public var names: [String?]

    public init(
      title: String, xLabel: String, yLabel: String, x: [Double], y: [Double], kendallTauB: Estimate? = nil,
      series: [Series] = [], caption: String? = nil, xIntervals: [ClosedRange<Double>?] = [], isHollow: [Bool] = [],
      names: [String?] = []
    ) {
      self.title = title
      self.xLabel = xLabel
      self.yLabel = yLabel
      self.x = x
      self.y = y
      self.kendallTauB = kendallTauB
      self.series = series
      self.caption = caption
      self.xIntervals = xIntervals
      self.isHollow = isHollow
      self.names = names
    }
  }

  /// Some of a panel's points, joined by steps: at a cost stands what the last point that costs no more has.
  public struct Series: Hashable, Sendable {
    /// What the points are to the figure, which decides their colour.
    public enum Style: Hashable, Sendable {
      /// What the figure is about.
      case chosen
      /// What that is held against.
      case reference
    }

    /// What the legend calls the points.
    public var name: String
    /// In ascending order.
    public var x: [Double]
    /// One for each of `x`.
    public var y: [Double]
    public var style: Style
    /// As that of a panel.
    public var isHollow: [Bool]
    /// What stands beside the points; nil for nothing, and none where none has a name.
    public var names: [String?]

    public init(
      name: String, x: [Double], y: [Double], style: Style, isHollow: [Bool] = [], names: [String?] = []
    ) {
      self.name = name
      self.x = x
      self.y = y
      self.style = style
      self.isHollow = isHollow
      self.names = names
    }
  }
}
