import NetworkGraph
import SearchSpaces
import Testing

@Suite struct ResNetTests {
  static let image = TensorShape(channels: 3, height: 32, width: 32)

  /// What NDS counts: every value of a batch normalisation is five operations.
  static func publishedOperations(_ network: Network) -> Int {
    let normalized = network.operations.filter { $0.kind == .batchNormalization(BatchNormalization()) }.reduce(0) {
      $0 + $1.shape.count
    }
    return network.multiplyAccumulates + 5 * normalized
  }

  /// Parameters and operations of entries of NDS, as NNI's documentation shows them
  /// (<https://github.com/microsoft/nni/blob/master/docs/source/tutorials/nasbench_as_dataset.rst>).
  @Test(arguments: [
    (
      "ResNet(block=res_bottleneck_block, ds=[1, 16, 1, 4], ws=[16, 64, 128, 16], ss=[1, 1, 2, 2], "
        + "bot_muls=[0.0, 0.25, 0.25, 0.25], num_gs=[1, 2, 1, 2])", 83_002, 69_890_986
    ),
    ("ResNet(block=res_basic_block, ds=[1, 12, 12, 12], ws=[16, 24, 24, 40], ss=[1, 1, 2, 2])", 594_138, 184_519_578),
    ("ResNet(block=vanilla_block, ds=[1, 12, 12, 12], ws=[16, 24, 32, 40], ss=[1, 1, 2, 2])", 689_770, 208_363_930),
  ])
  func countsAreThePublishedOnes(text: String, parameters: Int, operations: Int) throws {
    let network = try ResNet(text: text).network(input: Self.image, classes: 10)
    #expect(network.parameterCount == parameters)
    #expect(Self.publishedOperations(network) == operations)
  }

  /// The same for cells: an entry of NDS's Amoeba.
  @Test func countsOfCellsAreThePublishedOnes() throws {
    func cell(_ edges: [(CellOperation, Int)], _ concatenation: [Int]) throws -> Genotype.Cell {
      try Genotype.Cell(edges: edges.map { Genotype.Edge($0.0, $0.1) }, concatenation: concatenation)
    }
    let genotype = Genotype(
      normal: try cell(
        [
          (.averagePool3x3, 0), (.factoredConvolution7, 1), (.separableConvolution3x3, 2),
          (.separableConvolution5x5, 0), (.dilatedSeparableConvolution3x3, 2), (.dilatedSeparableConvolution3x3, 2),
          (.skipConnect, 4), (.dilatedSeparableConvolution3x3, 4), (.factoredConvolution7, 2),
          (.separableConvolution3x3, 4),
        ], [3, 5, 6]),
      reduction: try cell(
        [
          (.averagePool3x3, 0), (.dilatedSeparableConvolution3x3, 1), (.separableConvolution3x3, 0),
          (.separableConvolution3x3, 0), (.skipConnect, 2), (.separableConvolution7x7, 0), (.factoredConvolution7, 4),
          (.skipConnect, 4), (.factoredConvolution7, 0), (.factoredConvolution7, 5),
        ], [3, 6]))
    let network = try CellNetwork(width: 32, depth: 12).network(of: genotype, input: Self.image, classes: 10)
    #expect(network.parameterCount == 4_190_314)
    #expect(abs(Double(Self.publishedOperations(network)) / 664_400_586 - 1) < 0.015)
  }

  @Test(arguments: [
    "ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2])",
    " ResNet ( ss = [1,2] , ws=[16.0,32],ds=[1,2.0],block=res_basic_block, bot_muls=[], num_gs=[] ) ",
    "ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2], bot_muls=[0, 0.5], num_gs=[1, 4])",
    "'ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2])',",
    "2031 INFO best: ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2]);",
  ])
  func textsOfOneNetworkAreEqual(text: String) throws {
    let network = try ResNet(text: text.replacing("ResNet (", with: "ResNet("))
    #expect(network.text == "ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2])")
    #expect(try ResNet(text: network.text) == network)
    let architecture = try NDSSpace().architecture(text: network.text)
    #expect(architecture.key == Architecture(text: network.text))
  }

  @Test(arguments: [
    ("ResNet", 0, "expected 'ResNet('"), ("ResNet(", 7, "expected '='"), ("ResNet(x=1)", 7, "expected block, ds"),
    ("ResNet(block=vanilla_block, ds=1)", 31, "expected '['"), ("ResNet(ds=[1,]", 13, "expected a number"),
    ("ResNet(ds=[1, nan]", 14, "expected a number"), ("ResNet(ds=[1]", 13, "expected ')'"),
    ("ResNet(ds=[1], ds=[1])", 15, "'ds' stands twice"), ("ResNet(ds=[1]) x", 15, "unexpected text"),
  ])
  func brokenTextsAreRefused(text: String, position: Int, reason: String) {
    let error = #expect(throws: ArchitectureError.self) { try ResNet(text: text) }
    #expect(error?.position == position)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }

  @Test(arguments: [
    ("ds=[1], ws=[16], ss=[1]", "one number for the stem and one a stage"),
    ("ds=[1, 2], ws=[16], ss=[1, 1]", "their lengths differ"),
    ("ds=[2, 2], ws=[16, 16], ss=[1, 1]", "the first depth is that of the stem, which is 1: 2"),
    ("ds=[1, 0], ws=[16, 16], ss=[1, 1]", "a depth is from 1 to 1000: 0"),
    ("ds=[1, 1.5], ws=[16, 16], ss=[1, 1]", "'ds' has 1.5, which is no whole number"),
    ("ds=[1, 1e99], ws=[16, 16], ss=[1, 1]", "which is no whole number"),
    ("ds=[1, 1], ws=[16, 9000], ss=[1, 1]", "a width is from 1 to 8192: 9000"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 9]", "a stride is from 1 to 8: 9"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 1], bot_muls=[0, 0]", "a multiplier of a bottleneck"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 1], bot_muls=[0, 1e9]", "a multiplier of a bottleneck"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 1], bot_muls=[0, 0.01]", "the channels in a bottleneck is from 1"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 1]", "bot_muls is missing, the inner width of every bottleneck as a share"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 1], bot_muls=[], num_gs=[1, 2]", "bot_muls is missing"),
    ("ds=[1, 1], ws=[16, 16], ss=[1, 1], num_gs=[1, 17]", "the number of groups is from 1 to 16: 17"),
  ])
  func numbersOutOfRangeAreRefused(lists: String, reason: String) {
    let text = "ResNet(block=res_bottleneck_block, \(lists))"
    let error = #expect(throws: ArchitectureError.self) { try ResNet(text: text) }
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    #expect(error?.text == text)
  }

  @Test func whatDoesNotFitIsNoNetwork() throws {
    let space = NDSSpace()
    let uneven = try space.architecture(
      text: "ResNet(block=res_bottleneck_block, ds=[1, 1], ws=[16, 16], ss=[1, 1], bot_muls=[0, 1], num_gs=[1, 3])")
    let error = #expect(throws: ArchitectureError.self) {
      try space.network(of: uneven, input: Self.image, classes: 10)
    }
    #expect(error?.reason.contains("s1.b1.f.b: 3 groups do not divide") == true)
    let large = NDSSpace(isForImageNet: true)
    #expect(throws: ArchitectureError.self) { try large.network(of: uneven, input: Self.image, classes: 10) }
    for text in [
      "", "foo", "Genotype(", "Genotype() width=3", "Genotype() width=3 depth=2 auxiliary=2", "x) width=1 width=2",
    ] {
      #expect(throws: ArchitectureError.self) { try space.architecture(text: text) }
    }
    #expect(throws: ArchitectureError.self) { try space.architecture(index: 0) }
  }
}
