import Compute
import NetworkGraph
import SearchSpaces
import Testing
import TestSupport

/// Plans give what their networks give: the steps of one, rounded to float, against the operations of the other.
@Suite struct LoweringTests {
  private static let batch = 3

  /// Rounding turns a few signs in a million; a wrong weight, term or order of operations about half of them.
  private func expectClose(_ value: Int, _ reference: Int, units: Int, _ what: String) {
    #expect(abs(value - reference) <= 1 + units / 1000, "\(what): \(value), not \(reference), of \(units)")
  }

  private func expectEqualDistances(_ network: Network, seed: UInt64) throws {
    let plan = try Plan(network, measurement: .distances, batch: Self.batch, seed: seed)
    let images = RandomCases.images(for: plan, seed: seed)
    let counts = try ScalarBackend().run(plan, images: images).counts
    let reference = GraphEvaluation(network, images: images, seed: seed).distances()
    #expect(counts.sites.map(\.name) == reference.map(\.name))
    #expect(counts.sites.map(\.units) == reference.map(\.units))
    for (site, reference) in zip(counts.sites, reference) {
      expectClose(site.d1, reference.d1, units: site.units * Self.batch, "d1 of \(site.name)")
      expectClose(site.d2, reference.d2, units: site.units * Self.batch, "d2 of \(site.name)")
    }
  }

  private func expectEqualAgreement(_ network: Network, seed: UInt64) throws {
    let plan = try Plan(network, measurement: .agreement, batch: Self.batch, seed: seed)
    let images = RandomCases.images(for: plan, seed: seed)
    let counts = try ScalarBackend().run(plan, images: images).counts
    let reference = GraphEvaluation(network, images: images, seed: seed).agreement()
    let units = plan.sites.reduce(0) { $0 + $1.units }
    try #require(counts.agreement.count == Self.batch * Self.batch)
    for (pair, (value, reference)) in zip(counts.agreement, reference).enumerated() {
      expectClose(Int(value), Int(reference), units: units, "agreement \(pair)")
      if pair % (Self.batch + 1) == 0 { #expect(value == units) }
    }
  }

  private func expectEqualLogits(_ network: Network, seed: UInt64) throws {
    let plan = try Plan(network, measurement: .logits, batch: Self.batch, seed: seed)
    let images = RandomCases.images(for: plan, seed: seed)
    let logits = try ScalarBackend().inference(of: plan).logits(of: images)
    let reference = GraphEvaluation(network, images: images, seed: seed, mode: .initialRunningStatistics).logits
    try #require(logits.count == reference.count)
    for (logit, reference) in zip(logits, reference) {
      #expect(abs(Double(logit) - reference) <= 1e-5 * max(1, abs(reference)), "\(logit), not \(reference)")
    }
    #expect(plan.sites.isEmpty && plan.steps.allSatisfy { $0.sites.isEmpty && $0.statistics == nil })
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func logitsOfRandomNetworks(seed: UInt64) throws {
    try expectEqualLogits(RandomCases.network(seed: seed), seed: seed)
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func distancesOfRandomNetworks(seed: UInt64) throws {
    try expectEqualDistances(RandomCases.network(seed: seed), seed: seed)
  }

  @Test(arguments: 1000..<1050 as Range<UInt64>)
  func agreementOfRandomNetworks(seed: UInt64) throws {
    try expectEqualAgreement(RandomCases.network(seed: seed), seed: seed)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func benchmarkNetworks(seed: UInt64) throws {
    let space = NASBench201(channels: 3, cellsPerStage: 2)
    let network = try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 8, width: 12), classes: 10)
    try expectEqualDistances(network, seed: seed)
    try expectEqualAgreement(network, seed: seed)
    try expectEqualLogits(network, seed: seed)
  }
}

/// The generator makes what it promises, or the tests above show little.
@Suite struct RandomNetworkTests {
  private enum Feature: Hashable, CaseIterable {
    case stride, dilation, groups, depthwise, oblongKernel, kernel5, oddChannels, pool, zero, nestedSum
    case reluOfReLU, reluOfSum, reluOfConvolution, reluOfPool, reluOfInput
    case normalizationOfReLU, normalizationOfInput, normalizationOfSum, sumOfReLU, sumOfZero
    case unreachedReLU, winograd, maxPool, concatenation, offset, convolutionOfConvolution
  }

  private func features(of network: Network) -> Set<Feature> {
    var features = Set<Feature>()
    let reached = network.reachesOutput
    for (index, operation) in network.operations.enumerated() {
      let inputs = operation.inputs.map { network[$0].kind }
      switch (operation.kind, inputs.first) {
      case (.convolution(let convolution), _):
        if convolution.stride != Extent(1) { features.insert(.stride) }
        if convolution.dilation != Extent(1) { features.insert(.dilation) }
        if convolution.groups > 1 { features.insert(.groups) }
        if convolution.groups > 1, convolution.groups == operation.shape.channels { features.insert(.depthwise) }
        if convolution.kernel.height != convolution.kernel.width { features.insert(.oblongKernel) }
        if convolution.offset != Extent(0) { features.insert(.offset) }
        if case .convolution = inputs[0] { features.insert(.convolutionOfConvolution) }
        if convolution.kernel.height == 5 { features.insert(.kernel5) }
        let inputs = network[operation.inputs[0]].shape.channels
        if Plan.Branch.Algorithm.canonical(for: convolution, inputChannels: inputs) == .winograd {
          features.insert(.winograd)
        }
        if convolution.outputChannels > 8, convolution.outputChannels % 4 != 0 { features.insert(.oddChannels) }
      case (.activation, .activation): features.insert(.reluOfReLU)
      case (.activation, .add): features.insert(.reluOfSum)
      case (.activation, .convolution): features.insert(.reluOfConvolution)
      case (.activation, .averagePool): features.insert(.reluOfPool)
      case (.activation, .input): features.insert(.reluOfInput)
      case (.batchNormalization, .activation): features.insert(.normalizationOfReLU)
      case (.batchNormalization, .input): features.insert(.normalizationOfInput)
      case (.batchNormalization, .add): features.insert(.normalizationOfSum)
      case (.averagePool, _): features.insert(.pool)
      case (.maxPool, _): features.insert(.maxPool)
      case (.concatenation, _): features.insert(.concatenation)
      case (.zero, _): features.insert(.zero)
      case (.add, _):
        if inputs.contains(.activation(.relu)) { features.insert(.sumOfReLU) }
        if inputs.contains(.zero) { features.insert(.sumOfZero) }
        if inputs.contains(.add) { features.insert(.nestedSum) }
      default: break
      }
      if operation.kind == .activation(.relu), !reached[index] { features.insert(.unreachedReLU) }
    }
    return features
  }

  @Test func showEveryFeatureOften() throws {
    var counts: [Feature: Int] = [:]
    for seed in 0..<150 as Range<UInt64> {
      let network = try RandomCases.network(seed: seed)
      #expect(!network.sites.isEmpty)
      for feature in features(of: network) { counts[feature, default: 0] += 1 }
    }
    for feature in Feature.allCases { #expect(counts[feature, default: 0] >= 10, "\(feature)") }
  }

  @Test func areRepeatable() throws {
    for seed in 0..<10 as Range<UInt64> {
      #expect(try RandomCases.network(seed: seed) == RandomCases.network(seed: seed))
      #expect(try RandomCases.network(seed: seed) != RandomCases.network(seed: seed + 1))
    }
  }
}
