import Compute
public import Files
public import Scoring
import SearchSpaces

/// One architecture with one seed, as it is written to a file: one line of JSON.
public struct Row: Codable, Sendable {
  public var arch: String
  public var index: Int?
  public var space: String
  /// What else than `arch` the network depends on, such as `width 16, depth 8`; nil where there is nothing.
  public var macro: String?
  public var dataset: String
  public var images: ImageOrigin
  public var batch: Int
  public var sigma: Double
  public var seed: UInt64
  public var status: Score.Status
  public var error: String?
  public var epads: Double?
  /// The sum of d1.
  public var snaswot: Int?
  /// The sum of d2.
  public var perturbation: Int?
  public var naswot: Double?
  public var reluSites: Int
  public var reluUnits: Int
  public var params: Int
  /// Multiply-accumulates of convolutions and linear layers.
  public var flops: Int
  public var ms: Score.Milliseconds
  public var backend: String
  public var device: String
  public var numerics: Int
  public var version: String
  public var layers: [Layer]?

  /// One ReLU site.
  public struct Layer: Codable, Sendable, Hashable {
    public var name: String
    public var units: Int
    public var d1: Int
    public var d2: Int
  }

  enum CodingKeys: String, CodingKey {
    case arch, index, space, macro, dataset, images, batch, sigma, seed, status, error, epads, snaswot, perturbation,
      naswot
    case reluSites = "relu_sites"
    case reluUnits = "relu_units"
    case params, flops, ms, backend, device, numerics, version, layers
  }
}

extension Row {
  init(_ score: Score, of architecture: Architecture, seed: UInt64, settings: RunSettings, layers: Bool) {
    self.init(
      arch: architecture.text, index: architecture.index, space: settings.space, macro: settings.macro,
      dataset: settings.dataSet, images: settings.images, batch: settings.batch, sigma: settings.sigma, seed: seed,
      status: score.status, error: score.error, epads: score.epads, snaswot: score.snaswot,
      perturbation: score.perturbation, naswot: score.naswot, reluSites: score.reluSites, reluUnits: score.reluUnits,
      params: score.parameters, flops: score.multiplyAccumulates, ms: score.milliseconds,
      backend: score.device.backend, device: score.device.name, numerics: settings.numerics, version: programVersion,
      layers: layers ? score.layers.map { Layer(name: $0.name, units: $0.units, d1: $0.d1, d2: $0.d2) } : nil)
  }

  /// Whether it has everything that scoring with these proxies would compute.
  public func covers(_ proxies: Set<Proxy>) -> Bool {
    // A failed row says why; the same inputs would fail again.
    status == .failed || proxies.allSatisfy { Metric.of($0).value(of: self) != nil }
  }
}

extension Row: StoredRow {
  public static var contents: String { "scores" }
}
