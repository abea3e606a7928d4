public import Compute
public import Files
import Foundation
public import NetworkGraph
public import Scoring
public import SearchSpaces

/// Measures how long architectures take, in rounds: every round runs each architecture for a moment, so that what changes on
/// the machine meanwhile hits all alike.
public final class LatencyStudy {
  public struct Settings: Sendable {
    public var dataSet: DataSet
    /// The shape of an image.
    public var input: TensorShape
    /// Images of a run.
    public var batch: Int
    /// Half the width of the median's confidence interval that is narrow enough, as a share of the median.
    public var precision: Double
    /// Seconds of timed runs after which an architecture is given up to be more precise.
    public var seconds: Double
    /// Whether rows list the steps of the inference.
    public var layers: Bool

    public init(
      dataSet: DataSet, input: TensorShape? = nil, batch: Int = 1, precision: Double = 0.02, seconds: Double = 1,
      layers: Bool = false
    ) {
      self.dataSet = dataSet
      self.input = input ?? dataSet.shape
      self.batch = batch
      self.precision = precision
      self.seconds = seconds
      self.layers = layers
    }
  }

  public let space: any SearchSpace
  public let backend: any Backend
  public let settings: Settings
  /// What to take for the machine's load after a round, in a test; nil for what it is.
  package var loadOfRound: (() -> MachineLoad)?
  /// Multiply-accumulates a second that the device reaches at best.
  public let peak: Double

  /// Rounds before an architecture may end: an interval of fewer medians says little.
  package static let fewestRounds = 4
  /// Rounds that the time for an architecture is shared out to.
  private static let mostRounds = 20
  private static let fewestRuns = 3
  /// Inferences that are kept from round to round take no more bytes than this, beside the one at hand.
  public static let keptBytes = 256 << 20

  /// Measures the device's peak.
  public init(space: any SearchSpace, backend: any Backend, settings: Settings) throws(BackendError) {
    self.space = space
    self.backend = backend
    self.settings = settings
    peak = try backend.peakMultiplyAccumulates()
  }

  /// An upper bound of the bytes that measuring an architecture takes, beside those that are kept meanwhile (`keptBytes`).
  public static func memoryBound(
    of architecture: ParsedArchitecture, in space: any SearchSpace, on backend: any Backend, settings: Settings
  ) throws -> Int {
    let network = try space.network(of: architecture, input: settings.input, classes: settings.dataSet.classes)
    let plan = try Plan(network, measurement: .logits, batch: settings.batch, seed: 1)
    let images = settings.batch * settings.input.count * MemoryLayout<Float>.stride
    return backend.memoryBound(of: plan) + images
  }

  /// The architectures that rows lack, in order; one that failed is lacking.
  ///
  /// - Throws: where a row is of another network, batch or device.
  public func missing(
    _ architectures: [ParsedArchitecture], in rows: [LatencyRow]
  ) throws(FileError) -> [ParsedArchitecture] {
    for row in rows {
      if let difference = difference(of: row) { throw .ofAnotherRun(difference) }
    }
    let done = Set(rows.filter { $0.status == .ok }.map { Architecture(text: $0.arch, index: $0.index) })
    return architectures.filter { !done.contains($0.key) }
  }

  /// The first setting in which a row is not what this study would measure; nil where there is none.
  private func difference(of row: LatencyRow) -> SettingDifference? {
    let device = backend.device
    return SettingDifference("the space", row.space, space.name)
      ?? SettingDifference("the macro architecture", row.macro ?? "fixed", space.macro ?? "fixed")
      ?? SettingDifference("the data set", row.dataset, settings.dataSet.rawValue)
      ?? SettingDifference("an image", row.input, settings.input.description)
      ?? SettingDifference("the batch", row.batch, settings.batch)
      ?? SettingDifference("the device", "\(row.backend) \(row.device)", "\(device.backend) \(device.name)")
      ?? SettingDifference("the number of threads", row.threads ?? 0, device.threads ?? 0)
  }

  /// Measures architectures against each other.
  ///
  /// - Parameters:
  ///   - isStopRequested: asked before every architecture of a round; those that have been measured in two rounds then have a
  ///     row all the same.
  ///   - progress: told how much of the work is done, from 0 to 1.
  /// - Returns: a row an architecture, in order, but for those that a stop has kept from being measured.
  public func measure(
    _ architectures: [ParsedArchitecture], isStopRequested: () -> Bool = { false },
    progress: (Double) -> Void = { _ in }
  ) throws(ArchitectureError) -> [LatencyRow] {
    var candidates: [LatencyCandidate] = []
    for architecture in architectures {
      let network = try space.network(of: architecture, input: settings.input, classes: settings.dataSet.classes)
      candidates.append(LatencyCandidate(architecture.key, network))
    }
    let shape = settings.input
    let images = BackendBenchmark.images(shape: shape, count: settings.batch)
    let threads = backend.device.threads ?? 1
    var watch = MachineWatch()
    // Of threads, in any round.
    var nearest: Double?
    var kept = KeptInferences(limit: Self.keptBytes)
    var round = 0
    rounds: while candidates.contains(where: \.isOpen) {
      let open = candidates.indices.filter { candidates[$0].isOpen }
      // There and back again, so that a steady drift cancels out.
      for (number, index) in (round.isMultiple(of: 2) ? open : open.reversed()).enumerated() {
        if isStopRequested() { break rounds }
        let inference = candidates[index].prepare(kept[index], on: backend, batch: settings.batch)
        if let inference {
          // Processors are moved within seconds, and a round of many architectures takes longer.
          let before = threads > 1 ? CoreToCoreLatency.nanoseconds() : nil
          candidates[index].run(
            inference, images, seconds: settings.seconds / Double(Self.mostRounds), fewest: Self.fewestRuns)
          let after = threads > 1 ? CoreToCoreLatency.nanoseconds() : nil
          candidates[index].coreToCoreNanoseconds = [before, after].compactMap(\.self).max()
          kept.keep(inference, of: index)
        }
        if number.isMultiple(of: 8) {
          progress(candidates.reduce(0) { $0 + $1.share(Self.fewestRounds) } / Double(candidates.count))
        }
      }
      let load = loadOfRound?() ?? watch.load()
      for index in open { candidates[index].finishRound(load) }
      nearest = open.compactMap { candidates[$0].coreToCoreNanoseconds }.min().map { min($0, nearest ?? $0) } ?? nearest
      for index in candidates.indices {
        candidates[index].decide(settings, threads: threads, nearest: nearest, fewestRounds: Self.fewestRounds)
        if !candidates[index].isOpen { kept.drop(index) }
      }
      round += 1
    }
    return candidates.compactMap { $0.row(self, nearest: nearest) }
  }
}

/// Inferences from round to round: as many as a limit allows, those that were made first.
private struct KeptInferences {
  let limit: Int
  private var inferences: [Int: any Inference] = [:]
  private var bytes = 0

  init(limit: Int) { self.limit = limit }

  subscript(index: Int) -> (any Inference)? { inferences[index] }

  mutating func keep(_ inference: any Inference, of index: Int) {
    guard inferences[index] == nil, bytes + inference.bytes <= limit else { return }
    inferences[index] = inference
    bytes += inference.bytes
  }

  mutating func drop(_ index: Int) {
    bytes -= inferences.removeValue(forKey: index)?.bytes ?? 0
  }
}
