import Foundation
import NetworkGraph
import SearchSpaces
import Testing
import TestSupport

/// Layers and weights of the reference model: `name shape` of every ReLU, convolution, batch normalisation, pool and
/// linear layer, and of every convolution's weights in `state_dict`, sorted.
struct ReferenceModel: Sendable, CustomTestStringConvertible {
  var text: String
  var parameters: Int
  var layers: Int
  var layersChecksum: UInt64
  var weights: Int
  var weightsChecksum: UInt64
  /// Of the names of the ReLUs in execution order.
  var relusChecksum: UInt64

  var testDescription: String { text }

  static let all = [
    ReferenceModel(
      text: "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|",
      parameters: 344_346, layers: 126, layersChecksum: 0x094C_B27D_BAEE_D6A6, weights: 37,
      weightsChecksum: 0x64A9_0EC1_955E_4AC5, relusChecksum: 0x2BE4_430A_C659_5432),
    ReferenceModel(
      text: "|none~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
      parameters: 587_386, layers: 171, layersChecksum: 0x9E3C_698B_49C8_D426, weights: 52,
      weightsChecksum: 0xE628_F95F_32F7_FEC8, relusChecksum: 0x7EAD_A54A_C1A6_5B30),
    ReferenceModel(
      text: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
      parameters: 1_531_546, layers: 291, layersChecksum: 0x092B_B348_92D4_591E, weights: 97,
      weightsChecksum: 0x4829_C44F_6428_E6A2, relusChecksum: 0x390C_FE19_477D_549F),
    ReferenceModel(
      text: "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
      parameters: 73_306, layers: 21, layersChecksum: 0xDD72_1724_D0C8_D94F, weights: 7,
      weightsChecksum: 0x774C_4BFD_4BB2_8157, relusChecksum: 0x09B3_9D96_7345_B10E),
    ReferenceModel(
      text: "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
      parameters: 129_306, layers: 126, layersChecksum: 0x8F4F_3350_FCFE_4AEB, weights: 37,
      weightsChecksum: 0x12E5_C3E7_3D42_17D9, relusChecksum: 0xC52D_A443_AE1B_815C),
  ]
}

@Suite struct NASBench201NetworkTests {
  private let space = NASBench201()
  private let image = TensorShape(channels: 3, height: 32, width: 32)

  private func layers(_ network: Network) -> [String] {
    network.operations.filter { !$0.name.isEmpty }.map { "\($0.name) \($0.shape)" }
  }

  /// As `state_dict` lists them.
  private func weights(_ network: Network) -> [String] {
    network.operations.compactMap { operation in
      guard case .convolution(let convolution) = operation.kind else { return nil }
      let inputChannels = network[operation.inputs[0]].shape.channels
      let kernel = convolution.kernel
      return
        "\(operation.weights?.name ?? "") \(operation.shape.channels)x\(inputChannels)x\(kernel.height)x\(kernel.width)"
    }
  }

  @Test(arguments: ReferenceModel.all)
  func equalsReference(_ model: ReferenceModel) throws {
    let network = try space.network(of: space.architecture(text: model.text), input: image, classes: 10)
    #expect(network.parameterCount == model.parameters)
    #expect(layers(network).count == model.layers)
    #expect(Checksum.of(lines: layers(network).sorted()) == model.layersChecksum)
    #expect(weights(network).count == model.weights)
    #expect(Checksum.of(lines: weights(network).sorted()) == model.weightsChecksum)
    let relus = network.sites.map { network[$0].name }
    #expect(Checksum.of(lines: relus) == model.relusChecksum)
  }

  /// The first of them with 4 channels and one cell a stage on 8x8 images, written out.
  @Test func equalsReferenceLayerByLayer() throws {
    let small = NASBench201(channels: 4, cellsPerStage: 1)
    let network = try small.network(
      of: small.architecture(text: ReferenceModel.all[0].text),
      input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
    let expected = """
      stem.0 4x8x8, stem.1 4x8x8, \
      cells.0.layers.0.op.0 4x8x8, cells.0.layers.0.op.1 4x8x8, cells.0.layers.0.op.2 4x8x8, \
      cells.0.layers.3.op 4x8x8, \
      cells.0.layers.4.op.0 4x8x8, cells.0.layers.4.op.1 4x8x8, cells.0.layers.4.op.2 4x8x8, \
      cells.1.conv_a.op.0 4x8x8, cells.1.conv_a.op.1 8x4x4, cells.1.conv_a.op.2 8x4x4, \
      cells.1.conv_b.op.0 8x4x4, cells.1.conv_b.op.1 8x4x4, cells.1.conv_b.op.2 8x4x4, \
      cells.1.downsample.0 4x4x4, cells.1.downsample.1 8x4x4, \
      cells.2.layers.0.op.0 8x4x4, cells.2.layers.0.op.1 8x4x4, cells.2.layers.0.op.2 8x4x4, \
      cells.2.layers.3.op 8x4x4, \
      cells.2.layers.4.op.0 8x4x4, cells.2.layers.4.op.1 8x4x4, cells.2.layers.4.op.2 8x4x4, \
      cells.3.conv_a.op.0 8x4x4, cells.3.conv_a.op.1 16x2x2, cells.3.conv_a.op.2 16x2x2, \
      cells.3.conv_b.op.0 16x2x2, cells.3.conv_b.op.1 16x2x2, cells.3.conv_b.op.2 16x2x2, \
      cells.3.downsample.0 8x2x2, cells.3.downsample.1 16x2x2, \
      cells.4.layers.0.op.0 16x2x2, cells.4.layers.0.op.1 16x2x2, cells.4.layers.0.op.2 16x2x2, \
      cells.4.layers.3.op 16x2x2, \
      cells.4.layers.4.op.0 16x2x2, cells.4.layers.4.op.1 16x2x2, cells.4.layers.4.op.2 16x2x2, \
      lastact.0 16x2x2, lastact.1 16x2x2, classifier 10x1x1
      """
    #expect(layers(network).joined(separator: ", ") == expected)
    #expect(network.parameterCount == 8366)
  }

  @Test func theFirstOfTheBenchmark() throws {
    let architecture = try space.architecture(index: 0)
    let text = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    #expect(architecture.text == text)
    let network = try space.network(of: architecture, input: image, classes: 10)
    #expect(network.multiplyAccumulates == 15_647_370)
    #expect(network.parameterCount == 129_306)
  }

  /// Halving 2x2 images twice leaves nothing to pool.
  @Test func imagesThatAreTooSmall() throws {
    let architecture = try space.architecture(index: 0)
    do {
      _ = try space.network(of: architecture, input: TensorShape(channels: 3, height: 2, width: 2), classes: 10)
      Issue.record("a network was made")
    } catch {
      #expect(error.text == architecture.text)
      #expect(error.position == nil)
      #expect(error.reason == "cells.11.downsample.0: a window of 2x2 does not fit into 32x1x1")
    }
  }

  @Test(.enabled(if: SharedData.url("ground-truth/nasbench201.csv") != nil, "needs ground-truth/nasbench201.csv"))
  func everyRowOfTheBenchmark() throws {
    let file = try #require(SharedData.url("ground-truth/nasbench201.csv"))
    let rows = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
    #expect(rows.first?.hasPrefix("index,arch,") == true)
    #expect(rows.count == 1 + space.count)
    for row in rows.dropFirst() {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      try #require(fields.count == 10)
      let index = try #require(Int(fields[0]))
      let architecture = try space.architecture(text: String(fields[1]))
      #expect(architecture.key == Architecture(text: String(fields[1]), index: index))
      let network = try space.network(of: architecture, input: image, classes: 10)
      #expect(Double(network.multiplyAccumulates) / 1e6 == Double(fields[8]), "row \(index)")
      #expect(Double(network.parameterCount) / 1e6 == Double(fields[9]), "row \(index)")
    }
  }
}
