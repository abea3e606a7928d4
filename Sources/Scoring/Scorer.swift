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
  public enum Status: String, Sendable, Codable {
    case ok
    case failed
  }

  public var status: Status
  /// Why a proxy that was asked for is missing.
  public var error: String?
  public var epads: Double?
  /// The sum of d1 over all ReLU sites.
  public var snaswot: Int?
  /// The sum of d2 over all ReLU sites.
  public var perturbation: Int?
  public var naswot: Double?
  public var rectifierSites: Int
  public var rectifierUnits: Int
  public var parameters: Int
  public var multiplyAccumulates: Int
  public var layers: [SiteCounts]
  public var milliseconds: Milliseconds

  /// Wall-clock time.
  public struct Milliseconds: Sendable, Codable, Hashable {
    /// Lowering, and the images where this is the first network of a seed.
    public var prepare: Double
    /// On the backend.
    public var forward: Double
    public var total: Double
  }
}

/// Scores networks on one backend with one set of images.
public final class Scorer: Sendable {
  public let backend: any Backend
  public let images: Images
  public let sigma: Double
  public let proxies: Set<Proxy>
  private let clean: ImageBatch
  /// Batches of clean and perturbed images by seed.
  private let perturbed = Mutex<[UInt64: ImageBatch]>([:])

  public init(backend: any Backend, images: Images, sigma: Double, proxies: Set<Proxy>) {
    self.backend = backend
    self.images = images
    self.sigma = sigma
    self.proxies = proxies
    clean = images.batch()
  }

  /// An upper bound of the bytes that scoring a network takes.
  public func memoryBound(of network: Network) throws(PlanError) -> Int {
    var bound = 0
    for measurement in measurements {
      bound = max(bound, backend.memoryBound(of: try plan(network, measurement, seed: 0)))
    }
    return bound + 3 * clean.values.count * MemoryLayout<Float>.stride
  }

  /// Scores one network.
  ///
  /// A proxy that the network cannot have, or a backend that fails, makes a failed score with the reason.
  public func score(_ network: Network, seed: UInt64) -> Score {
    let start = ContinuousClock.now
    var forward = Duration.zero
    var score = Score(
      status: .ok, rectifierSites: network.rectifiers.count, rectifierUnits: network.rectifierUnits,
      parameters: network.parameterCount, multiplyAccumulates: network.multiplyAccumulates, layers: [],
      milliseconds: Score.Milliseconds(prepare: 0, forward: 0, total: 0))
    for measurement in measurements {
      do {
        let plan = try plan(network, measurement, seed: seed)
        let images = try batch(measurement, seed: seed)
        let began = ContinuousClock.now
        let result = Result { () throws(BackendError) in try backend.run(plan, images: images) }
        forward += ContinuousClock.now - began
        switch measurement {
        case .distances: try score.take(distances: result.get().sites)
        case .agreement:
          guard network.rectifiers.count > 0 else { throw ScoreError.noRectifiers }
          score.naswot = try Scoring.naswot(agreement: result.get().agreement, batch: plan.batch)
        }
      } catch {
        score.status = .failed
        // The first reason is the cause of the others where there is one.
        score.error = score.error ?? "\(error)"
      }
    }
    let total = ContinuousClock.now - start
    score.milliseconds = Score.Milliseconds(
      prepare: (total - forward).milliseconds, forward: forward.milliseconds, total: total.milliseconds)
    return score
  }

  private var measurements: [Measurement] {
    (proxies.contains(.epads) ? [.distances] : []) + (proxies.contains(.naswot) ? [.agreement] : [])
  }

  private func plan(_ network: Network, _ measurement: Measurement, seed: UInt64) throws(PlanError) -> Plan {
    try Plan(network, measurement: measurement, batch: clean.count, seed: seed)
  }

  private func batch(_ measurement: Measurement, seed: UInt64) throws -> ImageBatch {
    guard measurement == .distances else { return clean }
    if let batch = perturbed.withLock({ $0[seed] }) { return batch }
    let batch = try images.perturbedBatch(sigma: sigma, seed: seed)
    perturbed.withLock { $0[seed] = batch }
    return batch
  }
}

extension Score {
  fileprivate mutating func take(distances sites: [SiteCounts]) throws {
    layers = sites
    snaswot = sites.reduce(0) { $0 + $1.d1 }
    perturbation = sites.reduce(0) { $0 + $1.d2 }
    epads = try Scoring.epads(sites)
  }
}

extension Duration {
  /// This duration in milliseconds, to the microsecond.
  public var milliseconds: Double {
    let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    return Double(microseconds) / 1000
  }
}
