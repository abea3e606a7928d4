import Compute
import NetworkGraph
import SearchSpaces
import Testing
import TestSupport

@Suite struct PlanTests {
  private func described(_ sites: [Plan.Site]) -> [String] { sites.map { "\($0.name) \($0.units)" } }

  private func described(_ term: Plan.Term) -> String {
    switch term.kind {
    case .normalized(let buffer, let statistics): "normalized \(buffer) with \(statistics)"
    case .identity(let source): "\(source.activation == .relu ? "rectified" : "identity") \(source.buffer)"
    case .averagePool(let source, _): "pooled \(source.buffer)"
    case .maxPool(let source, _): "maximum of \(source.buffer)"
    }
  }

  @Test(arguments: 0..<600 as Range<UInt64>)
  func randomNetworks(seed: UInt64) throws {
    let network = try RandomCases.network(seed: seed)
    for measurement in [Measurement.distances, .agreement, .logits] {
      let plan = try Plan(network, measurement: measurement, batch: 2, seed: seed)
      #expect(PlanAudit(plan, of: network).problems == [])
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func benchmarkNetworks(seed: UInt64) throws {
    let space = NASBench201()
    let network = try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
    for measurement in [Measurement.distances, .agreement, .logits] {
      let plan = try Plan(network, measurement: measurement, batch: 128, seed: seed)
      #expect(PlanAudit(plan, of: network).problems == [])
      #expect(plan.images == (measurement == .distances ? 256 : 128))
      #expect(plan.batch == 128)
      #expect(plan.seed == seed)
    }
  }

  /// A ReLU that the output does not depend on, and one after it.
  @Test func agreementCountsWhatReachesTheOutput() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 1, height: 4, width: 4))
    let used = builder.relu("used", of: builder.input)
    let aside = try builder.convolution("convolution", of: used, Convolution(outputChannels: 2, kernel: Extent(1)))
    _ = builder.relu("aside", of: aside)
    let network = builder.network(output: builder.globalAveragePool(of: used))
    let distances = try Plan(network, measurement: .distances, batch: 2, seed: 1)
    #expect(described(distances.sites) == ["used 16", "aside 32"])
    let agreement = try Plan(network, measurement: .agreement, batch: 2, seed: 1)
    #expect(described(agreement.sites) == ["used 16"])
    #expect(agreement.steps.count == 1)
  }

  /// Sums are flattened in the order of the network; a zero leaves no term.
  @Test func sumsAreFlattenedInOrder() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 4, width: 4))
    var values: [ValueID] = []
    for name in ["a", "b", "c"] {
      values.append(try builder.convolution(name, of: builder.input, Convolution(outputChannels: 2, kernel: Extent(1))))
    }
    let normalized = builder.batchNormalization("normalization", of: values[1])
    let pooled = try builder.averagePool(
      "pool", of: values[2], Pooling(kernel: Extent(3), stride: Extent(1), padding: Extent(1)))
    let right = try builder.add(builder.add(normalized, builder.zero(like: values[2])), pooled)
    let sum = try builder.add(values[0], right)
    let first = builder.relu("first", of: sum)
    let second = try builder.relu("second", of: builder.add(sum, builder.zero(like: first)))
    let plan = try Plan(builder.network(output: second), measurement: .distances, batch: 1, seed: 1)
    try #require(plan.steps.count == 2)
    #expect(plan.steps[0].branches.map(\.weights.name) == ["a.weight", "b.weight", "c.weight"])
    let node = plan.steps[1]
    #expect(node.terms.map(described) == ["identity 1", "normalized 2 with 0", "pooled 3"])
    #expect(node.sites == [0, 1], "ReLUs of one value share its code")
    #expect(node.output == nil)
  }

  /// Dense, 3x3, neither strided nor dilated, and at least 8 input channels.
  @Test func algorithms() {
    func algorithm(_ kernel: Extent, stride: Int = 1, dilation: Int = 1, inputs: Int = 8) -> Plan.Branch.Algorithm {
      let convolution = Convolution(
        outputChannels: 1, kernel: kernel, stride: Extent(stride), padding: Extent(2), dilation: Extent(dilation))
      return .canonical(for: convolution, inputChannels: inputs)
    }
    #expect(algorithm(Extent(3)) == .winograd)
    #expect(algorithm(Extent(3), inputs: 70) == .winograd)
    #expect(algorithm(Extent(3), inputs: 7) == .direct)
    #expect(algorithm(Extent(3), stride: 2) == .direct)
    #expect(algorithm(Extent(3), dilation: 2) == .direct)
    #expect(algorithm(Extent(1)) == .direct)
    #expect(algorithm(Extent(1, 3)) == .direct)
    #expect(algorithm(Extent(5)) == .direct)
  }

  /// Convolutions join the step whose value they read, as long as all of them read it through a ReLU or none does.
  @Test func convolutionsJoinTheirValue() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 4, width: 4))
    let value = builder.batchNormalization("normalization", of: builder.input)
    let rectified = builder.relu("relu", of: value)
    var last = value
    for (name, read) in [("a", rectified), ("b", rectified), ("c", value)] {
      let convolved = try builder.convolution(name, of: read, Convolution(outputChannels: 2, kernel: Extent(1)))
      last = builder.relu(name + ".relu", of: convolved)
    }
    let plan = try Plan(builder.network(output: last), measurement: .distances, batch: 1, seed: 1)
    let reading = plan.steps.filter { !$0.branches.isEmpty }
    #expect(reading.map { $0.branches.map(\.weights.name) } == [["a.weight", "b.weight"], ["c.weight"]])
    #expect(reading.map(\.activation) == [.relu, .identity])
    #expect(reading.map { $0.output == nil } == [false, true])
    #expect(reading[0].isKept)
    #expect(reading[1].source.buffer == reading[0].output)
  }

  @Test func zerosMakeNoSteps() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 5, width: 5))
    let zero = builder.zero(like: builder.input)
    var value = try builder.convolution("a", of: zero, Convolution(outputChannels: 3, kernel: Extent(3)))
    value = builder.batchNormalization("b", of: value)
    value = try builder.add(value, builder.zero(like: value))
    value = try builder.averagePool("c", of: value, Pooling(kernel: Extent(2), stride: Extent(1)))
    value = builder.relu("d", of: value)
    let network = builder.network(output: builder.globalAveragePool(of: value))
    let distances = try Plan(network, measurement: .distances, batch: 3, seed: 1)
    #expect(distances.steps.isEmpty)
    #expect(distances.largestCode == 0)
    #expect(described(distances.sites) == ["d 12"])
    let images = RandomCases.images(for: distances, seed: 1)
    let counts = try ScalarBackend().run(distances, images: images).counts
    #expect(counts == Counts(sites: [SiteCounts(name: "d", units: 12, d1: 0, d2: 0)]))
    let agreement = try Plan(network, measurement: .agreement, batch: 3, seed: 1)
    #expect(agreement.steps.isEmpty)
    let agreed = try ScalarBackend().run(agreement, images: RandomCases.images(for: agreement, seed: 1)).counts
    #expect(agreed == Counts(agreement: Array(repeating: 12, count: 9)))
  }

  /// A ReLU that reads what a classifier makes is a site like all others.
  @Test func activationsAfterTheClassifierAreCounted() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 2, height: 5, width: 5))
    let pooled = builder.globalAveragePool(of: builder.input)
    let rectified = builder.relu("late", of: pooled)
    let logits = try builder.linear("classifier", of: rectified, outputs: 2)
    let network = builder.network(output: builder.relu("last", of: logits))
    for measurement in [Measurement.distances, .agreement] {
      let plan = try Plan(network, measurement: measurement, batch: 1, seed: 1)
      #expect(plan.sites.map(\.name) == ["late", "last"])
      #expect(Set(plan.steps.flatMap(\.sites)) == [0, 1])
    }
  }

  /// A network without zeros or dead ends carries out all of its operations; the bias of its classifier is no product.
  @Test func operationsThatAreCarriedOut() throws {
    let space = NASBench201()
    func counts(_ index: Int) throws -> (plan: Int, network: Int) {
      let network = try space.network(
        of: space.architecture(index: index), input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
      return (
        try Plan(network, measurement: .logits, batch: 1, seed: 1).multiplyAccumulates, network.multiplyAccumulates
      )
    }
    let whole = try counts(1462)
    #expect(whole.plan == whole.network - 10)
    // Nothing but the classifier is left of a cell of zeros.
    let none = try space.architecture(text: NASBench201.text(of: Array(repeating: .none, count: 6)))
    #expect(try counts(#require(none.index)).plan == 640)
  }

  @Test func passesEndWhereStatisticsAreWaitedFor() throws {
    let space = NASBench201()
    func steps(_ cell: [NASBench201.EdgeOperation]) throws -> [Int] {
      let network = try space.network(
        of: space.architecture(text: NASBench201.text(of: cell)),
        input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
      return try Plan(network, measurement: .distances, batch: 2, seed: 1).passes.map(\.steps.count)
    }
    // The stem, then three stages of five cells of three nodes, between two stages a convolution that waits for
    // another, and what becomes of the normalised value at the end.
    let pools = try steps(Array(repeating: .averagePool3x3, count: 6))
    #expect(pools.count == 7)
    #expect(pools.count { $0 >= 15 } == 3)
    // Every node waits for those before it.
    let convolutions = try steps(Array(repeating: .convolution3x3, count: 6))
    #expect(convolutions.count > 3 * 5 * 3)
  }

  @Test func batchesOfNoImages() throws {
    let network = try RandomCases.network(seed: 1)
    #expect(throws: PlanError.batchTooSmall(0)) { try Plan(network, measurement: .agreement, batch: 0, seed: 1) }
    #expect(throws: PlanError.batchTooSmall(-3)) { try Plan(network, measurement: .distances, batch: -3, seed: 1) }
  }

  @Test func channelsAreAligned() throws {
    #expect([0, 1, 7, 8, 9, 16].map(Plan.aligned) == [0, 8, 8, 8, 16, 16])
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 5, width: 7))
    let network = builder.network(output: builder.relu("relu", of: builder.input))
    let plan = try Plan(network, measurement: .distances, batch: 1, seed: 1)
    #expect(plan.placement(.fused).count == 8 * 35)
    #expect(plan.placement(.stepwise).count == 8 * 35)
    #expect(plan.largestCode == 8 * 35)
  }
}
