import ArchitectureLists
import Compute
import Foundation
import NetworkGraph
import Scoring
import SearchSpaces
import Statistics

/// An architecture that is being measured: its runs so far, and whether it needs more.
struct LatencyCandidate {
  private let listed: ListedArchitecture
  /// Nil where the entry cannot be read, or its network cannot be built: then there is an error.
  private let network: Network?
  /// A finished round: its runs, in milliseconds, and what else the machine did during it.
  private struct Round {
    var runs: [Double]
    var load: MachineLoad
  }

  private var rounds: [Round] = []
  /// The runs of the current round, in milliseconds.
  private var runs: [Double] = []
  /// Measured in the current round or, between rounds, in the last one; see `CoreToCoreLatency`.
  var coreToCoreNanoseconds: Double?
  /// The sum of all timed runs.
  private var seconds = 0.0
  private var end: LatencyRow.End?
  private var error: String?
  private var prepareMilliseconds: Double?
  private var warmUpMilliseconds: Double?
  private var bytes: Int?
  /// One for each round: the device's time, and the seconds of each step.
  private var times: [InferenceTimes] = []
  private var plan: Plan?
  private var device: Device?

  init(_ listed: ListedArchitecture, in space: any SearchSpace, _ settings: LatencyStudy.Settings) {
    self.listed = listed
    do throws(ArchitectureError) {
      network = try listed.parsed.map { architecture throws(ArchitectureError) in
        try space.network(of: architecture, input: settings.input, classes: settings.dataSet.classes)
      }
      error = network == nil ? listed.failure ?? "no architecture" : nil
    } catch {
      network = nil
      self.error = error.reason
    }
  }

  /// Whether it takes part in the next round.
  var isOpen: Bool { end == nil && error == nil }

  /// How much of the work is done, from 0 to 1: an estimate, because nobody knows how many rounds are needed.
  func share(_ fewestRounds: Int) -> Double {
    isOpen ? min(0.95, Double(rounds.count + (runs.isEmpty ? 0 : 1)) / Double(fewestRounds + 1)) : 1
  }

  /// The inference to run: the one kept from the last round, else a new one. Nil where it cannot be made.
  mutating func prepare(_ kept: (any Inference)?, on backend: any Backend, batch: Int) -> (any Inference)? {
    if let kept { return kept }
    guard let network else { return nil }
    let start = ContinuousClock.now
    do {
      let plan = try self.plan ?? Plan(network, measurement: .logits, batch: batch, seed: 1)
      let inference = try backend.inference(of: plan)
      self.plan = plan
      // Only the first preparation is reported, because that is the one that may compile kernels.
      prepareMilliseconds = prepareMilliseconds ?? (ContinuousClock.now - start) / .milliseconds(1)
      bytes = inference.bytes
      device = backend.device
      return inference
    } catch {
      self.error = "\(error)"
      return nil
    }
  }

  /// Warms up, then runs until `limit` seconds are spent, and at least `fewest` times.
  mutating func run(_ inference: any Inference, _ images: ImageBatch, seconds limit: Double, fewest: Int) {
    do {
      func timed() throws -> Double {
        let start = ContinuousClock.now
        _ = try inference.logits(of: images)
        return (ContinuousClock.now - start) / .milliseconds(1)
      }
      // The caches hold what the last architecture left. A long run warms up within itself, a short one needs two.
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

  /// Ends the current round.
  mutating func finishRound(_ load: MachineLoad) {
    guard error == nil, !runs.isEmpty else { return }
    coreToCoreNanoseconds = load.coreToCoreNanoseconds ?? coreToCoreNanoseconds
    rounds.append(Round(runs: runs, load: load))
    rounds[rounds.count - 1].load.coreToCoreNanoseconds = coreToCoreNanoseconds
    runs = []
  }

  /// Decides whether the rounds so far are enough.
  ///
  /// A decision may be taken back after a later round, because that may show that earlier ones were disturbed.
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

  /// The rounds that nothing disturbed, where there are enough of them; else all rounds.
  private func usedRounds(threads: Int, nearest: Double?, fewest: Int) -> [Round] {
    let quiet = rounds.filter { !MeasurementWarning.isDisturbed($0.load, threads: threads, nearest: nearest) }
    return quiet.count >= fewest ? quiet : rounds
  }

  private static func samples(_ rounds: [Round]) -> LatencySamples {
    var samples = LatencySamples()
    for round in rounds { samples.append(round.runs) }
    return samples
  }

  /// The row of what was measured; nil where the study was stopped before this architecture had two rounds.
  func row(_ study: LatencyStudy, nearest: Double?) -> LatencyRow? {
    let (settings, device) = (study.settings, device ?? study.backend.device)
    let threads = device.threads
    let used = usedRounds(threads: threads ?? 1, nearest: nearest, fewest: LatencyStudy.fewestRounds)
    let samples = Self.samples(used)
    var row = LatencyRow(
      arch: listed.key.text, name: listed.name, line: listed.line,
      inputColumns: listed.input.isEmpty ? nil : listed.input, index: listed.key.index, space: study.space.name,
      macro: study.space.macro, graph: listed.parsed?.graph, dataset: settings.dataSet.rawValue,
      input: (network?.inputShape ?? settings.input).description, batch: settings.batch,
      status: error == nil ? .ok : .failed, error: error, runs: samples.count, end: end,
      params: network?.parameterCount, flops: network?.multiplyAccumulates, backend: device.backend,
      device: device.name,
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

  /// The steps of the inference, each with its median time over the rounds.
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
  /// The modules that the step carries out; for a step without any, what it adds up.
  var modules: String {
    if let operation { return "\(operation.kind.title), \(shape)" }
    return branches.isEmpty
      ? "sum of \(terms.count), \(shape)"
      : branches.map(\.weights.name).map { $0.hasSuffix(".weight") ? String($0.dropLast(7)) : $0 }
        .joined(separator: " + ")
  }
}
