import BackendSelection
import Compute
import NetworkGraph
import Synchronization
import TestSupport
import Testing

/// Latencies on a device that fails: the fresh one takes them, and never another device.
@Suite struct ResilientInferenceTests {
  private final class FakeBackend: Backend {
    let name: String
    /// What is thrown by the first so many calls.
    let failures: Mutex<(left: Int, code: BackendError.Code)>
    let asked = Mutex(0)

    init(_ name: String, failures: Int = 0, code: BackendError.Code = .deviceFailed) {
      self.name = name
      self.failures = Mutex((failures, code))
    }

    var device: Device { Device(backend: name, name: name, kind: .gpu) }
    func prepare(_ plan: Plan) throws(BackendError) {}
    var concurrentRuns: Int { 1 }
    func memoryBound(of plan: Plan) -> Int { name.count }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { Double(name.count) }

    private func fail() throws(BackendError) {
      let error = failures.withLock { failures -> BackendError? in
        failures.left -= 1
        return failures.left >= 0 ? BackendError(failures.code, "\(name) is lost") : nil
      }
      if let error { throw error }
    }

    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      try fail()
      return RunResult(counts: try ScalarBackend().run(plan, images: images).counts, device: device)
    }

    func inference(of plan: Plan) throws(BackendError) -> any Inference {
      asked.withLock { $0 += 1 }
      try fail()
      return try ScalarBackend().inference(of: plan)
    }
  }

  private func plan(_ measurement: Measurement) throws -> Plan {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 4, width: 4))
    let network = builder.network(output: builder.relu("a", of: builder.input))
    return try Plan(network, measurement: measurement, batch: 2, seed: 1)
  }

  private func resilient(
    _ first: FakeBackend, fresh: FakeBackend, fallback: FakeBackend? = nil
  ) -> ResilientBackend {
    ResilientBackend(first, make: { () throws(BackendError) -> any Backend in fresh }, fallback: fallback) { _ in }
  }

  @Test func oneFailureIsTriedOnAFreshDevice() throws {
    let (first, fresh, fallback) = (
      FakeBackend("first", failures: 1), FakeBackend("fresh"), FakeBackend("fallback")
    )
    let backend = resilient(first, fresh: fresh, fallback: fallback)
    let plan = try plan(.logits)
    #expect(try backend.inference(of: plan).plan.measurement == .logits)
    // It stays: the next one is made there at once.
    #expect(backend.device.name == "fresh")
    _ = try backend.inference(of: plan)
    #expect([first, fresh, fallback].map { $0.asked.withLock { $0 } } == [1, 2, 0])
    #expect(backend.memoryBound(of: plan) == 5)
    #expect(try backend.peakMultiplyAccumulates() == 5)
  }

  @Test func twoFailuresAreAnErrorAndNotTheFallbacks() throws {
    let (first, fresh, fallback) = (
      FakeBackend("first", failures: 1), FakeBackend("fresh", failures: 9), FakeBackend("fallback")
    )
    let backend = resilient(first, fresh: fresh, fallback: fallback)
    let error = #expect(throws: BackendError.self) { try backend.inference(of: plan(.logits)) }
    #expect(error?.reason == "fresh is lost")
    #expect(fallback.asked.withLock { $0 } == 0)
  }

  /// What is too large for a device is too large for a fresh one.
  @Test(arguments: [BackendError.Code.outOfMemory, .valueOutOfRange, .unsuitableImages, .deviceUnavailable])
  func otherErrorsAreNotTriedAgain(code: BackendError.Code) throws {
    let (first, fresh) = (FakeBackend("first", failures: 1, code: code), FakeBackend("fresh"))
    let backend = resilient(first, fresh: fresh)
    #expect(throws: BackendError.self) { try backend.inference(of: plan(.logits)) }
    #expect(fresh.asked.withLock { $0 } == 0 && backend.device.name == "first")
  }

  /// Runs, not inferences: what the network is to blame for stays, what the device is to blame for goes to another.
  @Test(arguments: [
    (BackendError.Code.outOfMemory, "fresh"), (.deviceFailed, "fresh"), (.deviceUnavailable, "fresh"),
    (.valueOutOfRange, "first"), (.unsuitableImages, "first"),
  ])
  func aRunIsTriedAgainWhereTheDeviceIsToBlame(code: BackendError.Code, name: String) throws {
    let plan = try plan(.distances)
    let images = RandomCases.images(for: plan, seed: 1)
    let fallback = FakeBackend("fallback")
    let backend = resilient(
      FakeBackend("first", failures: 1, code: code), fresh: FakeBackend("fresh"), fallback: fallback)
    if name == "first" {
      #expect(throws: BackendError.self) { try backend.run(plan, images: images) }
    } else {
      #expect(try backend.run(plan, images: images).counts == ScalarBackend().run(plan, images: images).counts)
    }
    #expect(backend.device.name == name)
  }

  /// The fallback is the end: its errors are nobody else's.
  @Test func theFallbacksErrorsAreErrors() throws {
    let plan = try plan(.distances)
    let images = RandomCases.images(for: plan, seed: 1)
    let fallback = FakeBackend("fallback", failures: 2)
    let fresh = FakeBackend("fresh", failures: 1)
    let backend = resilient(FakeBackend("first", failures: 1), fresh: fresh, fallback: fallback)
    for _ in 0..<2 {
      let error = #expect(throws: BackendError.self) { try backend.run(plan, images: images) }
      #expect(error?.reason == "fallback is lost")
    }
    #expect(try backend.run(plan, images: images).device.name == "fallback")
    #expect(throws: Never.self) { try backend.inference(of: self.plan(.logits)) }
    #expect(fresh.asked.withLock { $0 } == 0)
  }
}
