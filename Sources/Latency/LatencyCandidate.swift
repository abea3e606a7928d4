import Scoring
import Compute
import Foundation
import NetworkGraph
import SearchSpaces
import Statistics

/// An architecture that is being measured.
struct LatencyCandidate {
  private let architecture: Architecture
  private let network: Network
  /// The runs of a round, in milliseconds, and what the machine did meanwhile.
  private struct Round {
    var runs: [Double]
    var load: MachineLoad
  }

  private var rounds: [Round] = []
  /// The runs of the round at hand.
  private var runs: [Double] = []
  /// Of the round at hand, then of the last one; see `CoreToCoreLatency`.
  var coreToCoreNanoseconds: Double?
  private var seconds = 0.0
  private var end: LatencyRow.End?
  private var error: String?
  private var prepareMilliseconds: Double?
  private var warmUpMilliseconds: Double?
  private var bytes: Int?
  /// By round: the device's time, and the seconds of each step.
  private var times: [InferenceTimes] = []
  private var plan: Plan?
  private var device: Device?

  init(_ architecture: Architecture, _ network: Network) {
    self.architecture = architecture
    self.network = network
  }

  /// Whether it takes part in the next round.
  var isOpen: Bool { end == nil && error == nil }

  /// How much of its time is done, at most 1.
  func share(_ fewestRounds: Int) -> Double {
    isOpen ? min(0.95, Double(rounds.count + (runs.isEmpty ? 0 : 1)) / Double(fewestRounds + 1)) : 1
  }

  /// The inference to run, the one kept from the last round where there is one; nil where it cannot be made.
  mutating func prepare(_ kept: (any Inference)?, on backend: any Backend, batch: Int) -> (any Inference)? {
    if let kept { return kept }
    let start = ContinuousClock.now
    do {
      let plan = try self.plan ?? Plan(network, measurement: .logits, batch: batch, seed: 1)
      let inference = try backend.inference(of: plan)
      self.plan = plan
      // The first time, kernels may have been compiled.
      prepareMilliseconds = prepareMilliseconds ?? (ContinuousClock.now - start) / .milliseconds(1)
      bytes = inference.bytes
      device = backend.device
      return inference
    } catch {
      self.error = "\(error)"
      return nil
    }
  }

  /// Warms up, then runs for so many seconds and at least `fewest` times.
  mutating func run(_ inference: any Inference, _ images: ImageBatch, seconds limit: Double, fewest: Int) {
    do {
      func timed() throws -> Double {
        let start = ContinuousClock.now
        _ = try inference.logits(of: images)
        return (ContinuousClock.now - start) / .milliseconds(1)
      }
      // Caches hold what ran before; a long run warms up in its first moments.
      let first = try timed()
      warmUpMilliseconds = warmUpMilliseconds ?? first
      if first < 50 { _ = try timed() }
      times.append(try inference.timed(images))
      var spent = 0.0
      while runs.count < fewest || spent < 1000 * limit && runs.count < 10_000 {
        runs.append(try timed())
        spent += runs[runs.count - 1]
      }
      seconds += spent / 1000
    } catch {
      self.error = "\(error)"
    }
  }

  /// Takes the runs of a round in.
  mutating func finishRound(_ load: MachineLoad) {
    guard error == nil, !runs.isEmpty else { return }
    coreToCoreNanoseconds = load.coreToCoreNanoseconds ?? coreToCoreNanoseconds
    rounds.append(Round(runs: runs, load: load))
    rounds[rounds.count - 1].load.coreToCoreNanoseconds = coreToCoreNanoseconds
    runs = []
  }

  /// Decides whether the rounds are enough: again after every round, because one may show that earlier ones were disturbed.
  mutating func decide(_ settings: LatencyStudy.Settings, threads: Int, nearest: Double?, fewestRounds: Int) {
    guard error == nil else { return }
    let used = usedRounds(threads: threads, nearest: nearest, fewest: fewestRounds)
    end = nil
    guard used.count >= fewestRounds, let times = Self.samples(used).milliseconds else { return }
    let isQuiet = !used.contains { MeasurementWarning.isDisturbed($0.load, threads: threads, nearest: nearest) }
    if times.precision <= settings.precision, isQuiet {
      end = .precision
    } else if seconds >= settings.seconds {
      end = times.precision <= settings.precision ? .precision : .time
    }
  }

  /// The rounds that nothing disturbed, where there are enough; else all of them.
  private func usedRounds(threads: Int, nearest: Double?, fewest: Int) -> [Round] {
    let quiet = rounds.filter { !MeasurementWarning.isDisturbed($0.load, threads: threads, nearest: nearest) }
    return quiet.count >= fewest ? quiet : rounds
  }

  private static func samples(_ rounds: [Round]) -> LatencySamples {
    var samples = LatencySamples()
    for round in rounds { samples.append(round.runs) }
    return samples
  }

  /// Nil where a stop came before there were two rounds.
  func row(_ study: LatencyStudy, nearest: Double?) -> LatencyRow? {
    let (settings, device) = (study.settings, device ?? study.backend.device)
    let threads = device.threads
    let used = usedRounds(threads: threads ?? 1, nearest: nearest, fewest: LatencyStudy.fewestRounds)
    let samples = Self.samples(used)
    var row = LatencyRow(
      arch: architecture.text, index: architecture.index, space: study.space.name, macro: study.space.macro,
      dataset: settings.dataSet.rawValue, input: settings.input.description, batch: settings.batch,
      status: error == nil ? .ok : .failed, error: error, runs: samples.count, end: end,
      params: network.parameterCount, flops: network.multiplyAccumulates, backend: device.backend, device: device.name,
      threads: threads, version: programVersion)
    guard error == nil else { return row }
    guard let milliseconds = samples.milliseconds else { return nil }
    let perSecond = Double(settings.batch) / milliseconds.median * 1000
    row.latency = milliseconds
    row.deviceMilliseconds =
      times.compactMap(\.device).isEmpty
      ? nil : 1000 * times.compactMap(\.device).sorted().quantile(0.5)
    (row.warmUpMilliseconds, row.prepareMilliseconds) = (warmUpMilliseconds, prepareMilliseconds)
    row.imagesPerSecond = perSecond
    let rate = perSecond * Double(plan?.multiplyAccumulates ?? 0)
    row.gigaMultiplyAccumulatesPerSecond = rate / 1e9
    row.peakShare = rate / study.peak
    row.peakBytes = bytes
    row.roundsSetAside = rounds.count > used.count ? rounds.count - used.count : nil
    let distances = used.compactMap(\.load.coreToCoreNanoseconds).sorted()
    row.threadNanoseconds = distances.isEmpty ? nil : distances.quantile(0.5)
    row.doubt = MeasurementWarning.reasons(samples, loads: used.map(\.load), threads: threads ?? 1, nearest: nearest)
    if settings.layers { row.layers = layers }
    return row
  }

  /// The steps, each with its median over the rounds.
  private var layers: [LatencyRow.Layer]? {
    guard let plan else { return nil }
    let medians = plan.steps.indices.map { step in 1000 * times.map { $0.steps[step] }.sorted().quantile(0.5) }
    let total = max(medians.reduce(0, +), .leastNonzeroMagnitude)
    return zip(plan.steps, medians).map { step, median in
      LatencyRow.Layer(name: step.modules, milliseconds: median, share: median / total)
    }
  }
}

extension Plan.Step {
  /// The modules that are carried out in the step; what it adds up where it has none.
  var modules: String {
    branches.isEmpty
      ? "sum of \(terms.count), \(shape)"
      : branches.map { $0.weights.hasSuffix(".weight") ? String($0.weights.dropLast(7)) : $0.weights }
        .joined(separator: " + ")
  }
}
