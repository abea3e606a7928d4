public import Latency
public import Scoring

/// A number of an architecture that may stand for its quality or its cost: what rows, tables, plots and options call it, what it
/// takes to have it, and its value.
///
/// The one list of them: to add a number that is computed from what a run counts, give rows the number and add it here.
public struct Metric: Sendable {
  /// Where a value comes from.
  public enum Source: Sendable {
    /// A row of scores, from the forward pass of this proxy.
    case proxy(Proxy, @Sendable (Row) -> Double?)
    /// A row of scores: counts of the network, which every row has.
    case network(@Sendable (Row) -> Double)
    /// A row of latency, in milliseconds.
    case latency(@Sendable (LatencyRow) -> Double?)
    /// This column of a file of accuracies.
    case published(column: String)
  }

  /// The name in rows, reports and options.
  public let key: String
  /// The name in prose and plots.
  public let title: String
  /// The name over a column of a table, with the unit.
  public let heading: String
  /// The unit of values in tables and plots; empty for a number without one.
  public let unit: String
  /// How much of a value as rows have it makes that unit: 1e6 where tables show millions.
  public let scale: Double
  /// Decimals of values in tables; 0 for a whole number.
  public let decimals: Int
  /// Characters of an ordinary value in a table.
  public let width: Int
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

  /// What a row of scores has to measure for it; nil where nothing needs to be.
  public var proxy: Proxy? {
    guard case .proxy(let proxy, _) = source else { return nil }
    return proxy
  }

  /// Whether rows that were scored with these proxies have it.
  public func isMeasured(by proxies: Set<Proxy>) -> Bool {
    switch source {
    case .proxy(let proxy, _): proxies.contains(proxy)
    case .network: true
    case .latency, .published: false
    }
  }

  /// Whether its values stand in rows of latency.
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
  public static func == (one: Metric, other: Metric) -> Bool { one.key == other.key }

  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

// MARK: - The list

extension Metric {
  public static let epads = Metric("epads", "ePADS", decimals: 4, width: 8, .proxy(.epads) { $0.epads })
  public static let snaswot = Metric(
    "snaswot", "sum of d1", heading: "sum d1", decimals: 0, width: 10, .proxy(.epads) { $0.snaswot.map(Double.init) })
  public static let perturbation = Metric(
    "perturbation", "sum of d2", heading: "sum d2", decimals: 0, width: 10,
    .proxy(.epads) { $0.perturbation.map(Double.init) })
  public static let naswot = Metric("naswot", "NASWOT", decimals: 4, width: 9, .proxy(.naswot) { $0.naswot })

  public static let parameters = Metric(
    "params", "parameters", heading: "params M", unit: "M", scale: 1e6, decimals: 4, width: 8,
    .network { Double($0.params) })
  /// FLOPs as the field counts them: multiply-accumulates.
  public static let multiplyAccumulates = Metric(
    "flops", "FLOPs", heading: "FLOPs M", unit: "M", scale: 1e6, decimals: 2, width: 8, .network { Double($0.flops) })
  public static let reluSites = Metric(
    "relu_sites", "ReLU sites", heading: "ReLUs", decimals: 0, width: 5, .network { Double($0.reluSites) })
  public static let reluUnits = Metric(
    "relu_units", "ReLU units", decimals: 0, width: 10, .network { Double($0.reluUnits) })

  /// The median time of a run on the wall's clock.
  public static let latency = Metric(
    "latency", "latency", heading: "latency ms", unit: "ms", decimals: 3, width: 10, .latency { $0.latency?.median })
  /// The median time of a run on the device's own clock.
  public static let deviceLatency = Metric(
    "device-latency", "device latency", heading: "device ms", unit: "ms", decimals: 3, width: 10,
    .latency { $0.deviceMilliseconds })

  /// A number that the file of accuracies has of every architecture, by its column.
  public static func published(_ column: String) -> Metric {
    Metric("published_\(column)", "published \(column)", decimals: 4, width: 10, .published(column: column))
  }

  /// Those that cost a forward pass, the proxies themselves among them.
  public static let scores = [epads, snaswot, perturbation, naswot]
  /// Those that the network alone gives: the baselines that a score has to beat.
  public static let baselines = [parameters, multiplyAccumulates, reluSites, reluUnits]
  /// Those that rows of scores have.
  public static let all = scores + baselines
  /// What an architecture costs to run.
  public static let costs = [latency, deviceLatency, parameters, multiplyAccumulates]

  /// Those of rows that were scored with these proxies, the baselines last.
  public static func measured(by proxies: Set<Proxy>) -> [Metric] {
    scores.filter { $0.isMeasured(by: proxies) } + baselines
  }

  /// The proxy itself as a number: the one that bears its name.
  public static func of(_ proxy: Proxy) -> Metric {
    switch proxy {
    case .epads: epads
    case .naswot: naswot
    }
  }
}
