import Compute
import NetworkGraph
import Scoring
import Synchronization
import Testing

/// What a scorer asks of its backend, and what it makes of errors.
@Suite struct ScorerRunsTests {
  private final class Recorder: Backend {
    let batches = Mutex<[ImageBatch]>([])
    let prepared = Mutex<[Measurement]>([])
    /// Errors by measurement.
    let errors: [Measurement: BackendError]

    init(errors: [Measurement: BackendError] = [:]) { self.errors = errors }

    var device: Device { Device(backend: "recorder", name: "the first", kind: .gpu) }
    var concurrentRuns: Int { 1 }
    func memoryBound(of plan: Plan) -> Int { 0 }
    func prepare(_ plan: Plan) throws(BackendError) { prepared.withLock { $0.append(plan.measurement) } }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1 }

    func inference(of plan: Plan) throws(BackendError) -> any Inference {
      throw BackendError(.unsuitableImages, "none")
    }

    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      try check(images, for: plan)
      batches.withLock { $0.append(images) }
      if let error = errors[plan.measurement] { throw error }
      let counts =
        plan.measurement == .agreement
        ? Counts(agreement: (0..<plan.batch * plan.batch).map { $0 % (plan.batch + 1) == 0 ? 2 : 1 })
        : Counts(sites: [SiteCounts(name: "a", units: 8, d1: 3, d2: 5), SiteCounts(name: "b", units: 8, d1: 4, d2: 7)])
      return RunResult(counts: counts, device: Device(backend: "another", name: "the second", kind: .cpu))
    }
  }

  private func network() throws -> Network {
    var builder = NetworkBuilder(input: DataSet.cifar10.shape)
    return builder.network(output: builder.relu("a", of: builder.input))
  }

  private func scorer(_ backend: Recorder, _ proxies: Set<Proxy>, count: Int = 3) throws -> Scorer {
    Scorer(backend: backend, images: try Images.deadLeaves(.cifar10, count: count), sigma: 1, proxies: proxies)
  }

  private func score(
    _ errors: [Measurement: BackendError] = [:], _ proxies: Set<Proxy> = [.epads, .naswot]
  ) throws -> Score {
    try scorer(Recorder(errors: errors), proxies).score(network(), seed: 1)
  }

  @Test func numbersAreSumsOverSites() throws {
    let score = try score()
    #expect(score.status == .ok && score.error == nil && score.backendError == nil)
    #expect(score.snaswot == 7 && score.perturbation == 12)
    #expect(score.epads.map { abs($0 - 3.7612001156935624) < 1e-12 } == true)
    // det of 3x3 with 2 on the diagonal and else 1.
    #expect(score.naswot.map { abs($0 - 1.3862943611198906) < 1e-12 } == true)
    #expect(score.layers.count == 2 && score.reluSites == 1 && score.reluUnits == 3072)
    // The one that ran it, which may not be the one that was asked.
    #expect(score.device.name == "the second")
    let times = score.milliseconds
    #expect(times.prepare >= 0 && times.forward >= 0 && abs(times.total - times.prepare - times.forward) < 0.01)
  }

  @Test func onlyWhatIsAskedForIsRun() throws {
    for (proxies, expected) in [
      ([.epads], [.distances]), ([.naswot], [.agreement]), ([.epads, .naswot], [.distances, .agreement]), ([], []),
    ] as [(Set<Proxy>, [Measurement])] {
      let backend = Recorder()
      let score = try scorer(backend, proxies).score(network(), seed: 1)
      #expect(backend.prepared.withLock { $0 } == expected)
      #expect(backend.batches.withLock { $0.map(\.count) } == expected.map { $0 == .distances ? 6 : 3 })
      #expect((score.epads != nil) == proxies.contains(.epads) && (score.naswot != nil) == proxies.contains(.naswot))
    }
  }

  /// A device that is to blame may do better the next time; a network never does.
  @Test func errorsOfADeviceAreToldFromThoseOfTheNetwork() throws {
    for code in [.outOfMemory, .deviceUnavailable, .deviceFailed] as [BackendError.Code] {
      let failed = try score([.distances: BackendError(code, "gone")])
      #expect(failed.status == .failed && failed.error == "gone" && failed.backendError?.code == code)
      // The other proxy goes on.
      #expect(failed.epads == nil && failed.naswot != nil)
    }
    let beyond = try score([.distances: BackendError(.valueOutOfRange, "beyond")])
    #expect(beyond.status == .failed && beyond.error == "beyond" && beyond.backendError == nil)
    let later = try score([.agreement: BackendError(.deviceFailed, "later")])
    #expect(later.status == .failed && later.epads != nil && later.backendError?.reason == "later")
    let both = try score([
      .distances: BackendError(.valueOutOfRange, "first"), .agreement: BackendError(.deviceFailed, "second"),
    ])
    #expect(both.error == "first" && both.backendError?.reason == "second")
  }

  /// A backend tells a batch that it holds by its identity: seeds that come round must find theirs.
  @Test func batchesThatFitAreKept() throws {
    // 24 MB each: two are kept within 64 MiB, and the latest of the others.
    let backend = Recorder()
    let scorer = try scorer(backend, [.epads], count: 1000)
    let network = try network()
    for seed in [1, 2, 3, 1, 2, 3, 4, 1, 2, 4, 3] as [UInt64] { _ = scorer.score(network, seed: seed) }
    let batches = backend.batches.withLock { $0 }
    func areOne(_ places: Int...) -> Bool { Set(places.map { ObjectIdentifier(batches[$0]) }).count == 1 }
    #expect(areOne(0, 3, 7) && areOne(1, 4, 8) && areOne(2, 5) && areOne(6, 9))
    #expect(!areOne(0, 1) && !areOne(5, 10) && batches[5].values.suffix(9) == batches[10].values.suffix(9))
  }

  @Test func theCleanImagesAreOneBatch() throws {
    let backend = Recorder()
    let scorer = try scorer(backend, [.naswot])
    for seed in [1, 2] as [UInt64] { _ = scorer.score(try network(), seed: seed) }
    #expect(Set(backend.batches.withLock { $0.map(ObjectIdentifier.init) }).count == 1)
  }
}
