import Foundation
import NetworkFiles
import TestSupport
import Testing

/// Files that PyTorch wrote. The counts are those that Python's onnx gives.
@Suite struct ReferenceNetworksTests {
  static let networks: [(name: String, nodes: Int, initializers: Int)] = [
    ("odd_a", 50, 22),
    ("timm_convnext_atto", 188, 94),
    ("timm_repvgg_a0", 283, 176),
    ("timm_resnet26d", 152, 109),
    ("timm_seresnext26d_32x4d", 208, 141),
    ("tv_googlenet", 276, 207),
    ("tv_mnasnet0_5", 230, 130),
    ("tv_mobilenet_v2", 300, 184),
    ("tv_mobilenet_v3_small", 200, 92),
    ("tv_resnet18", 101, 70),
    ("tv_shufflenet_v2_x0_5", 1080, 178),
    ("tv_squeezenet1_1", 65, 0),
  ]

  @Test(.enabled(if: SharedData.reference("networks/cases/odd_a.onnx") != nil), arguments: networks)
  func filesOfPyTorchAreRead(_ name: String, _ nodes: Int, _ initializers: Int) throws {
    let url = try #require(SharedData.reference("networks/cases/\(name).onnx"))
    let model = try ONNXModel(MappedFile(path: url.path))
    #expect(model.producerName == "pytorch")
    #expect(model.graph.nodes.count == nodes)
    #expect(model.graph.initializers.count == initializers)
    #expect(model.graph.initializerNames.count == initializers)
    #expect(model.graph.outputs.count == 1)
    #expect(model.operatorSets[""] != nil)
    // Every input of a node is made by one before it, or comes with the file.
    var known = Set(model.graph.inputs.map(\.name)).union(model.graph.initializerNames).union([""])
    for node in model.graph.nodes {
      #expect(known.isSuperset(of: node.inputs))
      known.formUnion(node.outputs)
    }
    for tensor in model.graph.initializers.values {
      guard case .external = tensor.payload else {
        #expect(try model.floats(of: tensor).count == tensor.count)
        continue
      }
      #expect(throws: NetworkFileError.self) { try model.floats(of: tensor) }
    }
  }
}
