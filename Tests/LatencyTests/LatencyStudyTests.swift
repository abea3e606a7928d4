import ArchitectureLists
import Scoring
import Compute
import Latency
import NetworkGraph
import SearchSpaces
import Synchronization
import TestSupport
import Testing

/// The rounds of a study, on a backend that does nothing but count its runs.
@Suite struct LatencyStudyTests {
  private final class FakeInference: Inference {
    let plan: Plan
    let backend: FakeBackend
    let bytes = 1000

    init(_ plan: Plan, _ backend: FakeBackend) {
      self.plan = plan
      self.backend = backend
    }

    func logits(of images: ImageBatch) throws(BackendError) -> [Float] {
      try plan.check(images)
      let order = backend.order.withLock { order in
        order.append(plan.parameters)
        return order.count
      }
      if let limit = backend.failsAfter, order > limit { throw BackendError(.deviceFailed, "the fake is lost") }
      return []
    }

    func timed(_ images: ImageBatch) throws(BackendError) -> InferenceTimes {
      InferenceTimes(device: 0.002, steps: plan.steps.indices.map { Double($0 + 1) / 1000 })
    }
  }

  private final class FakeBackend: Backend {
    /// What ran, by the parameters of its convolutions.
    let order = Mutex<[Int]>([])
    let failsAfter: Int?

    init(failsAfter: Int? = nil) { self.failsAfter = failsAfter }

    var device: Device {
      Device(backend: "fake", name: "a fake", kind: .cpu, threads: 3)
    }

    var concurrentRuns: Int { 1 }
    func memoryBound(of plan: Plan) -> Int { 1000 }
    func prepare(_ plan: Plan) throws(BackendError) {}
    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      RunResult(counts: Counts(), device: device)
    }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1e9 }
    func inference(of plan: Plan) throws(BackendError) -> any Inference { FakeInference(plan, self) }
  }

  private let space = NASBench201(channels: 4, cellsPerStage: 1)

  private func study(
    _ backend: FakeBackend, precision: Double = 0.9, seconds: Double = 0.001, batch: Int = 2
  ) throws -> LatencyStudy {
    let study = try LatencyStudy(
      space: space, backend: backend,
      settings: LatencyStudy.Settings(
        dataSet: .cifar10, input: TensorShape(channels: 3, height: 8, width: 8), batch: batch, precision: precision,
        seconds: seconds, layers: true))
    // What else the machine does is no matter here.
    study.loadOfRound = { Self.load(distance: 26) }
    return study
  }

  private func listed(_ architectures: [ParsedArchitecture]) -> [ListedArchitecture] {
    architectures.map { ListedArchitecture($0) }
  }

  private static func load(distance: Double) -> MachineLoad {
    MachineLoad(
      processors: 4, others: 0, slowdown: 1, coreToCoreNanoseconds: distance, quotaStops: 0, thermalThrottles: 0)
  }

  @Test func everyArchitectureHasARowInOrder() throws {
    let architectures = try [1462, 0, 9].map { try space.architecture(index: $0) }
    let backend = FakeBackend()
    var shares: [Double] = []
    let rows = try study(backend).measure(listed(architectures), progress: { shares.append($0) })
    #expect(rows.map(\.index) == [1462, 0, 9])
    for (row, architecture) in zip(rows, architectures) {
      let network = try space.network(
        of: architecture, input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
      #expect(row.arch == architecture.text && row.status == .ok && row.error == nil)
      #expect(row.params == network.parameterCount && row.flops == network.multiplyAccumulates)
      #expect(row.input == "3x8x8" && row.batch == 2 && row.backend == "fake" && row.threads == 3)
      #expect(row.peakBytes == 1000 && row.deviceMilliseconds == 2)
      let times = try #require(row.latency)
      #expect(times.p10 <= times.median && times.median <= times.p90 && times.p90 <= times.p99)
      #expect(times.low <= times.median && times.median <= times.high)
      let perSecond = try #require(row.imagesPerSecond)
      #expect(abs(perSecond * times.median / 2000 - 1) < 1e-9)
      // What a zero leaves out is not carried out.
      let plan = try Plan(network, measurement: .logits, batch: 2, seed: 1)
      let rate = perSecond * Double(plan.multiplyAccumulates)
      #expect(plan.multiplyAccumulates <= network.multiplyAccumulates)
      #expect(abs((row.gigaMultiplyAccumulatesPerSecond ?? 0) * 1e9 / rate - 1) < 1e-9)
      #expect(abs((row.peakShare ?? 0) * 1e9 / rate - 1) < 1e-9)
      #expect(row.runs >= LatencyStudy.fewestRounds * 3 && row.end != nil)
      let layers = try #require(row.layers)
      #expect(abs(layers.reduce(0) { $0 + $1.share } - 1) < 1e-9)
      #expect(layers[1].milliseconds == 2 && layers.last?.name == "classifier")
    }
    #expect(shares.allSatisfy { (0...1).contains($0) } && shares == shares.sorted())
  }

  /// No architecture has a second turn before the others have had one.
  @Test func architecturesAreInterleaved() throws {
    let architectures = try [1462, 0, 9].map { try space.architecture(index: $0) }
    let backend = FakeBackend()
    _ = try study(backend).measure(listed(architectures))
    let order = backend.order.withLock { $0 }
    var turns: [Int] = []
    for run in order where turns.last != run { turns.append(run) }
    // There and back again: the last of a round is the first of the next.
    #expect(Set(turns.prefix(3)).count == 3)
    let whole = 2 * LatencyStudy.fewestRounds + 1
    try #require(turns.count >= whole)
    // After that some may be done.
    for first in stride(from: 0, to: whole - 2, by: 2) { #expect(Set(turns[first..<first + 3]).count == 3) }
  }

  @Test func theTimeOrThePrecisionEndsIt() throws {
    let architectures = [try space.architecture(index: 0)]
    #expect(
      try study(FakeBackend(), precision: 0.999, seconds: 100).measure(listed(architectures))[0].end == .precision)
    #expect(try study(FakeBackend(), precision: 1e-9, seconds: 1e-6).measure(listed(architectures))[0].end == .time)
  }

  @Test func failuresHaveRows() throws {
    let architectures = try [1462, 0].map { try space.architecture(index: $0) }
    let rows = try study(FakeBackend(failsAfter: 4)).measure(listed(architectures))
    #expect(rows.map(\.status) == [.failed, .failed])
    #expect(rows.allSatisfy { $0.error == "the fake is lost" && $0.latency == nil && $0.params ?? 0 > 0 })
  }

  /// Rounds in which the threads were far apart are left out once there are enough others, though they came first and
  /// agreed.
  @Test func disturbedRoundsAreSetAside() throws {
    let architectures = try [1462, 0].map { try space.architecture(index: $0) }
    func rows(far: Int) throws -> [LatencyRow] {
      let study = try study(FakeBackend(), precision: 0.999, seconds: 20)
      var round = 0
      study.loadOfRound = {
        round += 1
        return Self.load(distance: round <= far || round > 30 ? 165 : 26)
      }
      return study.measure(listed(architectures))
    }
    for row in try rows(far: 3) {
      #expect(row.roundsSetAside == 3 && row.threadNanoseconds == 26)
      #expect(row.doubt?.contains("moved") != true)
    }
    for row in try rows(far: 0) { #expect(row.roundsSetAside == nil && row.threadNanoseconds == 26) }
    // Never near: nothing to compare with.
    for row in try rows(far: .max) { #expect(row.roundsSetAside == nil && row.threadNanoseconds == 165) }
  }

  /// A stop leaves rows of what has been measured in two rounds.
  @Test func aStopKeepsWhatThereIs() throws {
    let architectures = try [1462, 0, 9].map { try space.architecture(index: $0) }
    func rows(stopAfter turns: Int) throws -> [LatencyRow] {
      var asked = 0
      return try study(FakeBackend(), precision: 1e-9, seconds: 1000).measure(listed(architectures)) {
        asked += 1
        return asked > turns
      }
    }
    #expect(try rows(stopAfter: 3).isEmpty)
    let some = try rows(stopAfter: 6)
    #expect(some.map(\.index) == [1462, 0, 9])
    #expect(some.allSatisfy { $0.end == nil && $0.latency != nil })
  }

  @Test func theMemoryIsThatOfTheBackendAndTheImages() throws {
    let settings = LatencyStudy.Settings(
      dataSet: .cifar10, input: TensorShape(channels: 3, height: 8, width: 8), batch: 2)
    let bound = try LatencyStudy.memoryBound(
      of: space.architecture(index: 0), in: space, on: FakeBackend(), settings: settings)
    #expect(bound == 1000 + 2 * 3 * 64 * 4)
  }
}

extension Plan {
  fileprivate var parameters: Int {
    steps.flatMap(\.branches).reduce(0) {
      $0 + $1.convolution.outputChannels * $1.convolution.kernel.area * steps.count
    }
  }
}
