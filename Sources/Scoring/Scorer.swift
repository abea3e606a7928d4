public import Compute
public import NetworkGraph
import Synchronization

/// A proxy that costs a forward pass.
public enum Proxy: String, CaseIterable, Hashable, Sendable {
  case epads
  case naswot
}

/// What one network got.
public struct Score: Sendable {
  /// Whether every proxy that was asked for has a value.
  public enum Status: String, Sendable, Codable {
    case ok
    case failed
  }

  public var status: Status
  /// Why a proxy that was asked for is missing.
  public var error: String?
  /// The backend's error where not the network is to blame but the device or its memory: another try may succeed.
  public var backendError: BackendError?
  /// What ran it.
  public var device: Device
  /// The logarithm of the sum over sites of d1 times d2; nil where it was not asked for or there is none.
  public var epads: Double?
  /// The sum of d1 over all ReLU sites.
  public var snaswot: Int?
  /// The sum of d2 over all ReLU sites.
  public var perturbation: Int?
  /// The logarithm of the determinant of the kernel of agreements; nil where it was not asked for or there is none.
  public var naswot: Double?
  public var reluSites: Int
  /// Units of all ReLU sites together, for one image.
  public var reluUnits: Int
  /// Trainable parameters.
  public var parameters: Int
  /// Of convolutions and linear layers, for one image.
  public var multiplyAccumulates: Int
  /// The counts of every ReLU site in execution order; empty without ePADS.
  public var layers: [SiteCounts]
  public var milliseconds: Milliseconds

  /// Wall-clock time.
  public struct Milliseconds: Sendable, Codable, Hashable {
    /// Lowering; the images where this is the first network of a seed; kernels where it is the first to need them.
    public var prepare: Double
    /// On the backend, which may run other networks at the same time.
    public var forward: Double
    public var total: Double

    public init(prepare: Double, forward: Double, total: Double) {
      (self.prepare, self.forward, self.total) = (prepare, forward, total)
    }
  }
}

/// Scores networks on one backend with one set of images.
public final class Scorer: Sendable {
  public let backend: any Backend
  public let images: Images
  /// The standard deviation of the noise, in units of the normalised images.
  public let sigma: Double
  /// What is computed of every network.
  public let proxies: Set<Proxy>
  private let sized: SizedImages
  private let perturbed = Mutex(PerturbedBatches())

  /// Normalises the images, which takes a float a channel and pixel.
  public init(backend: any Backend, images: Images, sigma: Double, proxies: Set<Proxy>) {
    self.backend = backend
    self.images = images
    self.sigma = sigma
    self.proxies = proxies
    sized = SizedImages(images)
  }

  /// An upper bound of the bytes that scoring a network takes, known before there are images: those of the backend, and
  /// what a scorer holds.
  ///
  /// - Parameters:
  ///   - network: the network to score.
  ///   - backend: what it would run on.
  ///   - batch: the number of images, before their noisy copies are added.
  ///   - proxies: what would be computed.
  ///   - seeds: how many seeds the scorer will be asked for.
  public static func memoryBound(
    of network: Network, on backend: any Backend, batch: Int, proxies: Set<Proxy>, seeds: Int = 1
  ) throws(PlanError) -> Int {
    var bound = 0
    for measurement in measurements(of: proxies) {
      let plan = try Plan(network, measurement: measurement, batch: batch, seed: 0)
      // The kernel in double precision, beside the integers of the backend.
      let kernel = measurement == .agreement ? batch * batch * MemoryLayout<Double>.stride : 0
      bound = max(bound, backend.memoryBound(of: plan) + backend.concurrentRuns * kernel)
    }
    let values = batch * network.inputShape.count
    let clean = cleanBytes(values: values)
    guard proxies.contains(.epads) else { return bound + clean }
    let perturbed = 2 * values * MemoryLayout<Float>.stride
    // A batch in the making: the images once more, and their noise in double precision.
    let making = perturbed + values * (MemoryLayout<Float>.stride + MemoryLayout<Double>.stride)
    // Networks in flight hold on to theirs when another takes its place.
    let batches = min(seeds, PerturbedBatches.count(seeds: seeds, bytes: perturbed) + backend.concurrentRuns - 1)
    return bound + clean + batches * perturbed + making
  }

  /// An upper bound of the bytes that a scorer's images take, normalised ones included, known before there are any.
  public static func memoryBound(ofImages count: Int, dataSet: DataSet) -> Int {
    max(
      Images.memoryBound(ofMaking: count, dataSet: dataSet), cleanBytes(values: count * dataSet.shape.count))
  }

  /// The images as bytes and normalised.
  private static func cleanBytes(values: Int) -> Int {
    values * (MemoryLayout<UInt8>.stride + MemoryLayout<Float>.stride)
  }

  /// An upper bound of the bytes that scoring a network with so many seeds takes.
  public func memoryBound(of network: Network, seeds: Int = 1) throws(PlanError) -> Int {
    try Self.memoryBound(of: network, on: backend, batch: images.count, proxies: proxies, seeds: seeds)
  }

  /// Scores one network.
  ///
  /// A proxy that the network cannot have, or a backend that fails, makes a failed score with the reason.
  public func score(_ network: Network, seed: UInt64) -> Score {
    let start = ContinuousClock.now
    var forward = Duration.zero
    var score = Score(
      status: .ok, device: backend.device, reluSites: network.sites.count,
      reluUnits: network.siteUnits,
      parameters: network.parameterCount, multiplyAccumulates: network.multiplyAccumulates, layers: [],
      milliseconds: Score.Milliseconds(prepare: 0, forward: 0, total: 0))
    for measurement in Self.measurements(of: proxies) {
      do {
        let plan = try plan(network, measurement, seed: seed)
        let images = try batch(measurement, seed: seed, network.inputShape)
        try backend.prepare(plan)
        let began = ContinuousClock.now
        let result = Result { () throws(BackendError) in try backend.run(plan, images: images) }
        forward += ContinuousClock.now - began
        let ran = try result.get()
        score.device = ran.device
        switch measurement {
        case .distances: try score.take(distances: ran.counts.sites, network.rule)
        case .agreement:
          guard network.sites.count > 0 else { throw ScoreError.noReLU(network.rule) }
          score.naswot = try Scoring.naswot(agreement: ran.counts.agreement, batch: plan.batch)
        case .logits: break
        }
      } catch {
        score.status = .failed
        // The first reason is the cause of the others where there is one.
        score.error = score.error ?? "\(error)"
        if let error = error as? BackendError, error.code.isOfDevice { score.backendError = error }
      }
    }
    let total = ContinuousClock.now - start
    score.milliseconds = Score.Milliseconds(
      prepare: (total - forward).milliseconds, forward: forward.milliseconds, total: total.milliseconds)
    return score
  }

  private static func measurements(of proxies: Set<Proxy>) -> [Measurement] {
    (proxies.contains(.epads) ? [.distances] : []) + (proxies.contains(.naswot) ? [.agreement] : [])
  }

  private func plan(_ network: Network, _ measurement: Measurement, seed: UInt64) throws(PlanError) -> Plan {
    try Plan(network, measurement: measurement, batch: images.count, seed: seed)
  }

  private func batch(_ measurement: Measurement, seed: UInt64, _ shape: TensorShape) throws -> ImageBatch {
    try images.check(for: shape)
    guard measurement == .distances else { return try sized.batch(shape) }
    // Made once, however many networks wait for it: a backend tells a batch that it holds by its identity.
    let key = PerturbedBatches.Key(seed: seed, shape: shape)
    return try perturbed.withLock { perturbed in
      if let batch = perturbed[key] { return batch }
      let batch = try sized.images(shape).perturbedBatch(sigma: sigma, seed: seed, shape)
      perturbed.insert(batch, key)
      return batch
    }
  }
}

/// Images at the sizes that networks take: the size that was wanted last is kept.
private final class SizedImages: Sendable {
  private let original: Images
  private let last = Mutex<(images: Images, batch: ImageBatch)?>(nil)

  init(_ images: Images) { original = images }

  /// Those of a file as they are; the built-in ones made at the size.
  func images(_ shape: TensorShape) throws(ImageError) -> Images {
    guard original.isBuiltIn, shape != original.shape else { return original }
    return try Images.deadLeaves(original.dataSet, count: original.count, shape)
  }

  /// Normalised.
  func batch(_ shape: TensorShape) throws(ImageError) -> ImageBatch {
    try last.withLock { last throws(ImageError) in
      if let last, last.batch.shape == shape { return last.batch }
      let images = try images(shape)
      let batch = images.batch(shape)
      last = (images, batch)
      return batch
    }
  }
}

/// Batches of clean and perturbed images by seed and size: as many as a limit allows, and the latest one.
///
/// Those kept are never given up for others: seeds come round in turn, so the one that was used longest ago is the next
/// to be wanted.
private struct PerturbedBatches {
  private static let maximumBytes = 64 << 20

  struct Key: Hashable {
    var seed: UInt64
    var shape: TensorShape
  }

  private var kept: [Key: ImageBatch] = [:]
  private var latest: (key: Key, batch: ImageBatch)?

  /// How many batches of so many bytes are held for this number of seeds.
  static func count(seeds: Int, bytes: Int) -> Int { min(seeds, maximumBytes / max(1, bytes) + 1) }

  subscript(key: Key) -> ImageBatch? { kept[key] ?? (latest?.key == key ? latest?.batch : nil) }

  mutating func insert(_ batch: ImageBatch, _ key: Key) {
    // A list goes from one size to the next: batches of another one are not wanted again soon.
    if let other = kept.keys.first, other.shape != key.shape { kept = [:] }
    let bytes = batch.values.count * MemoryLayout<Float>.stride
    if (kept.count + 1) * bytes <= Self.maximumBytes {
      kept[key] = batch
    } else {
      latest = (key, batch)
    }
  }
}

extension Score {
  fileprivate mutating func take(distances sites: [SiteCounts], _ rule: SiteRule) throws {
    layers = sites
    snaswot = sites.reduce(0) { $0 + $1.d1 }
    perturbation = sites.reduce(0) { $0 + $1.d2 }
    epads = try Scoring.epads(sites, rule: rule)
  }
}

extension Duration {
  /// This duration in milliseconds, to the microsecond.
  public var milliseconds: Double {
    let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    return Double(microseconds) / 1000
  }
}
