import NetworkFiles
import Testing

@Suite struct ONNXModelTests {
  private static func error(_ bytes: [UInt8]) -> NetworkFileError? {
    do throws(NetworkFileError) {
      _ = try ONNXModel(MappedFile(bytes, name: "'m.onnx'"))
      return nil
    } catch {
      return error
    }
  }

  @Test func everythingIsRead() throws {
    let model = try ONNXModel(MappedFile(Message.everything))
    #expect(model.irVersion == 8)
    #expect(model.producerName == "pytorch")
    #expect(model.operatorSets == ["": 17])
    let graph = model.graph
    #expect(graph.name == "network")
    let node = try #require(graph.nodes.first)
    #expect(graph.nodes.count == 1)
    #expect((node.name, node.operation, node.domain) == ("/conv", "Conv", ""))
    #expect(node.inputs == ["x", "w", ""])
    #expect(node.outputs == ["y"])
    guard case .ints([1, 1, -1, 1]) = node.attributes["pads"] else { throw Unexpected() }
    guard case .graph(let body) = node.attributes["body"] else { throw Unexpected() }
    #expect(body.nodes.map(\.operation) == ["Relu"])
    #expect(graph.initializerNames == ["w"])
    #expect(try model.floats(of: #require(graph.initializers["w"])) == [1.5, -2])
    #expect(graph.sparseInitializers == ["sparse"])
    #expect(graph.inputs.map(\.name) == ["x"])
    #expect(graph.inputs.first?.elementType == .float)
    #expect(graph.inputs.first?.dimensions == [.symbolic("batch"), .fixed(3), .unknown, .unknown])
    #expect(graph.outputs.map(\.name) == ["y"])
    #expect(graph.outputs.first?.dimensions == nil)
    // A sequence has no shape of its own.
    #expect(graph.values["v"]?.elementType == nil)
  }

  @Test func metadataAndFunctionsAreRead() throws {
    var bytes = Message()
    bytes.append(Message.everything)
    bytes.text(3, "2.9")
    for (key, value) in [("a", "1"), ("b", "")] {
      bytes.message(14) {
        $0.text(1, key)
        $0.text(2, value)
      }
    }
    bytes.message(8) {
      $0.text(1, "my")
      $0.int(2, 3)
    }
    bytes.message(25) { function in
      function.text(1, "F")
      function.text(4, "a")
      function.text(5, "b")
      function.text(6, "alpha")
      function.message(7) { node in
        node.text(4, "LeakyRelu")
        node.message(5) {
          $0.text(1, "alpha")
          $0.text(21, "slope")
          $0.int(20, 1)
        }
      }
      function.message(9) { $0.int(2, 17) }
      function.text(10, "my")
      function.message(11) {
        $0.text(1, "slope")
        $0.fixed32(2, Float(0.5).bitPattern)
      }
    }
    let model = try ONNXModel(MappedFile(bytes.bytes))
    #expect(model.producerVersion == "2.9")
    #expect(model.metadataProperties == ["a": "1", "b": ""])
    #expect(model.operatorSets == ["": 17, "my": 3])
    let function = try #require(model.functions.first)
    #expect((function.name, function.domain) == ("F", "my"))
    #expect((function.inputs, function.outputs, function.attributeNames) == (["a"], ["b"], ["alpha"]))
    #expect(function.operatorSets == ["": 17])
    guard case .reference("slope") = function.nodes.first?.attributes["alpha"] else { throw Unexpected() }
    guard case .float(0.5) = function.attributeDefaults["slope"] else { throw Unexpected() }
  }

  private static func attribute(_ body: (inout Message) -> Void) throws -> ONNXAttribute {
    let model = try ONNXModel(MappedFile(Message.attributeModel(body)))
    return try #require(model.graph.nodes.first?.attributes["a"])
  }

  @Test func attributesHaveEveryKind() throws {
    guard
      case .float(1.5) = try Self.attribute({
        $0.fixed32(2, Float(1.5).bitPattern)
        $0.int(20, 1)
      }),
      case .int(-7) = try Self.attribute({ $0.int(3, -7) }),
      // Zero is not written by some programs.
      case .int(0) = try Self.attribute({ $0.int(20, 2) }), case .ints([]) = try Self.attribute({ $0.int(20, 7) }),
      case .string("h\u{FFFD}") = try Self.attribute({ $0.data(4, [0x68, 0xFF]) }),
      case .floats([1, 2, 3]) = try Self.attribute({
        // Packed and not, in one list.
        $0.data(7, little(Float(1).bitPattern) + little(Float(2).bitPattern))
        $0.fixed32(7, Float(3).bitPattern)
      }),
      case .ints([1, -1, 300, 2]) = try Self.attribute({
        $0.data(8, [1] + Message.varint(.max) + Message.varint(300))
        $0.int(8, 2)
      }),
      case .strings(["a", ""]) = try Self.attribute({
        $0.text(9, "a")
        $0.text(9, "")
      }),
      case .tensor(let tensor) = try Self.attribute({
        $0.message(5) {
          $0.int(2, 7)
          $0.int(7, 5)
        }
      })
    else { throw Unexpected() }
    #expect(tensor.dimensions == [])
    #expect(tensor.count == 1)
  }

  @Test(arguments: [
    (22, "a sparse tensor"), (23, "a list of sparse tensors"), (10, "a list of tensors"), (11, "a list of graphs"),
    (14, "a type"), (15, "a list of types"),
  ])
  func otherAttributesAreNamed(_ field: UInt64, _ name: String) throws {
    guard case .unsupported(name) = try Self.attribute({ $0.message(field) { _ in } }) else { throw Unexpected() }
  }

  @Test func attributesThatContradictThemselvesAreErrors() throws {
    let two = try #require(
      Self.error(
        Message.attributeModel({
          $0.int(3, 1)
          $0.int(20, 1)
        })))
    #expect(two.reason.hasSuffix("the attribute 'a' has values of two kinds"))
    let none = try #require(Self.error(Message.attributeModel({ $0.int(20, 4) })))
    #expect(none.reason.hasSuffix("the attribute 'a' has no tensor"))
    let cut = try #require(Self.error(Message.attributeModel({ $0.data(7, [1, 2, 3]) })))
    #expect(cut.code == .malformed)
    let twice = try #require(
      Self.error(
        Message.model { graph in graph.message(1) { node in for _ in 0..<2 { node.message(5) { $0.text(1, "k") } } } }))
    #expect(twice.reason.hasSuffix("there are two attributes of the name 'k' at one place"))
  }

  @Test func namesAreUnique() throws {
    let bytes = Message.model { graph in
      for _ in 0..<2 { graph.message(5) { $0.text(8, "conv\n1") } }
    }
    #expect(Self.error(bytes)?.reason.hasSuffix("there are two initializers of the name 'conv\n1'") == true)
    let long = Message.model { graph in
      for _ in 0..<2 { graph.message(5) { $0.text(8, String(repeating: "n", count: 5000)) } }
    }
    #expect(try #require(Self.error(long)).reason.utf8.count < 300)
  }

  @Test func aModelNeedsAGraphAndOperators() throws {
    let none = try #require(Self.error([8, 8, 0x12, 1, 0x61]))
    #expect(none.code == .notONNX)
    #expect(none.reason == "'m.onnx' is not an ONNX model: it has no graph")
    let operators = try #require(Self.error([8, 8, 0x3A, 0]))
    #expect(operators.code == .malformed)
    #expect(operators.reason.contains("says no version of its operators"))
    #expect(try ONNXModel(MappedFile([8, 2, 0x3A, 0])).operatorSets == ["": 1])
    #expect(Self.error(Message.everything + [0x3A, 0])?.reason.hasSuffix("there is a second graph") == true)
    let versions = Message.everything + [0x42, 2, 0x10, 5]
    #expect(Self.error(versions)?.reason.hasSuffix("the domain '' has the versions 17 and 5 at once") == true)
  }
}

/// A value is another than a test expects.
struct Unexpected: Error {}
