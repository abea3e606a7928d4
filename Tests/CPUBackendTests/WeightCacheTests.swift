import CPUBackend
import Compute
import NetworkGraph
import TestSupport
import Testing

/// Packed weights are kept from run to run within a limit, and counts do not depend on which are.
@Suite struct WeightCacheTests {
  /// Eight of the convolutions below.
  private static let limit = 32 << 20
  private static let block = 4 << 20

  /// Pointwise convolutions one after the other, 4 MiB of weights each.
  private func plan(_ names: [String], seed: UInt64 = 1) throws -> Plan {
    var builder = NetworkBuilder(input: TensorShape(channels: 1024, height: 1, width: 2))
    var value = builder.input
    for name in names {
      value = builder.relu("\(name).0", of: value)
      value = try builder.convolution("\(name).1", of: value, Convolution(outputChannels: 1024, kernel: Extent(1)))
      value = builder.batchNormalization("\(name).2", of: value)
    }
    let network = builder.network(output: builder.relu("last", of: value))
    return try Plan(network, measurement: .agreement, batch: 2, seed: seed)
  }

  private func names(_ letter: String, _ count: Int) -> [String] { (0..<count).map { "\(letter)\($0)" } }

  private func counts(_ backend: CPUBackend, _ plan: Plan) throws -> Counts {
    try backend.run(plan, images: RandomCases.images(for: plan, seed: 5)).counts
  }

  /// How many blocks of each letter a backend holds.
  private func held(_ backend: CPUBackend) -> [String: Int] {
    Dictionary(grouping: backend.keptWeights, by: { String($0.branch.prefix(1)) }).mapValues(\.count)
  }

  private func bytes(_ backend: CPUBackend) -> Int { backend.keptWeights.reduce(0) { $0 + $1.bytes } }

  @Test func whatWasUsedLongestAgoGoesFirst() throws {
    let backend = try CPUBackend(threads: 2)
    let (a, b, c, d) = (
      try plan(names("a", 3)), try plan(names("b", 3)), try plan(names("c", 3)), try plan(names("d", 4))
    )
    for plan in [a, b] { _ = try counts(backend, plan) }
    #expect(held(backend) == ["a": 3, "b": 3])
    #expect(backend.keptWeights.allSatisfy { $0.bytes == Self.block && $0.seed == 1 })
    // Used again, the first is the younger one now; no more goes than has to.
    _ = try counts(backend, a)
    _ = try counts(backend, c)
    #expect(held(backend) == ["a": 3, "b": 2, "c": 3])
    #expect(bytes(backend) == Self.limit)
    _ = try counts(backend, d)
    #expect(held(backend) == ["a": 1, "c": 3, "d": 4])
    #expect(bytes(backend) == Self.limit)
    // What went is made again, and is the same.
    for plan in [b, a, d, c] { #expect(try counts(backend, plan) == counts(CPUBackend(threads: 2), plan)) }
    #expect(bytes(backend) <= Self.limit)
  }

  /// What a run itself takes stays, however much it is, and goes when others need the room.
  @Test func aPlanMayTakeMoreThanTheLimit() throws {
    let backend = try CPUBackend(threads: 2)
    let (small, large) = (try plan(names("a", 6)), try plan(names("a", 6) + names("b", 4)))
    _ = try counts(backend, small)
    #expect(try counts(backend, large) == counts(CPUBackend(threads: 2), large))
    #expect(held(backend) == ["a": 6, "b": 4])
    #expect(backend.memoryBound(of: large) - backend.memoryBound(of: small) >= 10 * Self.block - Self.limit)
    let other = try plan(names("c", 1))
    #expect(try counts(backend, other) == counts(CPUBackend(threads: 2), other))
    #expect(bytes(backend) == Self.limit && held(backend)["c"] == 1)
  }

  @Test func seedsHaveWeightsOfTheirOwn() throws {
    let backend = try CPUBackend(threads: 2)
    let plans = try (1...3 as ClosedRange<UInt64>).map { try plan(names("a", 3), seed: $0) }
    let first = try plans.map { try counts(backend, $0) }
    #expect(Set(first).count == 3)
    #expect(try plans.reversed().map { try counts(backend, $0) } == first.reversed())
    #expect(bytes(backend) <= Self.limit && Set(backend.keptWeights.map(\.seed)).count == 3)
  }
}
