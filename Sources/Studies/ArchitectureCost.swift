public import Latency

/// What an architecture costs to run.
public enum ArchitectureCost: String, CaseIterable, Sendable {
  /// The median time of a run on the wall's clock.
  case latency
  /// The median time of a run on the device's clock.
  case deviceLatency = "device-latency"
  case parameters = "params"
  case multiplyAccumulates = "flops"

  /// The name in a table.
  public var title: String {
    switch self {
    case .latency: "latency"
    case .deviceLatency: "device latency"
    case .parameters: "parameters"
    case .multiplyAccumulates: "FLOPs"
    }
  }

  /// The unit of costs in tables and plots.
  public var unit: String { isLatency ? "ms" : "M" }

  /// How many of what rows have make that unit.
  public var scale: Double { isLatency ? 1 : 1e6 }

  /// Whether it is measured, and stands in rows of latency.
  public var isLatency: Bool { self == .latency || self == .deviceLatency }

  /// The predictor that is the same number; nil where there is none.
  public var predictor: Predictor? {
    switch self {
    case .latency, .deviceLatency: nil
    case .parameters: .parameters
    case .multiplyAccumulates: .multiplyAccumulates
    }
  }

  /// The cost in a row, in milliseconds; nil where the row has none or the cost is no latency.
  public func milliseconds(of row: LatencyRow) -> Double? {
    switch self {
    case .latency: row.latency?.median
    case .deviceLatency: row.deviceMilliseconds
    case .parameters, .multiplyAccumulates: nil
    }
  }
}
