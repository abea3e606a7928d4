public import Latency
public import Scoring

/// A number of an architecture that may stand for its quality or its cost: what rows, tables and options call it, how
/// it is measured, and its value.
///
/// `Metric.all` and `Metric.costs` are the only lists of them. To add a number that is computed from what a run counts,
/// give `Row` the number and add a metric to one of the lists; CONTRIBUTING.md says which files that takes.
public struct Metric: Sendable {
  /// Where the value of a metric comes from.
  public enum Source: Sendable {
    /// The forward pass of this proxy; the value stands in a row of scores that was measured with it.
    case proxy(Proxy, @Sendable (Row) -> Double?)
    /// The network alone; the value stands in every row of scores that has a network.
    case network(@Sendable (Row) -> Double?)
    /// A measurement of latency, in milliseconds; the value stands in a row of latency.
    case latency(@Sendable (LatencyRow) -> Double?)
    /// A column of a file of accuracies.
    case published(column: String)
  }

  /// The name in rows, reports and options.
  public let key: String
  /// The name in prose and plots.
  public let title: String
  /// The name over a column of a table, with the unit where there is one.
  public let heading: String
  /// The unit of values in tables and plots; empty for a number without one.
  public let unit: String
  /// The value of a row is divided by this to have that unit: 1e6 where tables show millions.
  public let scale: Double
  /// Decimals of values in tables; 0 for a whole number.
  public let decimals: Int
  /// The width of a table's column in characters, enough for an ordinary value.
  public let width: Int
  /// Where the value comes from.
  public let source: Source

  private init(
    _ key: String, _ title: String, heading: String? = nil, unit: String = "", scale: Double = 1, decimals: Int,
    width: Int, _ source: Source
  ) {
    self.key = key
    self.title = title
    self.heading = heading ?? title
    self.unit = unit
    self.scale = scale
    self.decimals = decimals
    self.width = width
    self.source = source
  }

  /// The proxy whose forward pass gives the value; nil where no forward pass is needed.
  public var proxy: Proxy? {
    guard case .proxy(let proxy, _) = source else { return nil }
    return proxy
  }

  /// Whether rows that were scored with these proxies have the value.
  public func isMeasured(by proxies: Set<Proxy>) -> Bool {
    switch source {
    case .proxy(let proxy, _): proxies.contains(proxy)
    case .network: true
    case .latency, .published: false
    }
  }

  /// Whether the value stands in rows of latency.
  public var isLatency: Bool {
    guard case .latency = source else { return false }
    return true
  }

  /// The value in a row of scores; nil where the row has none.
  public func value(of row: Row) -> Double? {
    switch source {
    case .proxy(_, let value): value(row)
    case .network(let value): value(row)
    case .latency, .published: nil
    }
  }

  /// The value in a row of latency, in milliseconds; nil where the row has none.
  public func value(of row: LatencyRow) -> Double? {
    switch source {
    case .latency(let value): value(row)
    case .proxy, .network, .published: nil
    }
  }
}

extension Metric: Hashable {
  /// Metrics are equal where their keys are.
  public static func == (one: Metric, other: Metric) -> Bool { one.key == other.key }

  /// Feeds the key, which alone makes metrics differ, to the hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

// MARK: - The list

extension Metric {
  /// The efficient perturbation-aware distinguishing score: the logarithm of the sum over ReLU sites of d1 times d2.
  public static let epads = Metric("epads", "ePADS", decimals: 4, width: 8, .proxy(.epads) { $0.epads })
  /// The sum of d1 over ReLU sites: how far the codes of different images are apart.
  public static let snaswot = Metric(
    "snaswot", "sum of d1", heading: "sum d1", decimals: 0, width: 10, .proxy(.epads) { $0.snaswot.map(Double.init) })
  /// The sum of d2 over ReLU sites: how far the codes of images and of their noisy copies are apart.
  public static let perturbation = Metric(
    "perturbation", "sum of d2", heading: "sum d2", decimals: 0, width: 10,
    .proxy(.epads) { $0.perturbation.map(Double.init) })
  /// The log determinant of the kernel of Hamming distances (Mellor et al., ICML 2021).
  public static let naswot = Metric("naswot", "NASWOT", decimals: 4, width: 9, .proxy(.naswot) { $0.naswot })

  /// The number of trainable parameters.
  public static let parameters = Metric(
    "params", "parameters", heading: "params M", unit: "M", scale: 1e6, decimals: 4, width: 8,
    .network { $0.params.map(Double.init) })
  /// Multiply-accumulates of convolutions and linear layers. Rows and tables call them FLOPs, as the field does.
  public static let multiplyAccumulates = Metric(
    "flops", "FLOPs", heading: "FLOPs M", unit: "M", scale: 1e6, decimals: 2, width: 8,
    .network { $0.flops.map(Double.init) })
  /// The number of ReLUs that are carried out in a forward pass.
  public static let reluSites = Metric(
    "relu_sites", "ReLU sites", heading: "ReLUs", decimals: 0, width: 5, .network { $0.reluSites.map(Double.init) })
  /// The number of values of an image that pass a ReLU: the bits of its codes at all sites.
  public static let reluUnits = Metric(
    "relu_units", "ReLU units", decimals: 0, width: 10, .network { $0.reluUnits.map(Double.init) })

  /// The median wall-clock time of a run.
  public static let latency = Metric(
    "latency", "latency", heading: "latency ms", unit: "ms", decimals: 3, width: 10, .latency { $0.latency?.median })
  /// The median time of a run by the device's own clock.
  public static let deviceLatency = Metric(
    "device-latency", "device latency", heading: "device ms", unit: "ms", decimals: 3, width: 10,
    .latency { $0.deviceMilliseconds })

  /// A number that a file of accuracies gives for every architecture, in this column.
  public static func published(_ column: String) -> Metric {
    Metric("published_\(column)", "published \(column)", decimals: 4, width: 10, .published(column: column))
  }

  /// The metrics that need a forward pass: the proxies themselves and the sums that they are made of.
  public static let scores = [epads, snaswot, perturbation, naswot]
  /// The metrics that the network alone gives: a score has to beat these baselines.
  public static let baselines = [parameters, multiplyAccumulates, reluSites, reluUnits]
  /// The metrics that rows of scores have.
  public static let all = scores + baselines
  /// The metrics that say what an architecture costs to run.
  public static let costs = [latency, deviceLatency, parameters, multiplyAccumulates]

  /// The metrics that rows have which were scored with these proxies, the baselines last.
  public static func measured(by proxies: Set<Proxy>) -> [Metric] {
    scores.filter { $0.isMeasured(by: proxies) } + baselines
  }

  /// The metric that has the proxy's name.
  public static func of(_ proxy: Proxy) -> Metric {
    switch proxy {
    case .epads: epads
    case .naswot: naswot
    }
  }
}
