import NetworkGraph
import SearchSpaces
import TestSupport
import Testing

@Suite struct CellNetworkTests {
  private func image(_ size: Int) -> TensorShape { TensorShape(channels: 3, height: size, width: size) }

  @Test(arguments: CellReferenceModel.all)
  func equalsReference(_ model: CellReferenceModel) throws {
    let genotype = try Genotype(text: model.text)
    let network = try model.macroArchitecture.network(of: genotype, input: image(model.size), classes: 10)
    // The batch normalisation of a factorised reduction is one module and two operations, one a half.
    var shapes: [String: TensorShape] = [:]
    for operation in network.operations where !operation.name.isEmpty {
      shapes[
        operation.name, default: TensorShape(channels: 0, height: operation.shape.height, width: operation.shape.width)
      ]
      .channels += operation.shape.channels
    }
    let layers = shapes.map { "\($0.key) \($0.value)" }
    let weights = network.operations.compactMap { operation -> String? in
      guard case .convolution(let convolution) = operation.kind else { return nil }
      let inputChannels = network[operation.inputs[0]].shape.channels / convolution.groups
      let kernel = convolution.kernel
      return
        "\(operation.weights?.name ?? "") \(operation.shape.channels)x\(inputChannels)x\(kernel.height)x\(kernel.width)"
    }
    let relus = network.sites.map { network[$0].name }
    #expect(network.parameterCount == model.parameters)
    #expect(layers.count == model.layers)
    #expect(Checksum.of(lines: layers.sorted()) == model.layersChecksum)
    #expect(weights.count == model.weights)
    #expect(Checksum.of(lines: weights.sorted()) == model.weightsChecksum)
    #expect(relus.count == model.relus)
    #expect(Checksum.of(lines: relus) == model.relusChecksum)
  }

  /// The shape of what the cells hand on, for every genotype that a family draws.
  @Test(arguments: CellSpace.Family.allCases)
  func randomGenotypesMakeNetworks(_ family: CellSpace.Family) throws {
    for hasImageNetStem in [false, true] {
      let macroArchitecture = CellNetwork(width: 4, depth: 4, hasImageNetStem: hasImageNetStem)
      let space = CellSpace(family, macroArchitecture: macroArchitecture)
      var draws = RandomCases.draws(seed: 7)
      for _ in 0..<100 {
        let architecture = space.randomArchitecture(&draws)
        let network = try space.network(of: architecture, input: image(64), classes: 7)
        #expect(network[network.output].shape == TensorShape(channels: 7, height: 1, width: 1))
        let classifier = network[network.output]
        let pooled = network[classifier.inputs[0]]
        let last = network[pooled.inputs[0]].shape
        // Cells 1 and 2 of four halve the image; the last has four times the first one's channels a state.
        let genotype = try Genotype(text: architecture.text)
        let side = hasImageNetStem ? 2 : 16
        let channels = 16 * genotype.normal.concatenation.count
        #expect(last == TensorShape(channels: channels, height: side, width: side), "\(architecture.text)")
      }
    }
  }

  @Test func whatDoesNotFitIsAnError() throws {
    let space = CellSpace(.darts, macroArchitecture: CellNetwork(width: 4, depth: 3))
    // The reduction's output is half as large as the state that it is concatenated with.
    let architecture = try space.architecture(
      text: """
        Genotype(normal=[('none', 0), ('none', 1)], normal_concat=[2],
          reduce=[('none', 0), ('none', 1)], reduce_concat=[1, 2])
        """)
    do {
      _ = try space.network(of: architecture, input: image(16), classes: 10)
      Issue.record("a network was made")
    } catch {
      #expect(error.text == architecture.text)
      #expect(error.reason == "cells.1: cannot concatenate 8x16x16 and 8x8x8")
    }
    let odd = CellSpace(.darts, macroArchitecture: CellNetwork(width: 5, depth: 3, hasAuxiliaryHead: true))
    #expect(throws: ArchitectureError.self) {
      try odd.network(of: try odd.architecture(text: "DARTS_V2"), input: image(16), classes: 10)
    }
  }
}
