import NetworkFiles
import Testing

@Suite struct WireFormatTests {
  private static func error(_ bytes: [UInt8]) -> NetworkFileError? {
    do throws(NetworkFileError) {
      _ = try ONNXModel(MappedFile(bytes, name: "'m.onnx'"))
      return nil
    } catch {
      return error
    }
  }

  /// A field of the model before its other fields.
  private static func model(beginning: [UInt8], end: [UInt8] = []) -> [UInt8] {
    [8, 8] + beginning + Message.model { _ in } + end
  }

  @Test func cutAnywhereAModelIsAnError() throws {
    let bytes = Message.everything
    _ = try ONNXModel(MappedFile(bytes))
    for count in bytes.indices {
      let error = try #require(Self.error(Array(bytes.prefix(count))), "\(count) bytes")
      #expect(error.reason.hasPrefix("'m.onnx' "))
      if count >= 2 {
        #expect([.truncated, .notONNX, .malformed].contains(error.code))
        #expect((0...count).contains(error.position ?? 0))
      }
    }
    let middle = try #require(Self.error(Array(bytes.prefix(100))))
    #expect(middle.code == .truncated)
    #expect(
      middle.reason == "'m.onnx' ends in the middle of the graph: it was not written or copied to its end")
  }

  /// A wrong byte is an error or another model; it never ends the program.
  @Test func anyByteCanBeWrong() throws {
    let bytes = Message.everything
    for index in bytes.indices {
      for value in [0, 1, 0x0B, 0x7F, 0x80, 0xFF, bytes[index] ^ 1, bytes[index] &+ 8] as [UInt8] {
        var wrong = bytes
        wrong[index] = value
        if let model = try? ONNXModel(MappedFile(wrong)) {
          for tensor in model.graph.initializers.values { _ = try? model.floats(of: tensor) }
        }
      }
    }
  }

  @Test func integersHaveAtMost64Bits() throws {
    func version(_ bytes: [UInt8]) throws -> Int {
      try ONNXModel(MappedFile(Self.model(beginning: [], end: [0x08] + bytes))).irVersion
    }
    #expect(try version([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]) == -1)
    // Longer than needed, which the format allows.
    #expect(try version([0x89, 0x80, 0x80, 0]) == 9)
    for long in [[UInt8](repeating: 0x80, count: 10) + [0], [UInt8](repeating: 0xFF, count: 9) + [2]] {
      let error = try #require(Self.error(Self.model(beginning: [0x28] + long)))
      #expect(error.code == .malformed)
      #expect(error.reason == "'m.onnx' is malformed at byte 3: an integer has more than 64 bits")
      #expect(error.position == 3)
    }
  }

  @Test func unknownFieldsArePassedOver() throws {
    var unknown = Message()
    unknown.int(1000, 5)
    unknown.fixed32(1001, 5)
    unknown.fixed64(1002, 5)
    unknown.data(1 << 28, [1, 2, 3])
    let model = try ONNXModel(MappedFile(Self.model(beginning: unknown.bytes, end: unknown.bytes)))
    #expect(model.producerName == "pytorch")
    #expect(model.operatorSets == ["": 17])
  }

  @Test(arguments: [
    ([0x00, 0x01], "a field has the number 0"), ([0x03], "a field has the number 0"),
    ([0x2B, 0x2C], "a field has a form (3) that ONNX does not use"),
    ([0x2C], "a field has a form (4) that ONNX does not use"),
    ([0x2E], "a field has a form (6) that ONNX does not use"),
    ([0x2F], "a field has a form (7) that ONNX does not use"),
    ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], "a field has the number 536870912"),
    ([0x10, 0x01], "field 2 of the model has the form of another"),
    ([0x0A, 0x01, 0x01], "field 1 of the model has the form of another"),
    ([0x3D, 1, 2, 3, 4], "field 7 of the model has the form of another"),
  ])
  func fieldsThatNoModelHasAreErrors(_ bytes: [UInt8], _ reason: String) throws {
    let error = try #require(Self.error(Self.model(beginning: bytes)))
    #expect(error.code == .malformed)
    #expect(error.reason == "'m.onnx' is malformed at byte 2: \(reason)")
  }

  /// A length is checked against the message that it stands in, not against the file.
  @Test func lengthsStayInTheirMessage() throws {
    for length: UInt64 in [3, 100, 1 << 31, 1 << 62, .max] {
      let bytes = Message.model { graph in
        graph.data(1, [0x0A] + Message.varint(length) + [0x78])
        graph.text(2, String(repeating: "-", count: 200))
      }
      let error = try #require(Self.error(bytes))
      #expect(error.code == .malformed)
      #expect(error.reason.hasSuffix(": a name is longer than what it is a part of"))
    }
    for field in [[0x2D, 1, 2, 3], [0x29, 1, 2, 3, 4, 5, 6, 7], [0x28], [0x28, 0x80], [0x2A], [0x2A, 1]] as [[UInt8]] {
      let inner = try #require(Self.error(Message.model { $0.append(field) }))
      #expect(inner.code == .malformed)
      let outer = try #require(Self.error(Self.model(beginning: [], end: field)))
      #expect(outer.code == .truncated)
    }
    // More than any file has.
    let claimed = try #require(Self.error([8, 8, 0x3A] + Message.varint(.max)))
    #expect(claimed.code == .truncated)
  }

  @Test func depthIsBounded() throws {
    func nested(_ levels: Int) -> [UInt8] {
      var graph = Message()
      for _ in 0..<levels {
        var outer = Message()
        outer.message(1) { node in
          node.text(4, "If")
          node.message(5) {
            $0.text(1, "then_branch")
            $0.data(6, graph.bytes)
            $0.int(20, 5)
          }
        }
        graph = outer
      }
      return Message.model { $0.append(graph.bytes) }
    }
    var graph = try ONNXModel(MappedFile(nested(20))).graph
    var levels = 0
    while case .graph(let inner)? = graph.nodes.first?.attributes["then_branch"] {
      graph = inner
      levels += 1
    }
    #expect(levels == 20)
    for levels in [22, 1000] {
      let error = try #require(Self.error(nested(levels)))
      #expect(error.code == .tooLarge)
      #expect(error.reason.hasSuffix("more than 64 messages stand within each other"))
    }
  }

  /// A small file cannot ask for much memory.
  @Test func thingsAreCounted() throws {
    let error = try #require(
      Self.error(
        Message.model {
          $0.append([UInt8](repeating: 0, count: 1 << 23 + 2).enumerated().map { $0.offset % 2 == 0 ? 10 : 0 })
        }))
    #expect(error.code == .tooLarge)
  }
}
