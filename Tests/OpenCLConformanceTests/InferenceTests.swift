import Compute
import Dispatch
import NetworkGraph
import OpenCL
import OpenCLBackend
import SearchSpaces
import Synchronization
import TestSupport
import Testing

/// Logits of every OpenCL device found, against the network evaluated in double precision.
@Suite(.enabled(if: !Found.candidates.isEmpty)) struct OpenCLInferenceTests {
  private func expectEqualLogits(_ network: Network, batch: Int, seed: UInt64) throws {
    let plan = try Plan(network, measurement: .logits, batch: batch, seed: seed)
    let images = RandomCases.images(for: plan, seed: seed)
    let reference = GraphEvaluation(network, images: images, seed: seed, mode: .initialRunningStatistics).logits
    for candidate in Found.candidates {
      let inference = try candidate.backend.inference(of: plan)
      #expect(inference.bytes == candidate.backend.memoryBound(of: plan))
      let logits = try inference.logits(of: images)
      try #require(logits.count == reference.count)
      let errors = zip(logits, reference).map { abs(Double($0) - $1) / max(1, abs($1)) }
      #expect(errors.allSatisfy { $0 <= 1e-5 }, "\(candidate.label): \(errors.max() ?? 0)")
      #expect(try inference.logits(of: images) == logits, "\(candidate.label)")
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func randomNetworks(seed: UInt64) throws {
    try expectEqualLogits(RandomCases.network(seed: seed), batch: seed % 2 == 0 ? 1 : 3, seed: seed)
  }

  /// Small enough for a simulator, too: Tests/oclgrind.sh.
  @Test(arguments: ConformanceCase.Operation.allCases, [1, 2])
  func operations(operation: ConformanceCase.Operation, batch: Int) throws {
    let conformanceCase = try ConformanceCase.operation(operation, batch: batch)
    try expectEqualLogits(conformanceCase.network, batch: batch, seed: conformanceCase.seed)
  }

  @Test(arguments: [3, 11])
  func branches(channels: Int) throws {
    let conformanceCase = try ConformanceCase.branches(channels: channels, batch: 2)
    try expectEqualLogits(conformanceCase.network, batch: 2, seed: conformanceCase.seed)
  }

  /// A value that is zero by construction: a step without terms.
  @Test(arguments: [true, false]) func zeros(hasClassifier: Bool) throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 2, width: 5))
    var output = builder.zero(like: builder.input)
    if hasClassifier {
      output = try builder.linear("classifier", of: builder.globalAveragePool(of: output), outputs: 10)
    }
    try expectEqualLogits(builder.network(output: output), batch: 2, seed: 1)
  }

  private static func nasBench201(seed: UInt64) throws -> Network {
    let space = NASBench201(channels: 8, cellsPerStage: 1)
    return try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
  }

  @Test(arguments: [1, 3], 0..<4 as Range<UInt64>)
  func nasBench201(batch: Int, seed: UInt64) throws {
    try expectEqualLogits(Self.nasBench201(seed: seed), batch: batch, seed: seed)
  }

  @Test(arguments: [1, 3])
  func cells(batch: Int) throws {
    let space = CellSpace(.darts, macroArchitecture: CellNetwork(width: 4, depth: 3))
    var draws = RandomCases.draws(seed: 3)
    let network = try space.network(
      of: space.randomArchitecture(&draws), input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
    try expectEqualLogits(network, batch: batch, seed: 3)
  }

  @Test func timesAreThoseOfSteps() throws {
    let plan = try Plan(Self.nasBench201(seed: 1), measurement: .logits, batch: 2, seed: 1)
    let images = RandomCases.images(for: plan, seed: 1)
    for candidate in Found.candidates {
      let times = try candidate.backend.inference(of: plan).timed(images)
      let device = try #require(times.device)
      #expect(times.steps.count == plan.steps.count)
      #expect(device > 0)
      #expect(times.steps.allSatisfy { $0 >= 0 })
      #expect(times.steps.reduce(0, +) <= device * (1 + 1e-9))
    }
  }

  /// Runs of several inferences and of a score, all at once.
  @Test func inferencesLeaveEachOtherAndScoresAlone() throws {
    let conformanceCase = try ConformanceCase.nasBench201(seed: 5)
    let scored = conformanceCase.plans[0]
    let scoredImages = conformanceCase.images(for: scored)
    let expected = try ScalarBackend().run(scored, images: scoredImages).counts
    let plans = try [1, 3].map { batch in
      try Plan(Self.nasBench201(seed: UInt64(batch)), measurement: .logits, batch: batch, seed: 1)
    }
    let images = plans.map { RandomCases.images(for: $0, seed: 2) }
    for candidate in Found.candidates {
      let inferences = try plans.map(candidate.backend.inference)
      let logits = try zip(inferences, images).map { try $0.logits(of: $1) }
      let failures = Mutex(0)
      DispatchQueue.concurrentPerform(iterations: 9) { number in
        let isRight =
          number % 3 < 2
          ? (try? inferences[number % 3].logits(of: images[number % 3])) == logits[number % 3]
          : (try? candidate.backend.run(scored, images: scoredImages).counts) == expected
        if !isRight { failures.withLock { $0 += 1 } }
      }
      #expect(failures.withLock { $0 } == 0, "\(candidate.label)")
    }
  }

  @Test func unsuitablePlansAndImagesAreErrors() throws {
    let network = try Self.nasBench201(seed: 1)
    let plan = try Plan(network, measurement: .logits, batch: 2, seed: 1)
    let counting = try Plan(network, measurement: .agreement, batch: 2, seed: 1)
    let images = RandomCases.images(for: plan, seed: 1)
    let one = RandomCases.images(shape: plan.buffers[plan.input], count: 1, seed: 1)
    for candidate in Found.candidates {
      let inference = try candidate.backend.inference(of: plan)
      let errors = [
        #expect(throws: BackendError.self) { try candidate.backend.inference(of: counting) },
        #expect(throws: BackendError.self) { try candidate.backend.run(plan, images: images).counts },
        #expect(throws: BackendError.self) { try inference.logits(of: one) },
        #expect(throws: BackendError.self) { try inference.timed(one) },
      ]
      #expect(errors.allSatisfy { $0?.code == .unsuitableImages })
    }
  }

  @Test func memoryIsRefusedBeforehand() throws {
    var info = Found.suitable[0]
    info.globalMemory = 1 << 10
    let plan = try Plan(Self.nasBench201(seed: 1), measurement: .logits, batch: 2, seed: 1)
    let error = try #require(throws: BackendError.self) { try OpenCLBackend(info).inference(of: plan) }
    #expect(error.code == .outOfMemory)
    #expect(error.reason.contains("the inference needs"))
  }

  /// No more than the fastest devices there are, no less than the slowest.
  @Test func peaksAreMeasured() throws {
    for candidate in Found.candidates {
      let peak = try candidate.backend.peakMultiplyAccumulates()
      #expect((1e6...1e16).contains(peak), "\(candidate.label): \(peak)")
    }
  }
}
