import BackendSelection
import Compute
import Foundation
import NetworkGraph
import Synchronization
import TestSupport
import Testing

/// Several runs in flight on a backend whose device fails.
@Suite struct ResilienceTests {
  /// Counts as the reference does until its device is lost.
  private final class FakeBackend: Backend {
    let name: String
    let runsUntilLost: Mutex<Int>

    init(_ name: String, runsUntilLost: Int = .max) {
      self.name = name
      self.runsUntilLost = Mutex(runsUntilLost)
    }

    var device: Device { Device(backend: name, name: name, kind: .gpu) }
    var concurrentRuns: Int { 4 }
    func memoryBound(of plan: Plan) -> Int { 0 }
    func prepare(_ plan: Plan) throws(BackendError) {}
    func inference(of plan: Plan) throws(BackendError) -> any Inference { try ScalarBackend().inference(of: plan) }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1 }

    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      let isLost = runsUntilLost.withLock { left in
        left -= 1
        return left < 0
      }
      usleep(1000)
      if isLost { throw BackendError(.deviceFailed, "\(name) is lost") }
      return RunResult(counts: try ScalarBackend().run(plan, images: images).counts, device: device)
    }
  }

  private struct Outcome {
    var devices: [String: Int] = [:]
    var notes: [String] = []
    var failures = 0
  }

  /// Forty runs on eight threads, all of which must count alike.
  private func outcome(of first: FakeBackend, fresh: FakeBackend, fallback: FakeBackend?) throws -> Outcome {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 4, width: 4))
    let network = builder.network(output: builder.relu("relu", of: builder.input))
    let plan = try Plan(network, measurement: .distances, batch: 2, seed: 1)
    let images = RandomCases.images(for: plan, seed: 1)
    let expected = try ScalarBackend().run(plan, images: images).counts
    let outcome = Mutex(Outcome())
    let made = Mutex(0)
    let backend = ResilientBackend(
      first,
      make: { () throws(BackendError) -> any Backend in
        made.withLock { $0 += 1 }
        return fresh
      }, fallback: fallback, note: { line in outcome.withLock { $0.notes.append(line) } })
    #expect(backend.concurrentRuns == 4)
    DispatchQueue.concurrentPerform(iterations: 40) { _ in
      let result = Result { () throws(BackendError) in try backend.run(plan, images: images) }
      outcome.withLock { outcome in
        switch result {
        case .success(let ran):
          #expect(ran.counts == expected)
          outcome.devices[ran.device.name, default: 0] += 1
        case .failure: outcome.failures += 1
        }
      }
    }
    if fallback != nil { #expect(made.withLock { $0 } <= 1, "no other than the first failure makes a fresh backend") }
    return outcome.withLock { $0 }
  }

  @Test func aFreshOneServesAll() throws {
    let found = try outcome(
      of: FakeBackend("first", runsUntilLost: 10), fresh: FakeBackend("fresh"), fallback: FakeBackend("fallback"))
    #expect(found.devices == ["first": 10, "fresh": 30])
    #expect(found.notes == ["first failed and works again: first is lost"])
  }

  @Test func theFallbackServesAll() throws {
    let found = try outcome(
      of: FakeBackend("first", runsUntilLost: 10), fresh: FakeBackend("fresh", runsUntilLost: 0),
      fallback: FakeBackend("fallback"))
    #expect(found.devices == ["first": 10, "fallback": 30])
    #expect(found.notes == ["first failed twice, fallback goes on: fresh is lost"])
  }

  @Test func withoutAFallbackRunsFail() throws {
    let found = try outcome(
      of: FakeBackend("first", runsUntilLost: 10), fresh: FakeBackend("fresh", runsUntilLost: 0), fallback: nil)
    #expect(found.devices == ["first": 10])
    #expect(found.failures == 30)
    #expect(found.notes.isEmpty)
  }
}
