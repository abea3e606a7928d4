internal import EmbeddedTables
public import NetworkGraph
public import Randomness

/// NAS-Bench-201 (Dong and Yang, ICLR 2020): a cell of four nodes with an operation on each of its six edges.
///
/// Three stages of `cellsPerStage` cells with 16, 32 and 64 channels, a residual block that halves the image between
/// them. An architecture is written as in the benchmark, node by node:
/// `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, where `op~j` is the edge from node j.
public struct NASBench201: SearchSpace {
  /// The operations of an edge; raw values are the benchmark's names.
  public enum EdgeOperation: String, CaseIterable, Sendable {
    case none
    case skipConnect = "skip_connect"
    case convolution1x1 = "nor_conv_1x1"
    case convolution3x3 = "nor_conv_3x3"
    case averagePool3x3 = "avg_pool_3x3"
  }

  /// Channels of the first stage.
  public var channels: Int
  public var cellsPerStage: Int

  /// The benchmark's macro architecture by default.
  public init(channels: Int = 16, cellsPerStage: Int = 5) {
    self.channels = channels
    self.cellsPerStage = cellsPerStage
  }

  public var name: String { "nasbench201" }
  public var count: Int { Int(EPADS_NASBENCH201_COUNT) }

  public func architecture(index: Int) throws(ArchitectureError) -> Architecture {
    guard (0..<count).contains(index) else {
      throw ArchitectureError(text: "\(index)", reason: "index out of range 0...\(count - 1)")
    }
    return Architecture(text: Self.text(of: Self.edges(code: IndexTable.shared.codes[index])), index: index)
  }

  public func architecture(text: String) throws(ArchitectureError) -> Architecture {
    let edges = try Self.edges(of: text)
    return Architecture(text: Self.text(of: edges), index: Int(IndexTable.shared.indices[Self.code(of: edges)]))
  }

  public func randomArchitecture(_ draws: inout RandomDraws) -> Architecture {
    let index = draws.index(below: count)
    return Architecture(text: Self.text(of: Self.edges(code: IndexTable.shared.codes[index])), index: index)
  }

  /// Another operation on one of the six edges.
  public func mutated(
    _ architecture: Architecture, _ draws: inout RandomDraws
  ) throws(ArchitectureError) -> Architecture {
    var edges = try Self.edges(of: architecture.text)
    let edge = draws.index(below: edges.count)
    let others = EdgeOperation.allCases.filter { $0 != edges[edge] }
    edges[edge] = others[draws.index(below: others.count)]
    return try self.architecture(text: Self.text(of: edges))
  }

  /// The six operations, in the order of the text: edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3.
  public static func edges(of text: String) throws(ArchitectureError) -> [EdgeOperation] {
    var edges: [EdgeOperation] = []
    var rest = Substring(text)
    func fail(_ reason: String) -> ArchitectureError {
      ArchitectureError(text: text, position: text.distance(from: text.startIndex, to: rest.startIndex), reason: reason)
    }
    func take(_ literal: String) throws(ArchitectureError) {
      guard rest.hasPrefix(literal) else { throw fail("expected '\(literal)'") }
      rest.removeFirst(literal.count)
    }
    rest = rest.drop(while: \.isWhitespace)
    for node in 1...3 {
      if node > 1 { try take("+") }
      try take("|")
      for source in 0..<node {
        let name = rest.prefix { $0 != "~" && $0 != "|" && $0 != "+" }
        guard let operation = EdgeOperation(rawValue: String(name)) else {
          let known = EdgeOperation.allCases.map(\.rawValue).joined(separator: ", ")
          throw fail("unknown operation '\(name.prefix(40))' (known: \(known))")
        }
        rest = rest[name.endIndex...]
        try take("~\(source)")
        try take("|")
        edges.append(operation)
      }
    }
    guard rest.allSatisfy(\.isWhitespace) else { throw fail("unexpected text after the third node") }
    return edges
  }

  /// The benchmark's text for six operations.
  public static func text(of edges: [EdgeOperation]) -> String {
    var next = edges.makeIterator()
    return (1...3).map { node in
      (0..<node).map { source in "|\((next.next() ?? .none).rawValue)~\(source)" }.joined() + "|"
    }.joined(separator: "+")
  }

  public func network(
    of architecture: Architecture, input: TensorShape, classes: Int
  ) throws(ArchitectureError) -> Network {
    let edges = try Self.edges(of: architecture.text)
    do {
      return try network(edges: edges, input: input, classes: classes)
    } catch {
      throw ArchitectureError(text: architecture.text, reason: "\(error)")
    }
  }

  private func network(
    edges: [EdgeOperation], input: TensorShape, classes: Int
  ) throws(NetworkError) -> Network {
    var builder = NetworkBuilder(input: input)
    var value = try builder.normalizedConvolution(
      "stem.0", "stem.1", of: builder.input,
      Convolution(outputChannels: channels, kernel: Extent(3), padding: Extent(1)))
    var cell = 0
    for stage in 0..<3 {
      let width = channels << stage
      if stage > 0 {
        value = try Self.reduction("cells.\(cell)", of: value, channels: width, in: &builder)
        cell += 1
      }
      for _ in 0..<cellsPerStage {
        value = try Self.cell("cells.\(cell)", of: value, edges, in: &builder)
        cell += 1
      }
    }
    value = builder.batchNormalization("lastact.0", of: value)
    value = builder.relu("lastact.1", of: value)
    value = builder.globalAveragePool(of: value)
    return builder.network(output: try builder.linear("classifier", of: value, outputs: classes))
  }

  private static func cell(
    _ name: String, of value: ValueID, _ edges: [EdgeOperation], in builder: inout NetworkBuilder
  ) throws(NetworkError) -> ValueID {
    let channels = builder.shape(of: value).channels
    var nodes = [value]
    var edge = 0
    for node in 1...3 {
      var total: ValueID?
      for source in 0..<node {
        let layer = "\(name).layers.\(edge)"
        let output =
          switch edges[edge] {
          case .none: builder.zero(like: nodes[source])
          case .skipConnect: nodes[source]
          case .convolution1x1:
            try builder.reluConvolution(
              "\(layer).op", of: nodes[source], [Convolution(outputChannels: channels, kernel: Extent(1))])
          case .convolution3x3:
            try builder.reluConvolution(
              "\(layer).op", of: nodes[source],
              [Convolution(outputChannels: channels, kernel: Extent(3), padding: Extent(1))])
          case .averagePool3x3:
            try builder.averagePool(
              "\(layer).op", of: nodes[source], Pooling(kernel: Extent(3), stride: Extent(1), padding: Extent(1)))
          }
        edge += 1
        total = if let sum = total { try builder.add(sum, output) } else { output }
      }
      nodes.append(total ?? value)
    }
    return nodes[3]
  }

  private static func reduction(
    _ name: String, of value: ValueID, channels: Int, in builder: inout NetworkBuilder
  ) throws(NetworkError) -> ValueID {
    let main = try builder.reluConvolution(
      "\(name).conv_a.op", of: value,
      [Convolution(outputChannels: channels, kernel: Extent(3), stride: Extent(2), padding: Extent(1))])
    let second = try builder.reluConvolution(
      "\(name).conv_b.op", of: main,
      [Convolution(outputChannels: channels, kernel: Extent(3), padding: Extent(1))])
    let pooled = try builder.averagePool(
      "\(name).downsample.0", of: value, Pooling(kernel: Extent(2), stride: Extent(2)))
    let residual = try builder.convolution(
      "\(name).downsample.1", of: pooled, Convolution(outputChannels: channels, kernel: Extent(1)))
    return try builder.add(residual, second)
  }
}

extension NASBench201 {
  /// The six operations as a base-5 number, the first edge most significant.
  static func code(of edges: [EdgeOperation]) -> Int {
    edges.reduce(0) { $0 * 5 + (EdgeOperation.allCases.firstIndex(of: $1) ?? 0) }
  }

  static func edges(code: UInt16) -> [EdgeOperation] {
    var rest = Int(code)
    var edges: [EdgeOperation] = []
    for _ in 0..<6 {
      edges.append(EdgeOperation.allCases[rest % 5])
      rest /= 5
    }
    return edges.reversed()
  }

  /// The benchmark's numbering, both ways.
  private struct IndexTable: Sendable {
    static let shared = IndexTable()

    let codes: [UInt16]
    let indices: [UInt16]

    init() {
      let count = Int(EPADS_NASBENCH201_COUNT)
      let bytes = UnsafeRawPointer(epads_nasbench201_index())
      let codes = (0..<count).map {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
      }
      var indices = [UInt16](repeating: 0, count: count)
      for (index, code) in codes.enumerated() { indices[Int(code)] = UInt16(index) }
      self.codes = codes
      self.indices = indices
    }
  }
}
