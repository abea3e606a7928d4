import Compute
import Latency
import NetworkGraph
import Scoring
import SearchSpaces
import Studies
import Synchronization
import Testing

/// Limits and numbers that are one off when nobody looks.
@Suite struct LimitTests {
  @Test func aLimitIsTheMostThatIsAllowed() throws {
    let space = NASBench201()
    let architecture = try space.architecture(index: 9)
    let network = try space.network(of: architecture, input: DataSet.cifar10.shape, classes: 10)
    let (parameters, work) = (network.parameterCount, network.multiplyAccumulates)
    func allows(_ limits: SearchLimits) throws -> Bool {
      let allowed = limits.allow(network)
      #expect(try limits.filter(of: space, for: .cifar10)(architecture) == allowed)
      return allowed
    }
    #expect(try allows(SearchLimits()))
    #expect(try allows(SearchLimits(parameters: parameters)))
    #expect(try allows(SearchLimits(parameters: parameters - 1)) == false)
    #expect(try allows(SearchLimits(multiplyAccumulates: work)))
    #expect(try allows(SearchLimits(multiplyAccumulates: work - 1)) == false)
    // Each of two counts.
    #expect(try allows(SearchLimits(parameters: parameters, multiplyAccumulates: work)))
    #expect(try allows(SearchLimits(parameters: parameters, multiplyAccumulates: work - 1)) == false)
    #expect(try allows(SearchLimits(parameters: parameters - 1, multiplyAccumulates: work)) == false)
    #expect(SearchLimits().isEmpty && !SearchLimits(parameters: 1).isEmpty)
    #expect(!SearchLimits(multiplyAccumulates: 1).isEmpty)
    // A hundred classes need more.
    #expect(try SearchLimits(parameters: parameters).filter(of: space, for: .cifar100)(architecture) == false)
  }

  /// A backend that takes no time and counts its calls.
  private final class Counter: Backend {
    let runs = Atomic(0)
    let prepared = Atomic(0)
    let concurrentRuns: Int

    init(concurrentRuns: Int) { self.concurrentRuns = concurrentRuns }

    var device: Device { Device(backend: "counter", name: "counter", kind: .gpu) }
    func memoryBound(of plan: Plan) -> Int { 0 }
    func prepare(_ plan: Plan) throws(BackendError) { prepared.add(1, ordering: .relaxed) }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1 }

    func inference(of plan: Plan) throws(BackendError) -> any Inference {
      throw BackendError(.unsuitableImages, "none")
    }

    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      try check(images, for: plan)
      let number = runs.add(1, ordering: .relaxed).newValue
      return RunResult(counts: Counts(agreement: [Int64(number)]), device: device)
    }
  }

  private func benchmark(_ backend: Counter, seconds: Double) throws -> BackendBenchmark.Result {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 2, width: 2))
    var workload = try #require(try BackendBenchmark.workloads().first)
    workload.network = builder.network(output: builder.relu("a", of: builder.input))
    workload.measurement = .agreement
    let result = try BackendBenchmark(batch: 2, secondsPerWorkload: seconds).run(workload, on: backend)
    #expect(backend.prepared.load(ordering: .relaxed) == 1)
    // The counts of the first run.
    #expect(result.counts.agreement == [1])
    return result
  }

  @Test func aWorkloadRunsOnceAndThenAtLeastTwice() throws {
    let one = Counter(concurrentRuns: 1)
    let alone = try benchmark(one, seconds: 0)
    #expect(alone.runs == 2 && one.runs.load(ordering: .relaxed) == 3)
    #expect(alone.busyMilliseconds == alone.milliseconds)
    // Three in flight once to allocate, and twice as many as there is room for at least.
    let three = Counter(concurrentRuns: 3)
    #expect(try benchmark(three, seconds: 0).runs == 2)
    #expect(three.runs.load(ordering: .relaxed) == 1 + 2 + 3 + 3 * 2)
    let long = Counter(concurrentRuns: 3)
    #expect(try benchmark(long, seconds: 60).runs == 99)
    #expect(long.runs.load(ordering: .relaxed) == 1 + 99 + 3 + 3 * 25)
  }
}
