/// A message of protobuf's wire format as its bytes, made field by field.
struct Message {
  private(set) var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var (value, bytes) = (value, [UInt8]())
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7F | 0x80))
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  /// Bytes as they are.
  mutating func append(_ more: [UInt8]) { bytes += more }

  mutating func int(_ field: UInt64, _ value: Int) {
    bytes += Self.varint(field << 3) + Self.varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func fixed32(_ field: UInt64, _ value: UInt32) { bytes += Self.varint(field << 3 | 5) + little(value) }

  mutating func fixed64(_ field: UInt64, _ value: UInt64) { bytes += Self.varint(field << 3 | 1) + little(value) }

  mutating func data(_ field: UInt64, _ value: [UInt8]) {
    bytes += Self.varint(field << 3 | 2) + Self.varint(UInt64(value.count)) + value
  }

  mutating func text(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

  mutating func message(_ field: UInt64, _ body: (inout Message) -> Void) {
    var message = Message()
    body(&message)
    data(field, message.bytes)
  }
}

/// The bytes of an integer, the lowest first.
func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

extension Message {
  /// A model of version 8 with a graph and version 17 of the operators.
  static func model(_ graph: (inout Message) -> Void) -> [UInt8] {
    var model = Message()
    model.int(1, 8)
    model.text(2, "pytorch")
    model.message(7, graph)
    model.message(8) {
      $0.text(1, "")
      $0.int(2, 17)
    }
    return model.bytes
  }

  /// A model whose one initializer is `w`.
  static func tensorModel(
    dimensions: [Int], type: Int, initializer: (inout Message) -> Void
  ) -> [UInt8] {
    model { graph in
      graph.message(5) { tensor in
        for dimension in dimensions { tensor.int(1, dimension) }
        tensor.int(2, type)
        tensor.text(8, "w")
        initializer(&tensor)
      }
    }
  }

  /// A model whose one node has one attribute, `a`.
  static func attributeModel(_ attribute: (inout Message) -> Void) -> [UInt8] {
    model { graph in
      graph.message(1) { node in
        node.text(4, "Conv")
        node.message(5) {
          $0.text(1, "a")
          attribute(&$0)
        }
      }
    }
  }

  /// A small model that has something of everything.
  static let everything = model { graph in
    graph.message(1) { node in
      for name in ["x", "w", ""] { node.text(1, name) }
      node.text(2, "y")
      node.text(3, "/conv")
      node.text(4, "Conv")
      node.text(7, "ai.onnx")
      node.message(5) { attribute in
        attribute.text(1, "pads")
        for pad in [1, 1, -1, 1] { attribute.int(8, pad) }
        attribute.int(20, 7)
      }
      node.message(5) { attribute in
        attribute.text(1, "body")
        attribute.int(20, 5)
        attribute.message(6) { $0.message(1) { $0.text(4, "Relu") } }
      }
    }
    graph.text(2, "network")
    graph.message(5) { tensor in
      tensor.int(1, 2)
      tensor.int(2, 1)
      tensor.text(8, "w")
      tensor.data(9, little(Float(1.5).bitPattern) + little(Float(-2).bitPattern))
    }
    graph.message(11) { value in
      value.text(1, "x")
      value.message(2) { type in
        type.message(1) { tensor in
          tensor.int(1, 1)
          tensor.message(2) { shape in
            shape.message(1) { $0.text(2, "batch") }
            shape.message(1) { $0.int(1, 3) }
            shape.message(1) { _ in }
            shape.message(1) { $0.int(1, -1) }
          }
        }
      }
    }
    graph.message(12) { $0.text(1, "y") }
    graph.message(13) { value in
      value.text(1, "v")
      value.message(2) { $0.message(4) { $0.message(1) { $0.message(1) { $0.int(1, 1) } } } }
    }
    graph.message(15) { $0.message(1) { $0.text(8, "sparse") } }
  }
}
