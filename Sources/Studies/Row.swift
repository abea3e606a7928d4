import Compute
public import Files
public import Scoring
public import SearchSpaces

/// One architecture with one seed, as it is written to a file: one line of JSON.
public struct Row: Codable, Sendable {
  public var arch: String
  public var index: Int?
  public var space: String
  /// What else than `arch` the network depends on, such as `width 16, depth 8`; nil where there is nothing.
  public var macro: String?
  public var dataset: String
  /// Where the images come from, and the FNV-1a 64 of their bytes.
  public var images: String
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

/// What all rows of a run have in common.
public struct RunConfiguration: Sendable {
  public var space: String
  /// See `Row.macro`.
  public var macro: String?
  public var dataSet: DataSet
  /// See `Row.images`.
  public var images: String
  public var batch: Int
  public var sigma: Double
  public var proxies: Set<Proxy>

  public init(space: any SearchSpace, images: Images, sigma: Double, proxies: Set<Proxy>) {
    self.space = space.name
    self.macro = space.macro
    self.dataSet = images.dataSet
    self.images = "\(images.source) \(images.digest)"
    self.batch = images.count
    self.sigma = sigma
    self.proxies = proxies
  }

  /// Why a row belongs to another run; nil where it belongs to this one.
  public func mismatch(_ row: Row) -> String? {
    differs("the space", row.space, space)
      ?? differs("the network around the cells", row.macro ?? "fixed", macro ?? "fixed")
      ?? differs("the data set", row.dataset, dataSet.rawValue)
      ?? differs("the batch", row.batch, batch) ?? differs("sigma", row.sigma, sigma)
      // The digest counts, not the name: a file may be called by another path.
      ?? (row.images.suffix(16) == images.suffix(16) ? nil : differs("the image set", row.images, images))
      ?? differs("the numerics version", row.numerics, numericsVersion)
  }

  /// Whether a row has everything that this run would compute.
  public func covers(_ row: Row) -> Bool {
    // A failed row says why; the same inputs would fail again.
    row.status == .failed
      || (!proxies.contains(.epads) || row.epads != nil) && (!proxies.contains(.naswot) || row.naswot != nil)
  }
}

extension Row {
  init(
    _ score: Score, of architecture: Architecture, seed: UInt64, configuration: RunConfiguration, device: String,
    backend: String, layers: Bool
  ) {
    self.init(
      arch: architecture.text, index: architecture.index, space: configuration.space,
      macro: configuration.macro, dataset: configuration.dataSet.rawValue, images: configuration.images,
      batch: configuration.batch,
      sigma: configuration.sigma, seed: seed, status: score.status, error: score.error, epads: score.epads,
      snaswot: score.snaswot, perturbation: score.perturbation, naswot: score.naswot,
      reluSites: score.reluSites, reluUnits: score.reluUnits, params: score.parameters,
      flops: score.multiplyAccumulates, ms: score.milliseconds, backend: backend, device: device,
      numerics: numericsVersion, version: programVersion,
      layers: layers ? score.layers.map { Layer(name: $0.name, units: $0.units, d1: $0.d1, d2: $0.d2) } : nil)
  }
}

extension Row: StoredRow {
  public static var contents: String { "scores" }
}
