public import ArchitectureLists
public import Compute
public import Files
import Foundation
public import NetworkGraph
public import Scoring
public import SearchSpaces

/// Measures how long architectures take, in rounds. Every round runs each architecture for a moment, so that a change
/// on the machine affects all of them alike.
public final class LatencyStudy {
  /// What is run, and how precise the result has to be.
  public struct Settings: Sendable {
    /// The data set, which decides on the number of classes.
    public var dataSet: DataSet
    /// The shape of an image.
    public var input: TensorShape
    /// The images of a run.
    public var batch: Int
    /// An architecture is done when half the width of its median's confidence interval, divided by the median, is no
    /// more than this.
    public var precision: Double
    /// An architecture is done when its timed runs add up to this, even if its median is less precise.
    public var seconds: Double
    /// Whether rows list the steps of the inference.
    public var layers: Bool

    /// - Parameter input: the shape of an image; nil for the data set's own.
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

  /// The space that makes networks of architectures.
  public let space: any SearchSpace
  /// What the networks run on.
  public let backend: any Backend
  /// What is run, and how precise the result has to be.
  public let settings: Settings
  /// The load to assume after each round, for tests; nil to look at the machine.
  package var loadOfRound: (() -> MachineLoad)?
  /// The multiply-accumulates a second that the device reached at best, when the study was made.
  public let peak: Double

  /// The fewest rounds of an architecture: the interval of fewer medians says little.
  package static let fewestRounds = 4
  /// A round takes this part of the time for an architecture.
  private static let mostRounds = 20
  /// The fewest runs of a round.
  private static let fewestRuns = 3
  /// The most bytes of the inferences that are kept from round to round; the one that runs comes on top.
  public static let keptBytes = 256 << 20

  /// Makes a study, and measures the device's peak.
  public init(space: any SearchSpace, backend: any Backend, settings: Settings) throws(BackendError) {
    self.space = space
    self.backend = backend
    self.settings = settings
    peak = try backend.peakMultiplyAccumulates()
  }

  /// An upper bound of the bytes that measuring an architecture takes; those that are kept meanwhile (`keptBytes`) come
  /// on top.
  public static func memoryBound(
    of architecture: ParsedArchitecture, in space: any SearchSpace, on backend: any Backend, settings: Settings
  ) throws -> Int {
    let network = try space.network(of: architecture, input: settings.input, classes: settings.dataSet.classes)
    let plan = try Plan(network, measurement: .logits, batch: settings.batch, seed: 1)
    let images = settings.batch * network.inputShape.count * MemoryLayout<Float>.stride
    return backend.memoryBound(of: plan) + images
  }

  /// The architectures that no row has a latency of, in order. One whose row failed is among them, to be tried again.
  ///
  /// - Throws: an error where a row was measured with another setting than this study's.
  public func missing(
    _ entries: [ListedArchitecture], in rows: [LatencyRow]
  ) throws(FileError) -> [ListedArchitecture] {
    for row in rows {
      if let difference = difference(of: row) { throw .ofAnotherRun(difference) }
    }
    // An entry that a list has twice needs two rows. Files of earlier versions have no names.
    var done: [[String?]: Int] = [:]
    for row in rows where row.status == .ok { done[[row.arch, row.name], default: 0] += 1 }
    return entries.filter { entry in
      for key in [[entry.key.text, entry.name], [entry.key.text, nil]] {
        guard let count = done[key], count > 0 else { continue }
        done[key] = count - 1
        return false
      }
      return true
    }
  }

  /// The first setting in which a row differs from what this study measures; nil where there is none.
  private func difference(of row: LatencyRow) -> SettingDifference? {
    let device = backend.device
    return SettingDifference("the space", row.space, space.name)
      ?? SettingDifference("the macro architecture", row.macro ?? "fixed", space.macro ?? "fixed")
      ?? SettingDifference("the data set", row.dataset, settings.dataSet.rawValue)
      ?? (space.activations == nil ? SettingDifference("an image", row.input, settings.input.description) : nil)
      ?? SettingDifference("the batch", row.batch, settings.batch)
      ?? SettingDifference("the device", "\(row.backend) \(row.device)", "\(device.backend) \(device.name)")
      ?? SettingDifference("the number of threads", row.threads ?? 0, device.threads ?? 0)
  }

  /// Measures architectures against each other.
  ///
  /// - Parameters:
  ///   - isStopRequested: asked before every turn of an architecture. After a stop, those with two rounds have a row.
  ///   - progress: called with the share of the work that is done, from 0 to 1.
  /// - Returns: one row for each entry, in order, without those that a stop came too early for. An entry that cannot be
  ///   read, and a network that cannot be built, has a failed row.
  public func measure(
    _ entries: [ListedArchitecture], isStopRequested: () -> Bool = { false }, progress: (Double) -> Void = { _ in }
  ) -> [LatencyRow] {
    var candidates = entries.map { LatencyCandidate($0, in: space, settings) }
    // Networks of files have images of their own size.
    var images = BackendBenchmark.images(shape: settings.input, count: settings.batch)
    let threads = backend.device.threads ?? 1
    var watch = MachineWatch()
    // The shortest core-to-core latency of any round, in nanoseconds.
    var nearest: Double?
    var kept = KeptInferences(limit: Self.keptBytes)
    var round = 0
    rounds: while candidates.contains(where: \.isOpen) {
      let open = candidates.indices.filter { candidates[$0].isOpen }
      // Every other round goes backwards, so that a steady drift cancels out.
      for (number, index) in (round.isMultiple(of: 2) ? open : open.reversed()).enumerated() {
        if isStopRequested() { break rounds }
        let inference = candidates[index].prepare(kept[index], on: backend, batch: settings.batch)
        if let inference {
          let shape = inference.plan.buffers[inference.plan.input]
          if images.shape != shape { images = BackendBenchmark.images(shape: shape, count: settings.batch) }
          // Measured for every architecture: a hypervisor moves processors within seconds, and a round may take longer.
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

/// Inferences that are kept from round to round: the first ones that fit within a limit of bytes.
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
