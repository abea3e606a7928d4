public import Scoring

/// A number that stands for the quality of an architecture.
public enum Predictor: Hashable, Sendable {
  case epads
  case snaswot
  case perturbation
  case naswot
  case parameters
  case multiplyAccumulates
  case reluSites
  case reluUnits
  /// A number that the file of accuracies has of every architecture, by its column.
  case published(String)

  /// The key in rows and reports.
  public var name: String {
    switch self {
    case .epads: "epads"
    case .snaswot: "snaswot"
    case .perturbation: "perturbation"
    case .naswot: "naswot"
    case .parameters: "params"
    case .multiplyAccumulates: "flops"
    case .reluSites: "relu_sites"
    case .reluUnits: "relu_units"
    case .published(let column): "published_\(column)"
    }
  }

  /// The name in a table.
  public var title: String {
    switch self {
    case .epads: "ePADS"
    case .snaswot: "sum of d1"
    case .perturbation: "sum of d2"
    case .naswot: "NASWOT"
    case .parameters: "parameters"
    case .multiplyAccumulates: "FLOPs"
    case .reluSites: "ReLU sites"
    case .reluUnits: "ReLU units"
    case .published(let column): "published \(column)"
    }
  }

  /// The value in a row; nil where the row has none.
  public func value(of row: Row) -> Double? {
    switch self {
    case .epads: row.epads
    case .snaswot: row.snaswot.map(Double.init)
    case .perturbation: row.perturbation.map(Double.init)
    case .naswot: row.naswot
    case .parameters: Double(row.params)
    case .multiplyAccumulates: Double(row.flops)
    case .reluSites: Double(row.reluSites)
    case .reluUnits: Double(row.reluUnits)
    case .published: nil
    }
  }

  public init(_ proxy: Proxy) {
    switch proxy {
    case .epads: self = .epads
    case .naswot: self = .naswot
    }
  }

  /// Those that rows with these proxies have: what the proxies give, then the baselines.
  public static func all(with proxies: Set<Proxy>) -> [Predictor] {
    (proxies.contains(.epads) ? [.epads, .snaswot, .perturbation] : [])
      + (proxies.contains(.naswot) ? [.naswot] : [])
      + [.parameters, .multiplyAccumulates, .reluSites, .reluUnits]
  }
}
