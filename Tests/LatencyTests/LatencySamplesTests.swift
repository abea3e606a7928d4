import Foundation
import Latency
import Statistics
import TestSupport
import Testing

@Suite struct LatencySamplesTests {
  /// scipy.stats.t.ppf(0.975, n)
  @Test func studentQuantiles() {
    let exact: [(Int, Double)] = [
      (1, 12.706205), (2, 4.302653), (3, 3.182446), (4, 2.776445), (5, 2.570582), (7, 2.364624), (10, 2.228139),
      (19, 2.093024), (100, 1.983972),
    ]
    for (degrees, value) in exact {
      #expect(abs(studentQuantile(degrees: degrees) / value - 1) < 0.003, "\(degrees)")
    }
  }

  /// numpy.quantile of the same numbers.
  @Test func quantilesAreLinearBetweenTwo() {
    let numbers = [1.0, 2, 4, 8, 16]
    #expect(numbers.quantile(0) == 1 && numbers.quantile(1) == 16 && numbers.quantile(0.5) == 4)
    #expect(abs(numbers.quantile(0.1) - 1.4) < 1e-12)
    #expect(abs(numbers.quantile(0.9) - 12.8) < 1e-12)
    #expect([7.0].quantile(0.99) == 7)
    #expect([Double]().quantile(0.5) == 0)
  }

  @Test func oneRoundHasNoInterval() {
    var samples = LatencySamples()
    #expect(samples.milliseconds == nil)
    samples.append([1, 2, 3])
    #expect(samples.milliseconds == nil)
    samples.append([2])
    #expect(samples.milliseconds?.median == 2)
    #expect(samples.count == 4)
  }

  /// Rounds that are each exact but differ make a wide interval, however many runs they have.
  @Test func theIntervalIsOfRounds() throws {
    var samples = LatencySamples()
    for median in [10.0, 11, 10, 11] { samples.append(Array(repeating: median, count: 1000)) }
    let times = try #require(samples.milliseconds)
    let halfWidth = 3.182446 * (1.0 / 3).squareRoot() / 2
    #expect(times.median == 10.5)
    #expect(abs(times.high - 10.5 - halfWidth) < 0.005 && abs(10.5 - times.low - halfWidth) < 0.005)
    #expect(abs(times.precision - halfWidth / 10.5) < 0.001)
  }

  /// The share of intervals that hold the true median: of normal noise within and between rounds.
  @Test func intervalsHoldTheMedian() {
    let normals = standardNormals(count: 2000 * 5 * 21)
    var place = 0
    var held = 0
    for _ in 0..<2000 {
      var samples = LatencySamples()
      for _ in 0..<5 {
        let shift = 0.5 * normals[place]
        samples.append((1...20).map { 10 + shift + 0.3 * normals[place + $0] })
        place += 21
      }
      if let times = samples.milliseconds, times.low <= 10, 10 <= times.high { held += 1 }
    }
    // 95 % with a standard deviation of 0.5 %.
    #expect((1860...1940).contains(held), "\(held) of 2000")
  }

  private func standardNormals(count: Int) -> [Double] {
    var choices = RandomChoices(seed: 5, name: "normals")
    return (0..<count).map { _ in
      // Twelve uniform numbers.
      (0..<12).reduce(-6.0) { sum, _ in sum + Double(choices.integer(in: 0...1_000_000)) / 1e6 }
    }
  }
}

@Suite struct MeasurementWarningTests {
  private func load(
    others: Double = 0, slowdown: Double = 1, distance: Double? = nil, quotaStops: Int = 0, thermalThrottles: Int = 0,
    processors: Int = 4
  ) -> MachineLoad {
    MachineLoad(
      processors: processors, others: others, slowdown: slowdown, coreToCoreNanoseconds: distance,
      quotaStops: quotaStops,
      thermalThrottles: thermalThrottles)
  }

  private var steady: LatencySamples {
    var samples = LatencySamples()
    for _ in 0..<5 { samples.append([1.00, 1.01, 1.02]) }
    return samples
  }

  private func doubt(_ load: MachineLoad, threads: Int = 4) -> String? {
    MeasurementWarning.reasons(steady, loads: [load], threads: threads, nearest: nil)
  }

  @Test func anIdleMachineRaisesNone() {
    #expect(doubt(load()) == nil)
    // A process that finds a processor of its own.
    #expect(doubt(load(others: 0.9), threads: 2) == nil)
    #expect(doubt(load(others: 0.04)) == nil)
    #expect(doubt(load(slowdown: 1.05)) == nil)
  }

  @Test func whatElseRunsIsNamed() {
    #expect(doubt(load(others: 0.97)) == "other processes took 0.97 of 4 processors")
    #expect(doubt(load(others: 0.97, processors: 2), threads: 1) == "other processes took 0.97 of 2 processors")
    #expect(doubt(load(slowdown: 1.3)) == "the processor was up to 30 % slower at times")
    #expect(doubt(load(quotaStops: 3)) == "the control group's quota stopped the process 3 times")
    #expect(doubt(load(thermalThrottles: 1)) == "the processor was throttled for its heat")
    #expect(
      doubt(load(others: 3, slowdown: 1.5))
        == "other processes took 3.00 of 4 processors; the processor was up to 50 % slower at times")
  }

  @Test func movedProcessorsAreNamed() {
    func doubt(_ distances: [Double]) -> String? {
      MeasurementWarning.reasons(
        steady, loads: distances.map { load(distance: $0) }, threads: 2, nearest: distances.min())
    }
    #expect(doubt([26, 31, 27]) == nil)
    #expect(doubt([165, 170, 160]) == nil)
    #expect(
      doubt([26, 165, 26]) == "processors were moved: threads heard from each other after 26 to 165 ns")
    #expect(MeasurementWarning.isDisturbed(load(distance: 165), threads: 2, nearest: 26))
    #expect(!MeasurementWarning.isDisturbed(load(distance: 165), threads: 2, nearest: 160))
    if let distance = CoreToCoreLatency.nanoseconds() { #expect((1...5_000_000).contains(distance)) }
  }

  @Test func timesThatDifferAreDoubtful() {
    var wide = LatencySamples()
    for _ in 0..<5 { wide.append([1, 1.5, 2]) }
    #expect(
      MeasurementWarning.reasons(wide, loads: [load()], threads: 1, nearest: nil)
        == "runs spread by 67 % of the median (p10 to p90)")
    var drifting = LatencySamples()
    for round in 0..<5 { drifting.append([1 + 0.06 * Double(round)]) }
    #expect(MeasurementWarning.reasons(drifting, loads: [load()], threads: 1, nearest: nil) == "rounds differ by 17 %")
    // One hiccup among many is none.
    var hiccup = steady
    for _ in 0..<10 { hiccup.append([1.01]) }
    hiccup.append([1.9])
    #expect(MeasurementWarning.reasons(hiccup, loads: [load()], threads: 1, nearest: nil) == nil)
  }

  /// Other processes that keep every processor busy are seen.
  @Test func theWatchSeesOtherProcesses() throws {
    var watch = MachineWatch()
    let processes = try (0..<ProcessInfo.processInfo.activeProcessorCount).map { _ in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      // Ends by itself where this one is killed.
      process.arguments = ["-c", "i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done"]
      try process.run()
      return process
    }
    // They begin with other signals blocked.
    defer { for process in processes { kill(process.processIdentifier, SIGKILL) } }
    Thread.sleep(forTimeInterval: 1)
    let load = watch.load()
    #expect(load.others > 0.3, "\(load)")
    #expect(load.processors >= 1 && load.slowdown >= 1)
  }
}
