import ArchitectureLists
import Compute
import Latency
import NetworkGraph
import Scoring
import SearchSpaces
import Synchronization
import Testing

/// The rounds of a measurement: who runs when, what is kept meanwhile, and what ends it.
@Suite struct LatencyRoundsTests {
  private final class FakeInference: Inference {
    let plan: Plan
    let backend: FakeBackend
    var bytes: Int { backend.bytes }

    init(_ plan: Plan, _ backend: FakeBackend) {
      self.plan = plan
      self.backend = backend
    }

    func logits(of images: ImageBatch) throws(BackendError) -> [Float] {
      backend.runs.withLock { $0.append(plan.multiplyAccumulates) }
      return []
    }

    func timed(_ images: ImageBatch) throws(BackendError) -> InferenceTimes {
      let call = backend.timed.withLock { count in
        count += 1
        return count
      }
      return InferenceTimes(
        device: backend.hasClock ? Double(call) / 1000 : nil, steps: plan.steps.map { _ in Double(call) / 1000 })
    }
  }

  private final class FakeBackend: Backend {
    /// What ran, by its work, and of which inferences there were.
    let runs = Mutex<[Int]>([])
    let made = Mutex<[Int]>([])
    let timed = Mutex(0)
    let bytes: Int
    let hasClock: Bool

    init(bytes: Int = 1000, hasClock: Bool = false) {
      self.bytes = bytes
      self.hasClock = hasClock
    }

    var device: Device { Device(backend: "fake", name: "a fake", kind: .cpu) }
    func prepare(_ plan: Plan) throws(BackendError) {}
    var concurrentRuns: Int { 1 }
    func memoryBound(of plan: Plan) -> Int { 1000 }
    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      RunResult(counts: Counts(), device: device)
    }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1e9 }

    func inference(of plan: Plan) throws(BackendError) -> any Inference {
      made.withLock { $0.append(plan.multiplyAccumulates) }
      return FakeInference(plan, self)
    }
  }

  private let space = NASBench201(channels: 4, cellsPerStage: 1)
  private let input = TensorShape(channels: 3, height: 8, width: 8)

  private func architectures(_ indices: [Int] = [1462, 0, 9]) throws -> [ParsedArchitecture] {
    try indices.map { try space.architecture(index: $0) }
  }

  private func work(_ architectures: [ParsedArchitecture]) throws -> [Int] {
    try architectures.map {
      try Plan(
        space.network(of: $0, input: input, classes: 10), measurement: .logits, batch: 1, seed: 1
      ).multiplyAccumulates
    }
  }

  private func load(others: Double = 0, slowdown: Double = 1, stops: Int = 0, heat: Int = 0) -> MachineLoad {
    MachineLoad(
      processors: 4, others: others, slowdown: slowdown, coreToCoreNanoseconds: nil, quotaStops: stops,
      thermalThrottles: heat)
  }

  /// Measures, and counts rounds.
  private func measure(
    _ backend: FakeBackend, _ indices: [Int] = [1462, 0, 9], precision: Double = 0.999, seconds: Double = 0.001,
    load: @escaping (Int) -> MachineLoad = { _ in
      MachineLoad(processors: 4, others: 0, slowdown: 1, coreToCoreNanoseconds: nil, quotaStops: 0, thermalThrottles: 0)
    }
  ) throws -> (rows: [LatencyRow], rounds: Int) {
    let study = try LatencyStudy(
      space: space, backend: backend,
      settings: LatencyStudy.Settings(
        dataSet: .cifar10, input: input, precision: precision, seconds: seconds, layers: true))
    var rounds = 0
    study.loadOfRound = {
      rounds += 1
      return load(rounds)
    }
    // What never ends is stopped.
    return (
      try study.measure(architectures(indices).map { ListedArchitecture($0) }, isStopRequested: { rounds > 100 }),
      rounds
    )
  }

  /// There and back again: a machine that grows steadily slower is no disadvantage to the last.
  @Test func everySecondRoundRunsBackwards() throws {
    let backend = FakeBackend()
    let work = try work(architectures())
    try #require(Set(work).count == 3)
    _ = try measure(backend)
    var turns: [Int] = []
    for run in backend.runs.withLock({ $0 }) where turns.last != run { turns.append(run) }
    // The last of a round is the first of the next, and seen once; after four rounds some may be done.
    let (a, b, c) = (work[0], work[1], work[2])
    #expect(turns.prefix(9) == [a, b, c, b, a, b, c, b, a])
  }

  @Test func inferencesAreKeptAsFarAsTheyFit() throws {
    func made(bytes: Int) throws -> (times: [Int], rounds: Int) {
      let backend = FakeBackend(bytes: bytes)
      let rounds = try measure(backend).rounds
      let all = backend.made.withLock { $0 }
      return (try work(architectures()).map { work in all.count { $0 == work } }, rounds)
    }
    let third = LatencyStudy.keptBytes / 3
    #expect(try made(bytes: third).times == [1, 1, 1])
    // Those that were made first stay, and the others are made again round by round; more than the limit is not kept.
    let half = try made(bytes: LatencyStudy.keptBytes / 2)
    #expect(half.times.prefix(2) == [1, 1] && half.times[2] >= LatencyStudy.fewestRounds)
    let large = try made(bytes: LatencyStudy.keptBytes + 1)
    #expect(large.times.allSatisfy { $0 >= LatencyStudy.fewestRounds })
  }

  @Test func aQuietMachineNeedsTheFewestRounds() throws {
    let (rows, rounds) = try measure(FakeBackend(), seconds: 1000)
    #expect(rounds == 4 && LatencyStudy.fewestRounds == 4)
    #expect(rows.allSatisfy { $0.end == .precision && $0.doubt?.contains("took") != true && $0.roundsSetAside == nil })
  }

  /// A disturbed round ends nothing but the time does; then an interval that is narrow enough is one all the same.
  @Test func aBusyMachineIsWaitedFor() throws {
    let busy = { (_: Int) in self.load(others: 3) }
    let (rows, rounds) = try measure(FakeBackend(), seconds: 0.002, load: busy)
    #expect(rounds > 4)
    for row in rows {
      #expect(row.end == .precision && row.doubt?.contains("other processes took 3.00 of 4 processors") == true)
      #expect(row.roundsSetAside == nil)
    }
    // Once there are four others, what was disturbed is left out, and no reason for doubt any more.
    let early = try measure(FakeBackend(), seconds: 1000) { self.load(others: $0 <= 3 ? 3 : 0) }
    #expect(early.rounds == 7)
    #expect(early.rows.allSatisfy { $0.roundsSetAside == 3 && $0.doubt?.contains("took") != true })
    #expect(early.rows.allSatisfy { $0.runs >= 4 * 3 })
  }

  /// Each of them alone; the worst of the rounds counts, or all of them together.
  @Test func whatTheMachineDidIsSaid() throws {
    let loads: [(String, (Int) -> MachineLoad)] = [
      ("the processor was up to 30 % slower at times", { self.load(slowdown: $0 == 2 ? 1.3 : 1.2) }),
      ("the control group's quota stopped the process", { self.load(stops: $0) }),
      ("the processor was throttled for its heat", { self.load(heat: $0) }),
      // The mean of three and one.
      ("other processes took", { self.load(others: $0.isMultiple(of: 2) ? 3 : 1.5) }),
    ]
    for (reason, load) in loads {
      let rows = try measure(FakeBackend(), [0], seconds: 0.001, load: load).rows
      #expect(rows[0].doubt?.contains(reason) == true, "\(rows[0].doubt ?? "none")")
    }
  }

  /// Medians over the rounds, of the device's clock where it has one, and of the steps.
  @Test func timesOfTheDeviceAreMedians() throws {
    let row = try measure(FakeBackend(hasClock: true), [0], seconds: 1000).rows[0]
    // The rounds took 1, 2, 3 and 4 ms.
    #expect(row.deviceMilliseconds.map { abs($0 - 2.5) < 1e-9 } == true)
    let layers = try #require(row.layers)
    for layer in layers {
      #expect(abs(layer.milliseconds - 2.5) < 1e-9 && abs(layer.share - 1 / Double(layers.count)) < 1e-9)
    }
    #expect(try measure(FakeBackend(), [0]).rows[0].deviceMilliseconds == nil)
  }
}
