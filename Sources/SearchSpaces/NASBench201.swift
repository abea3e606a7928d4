internal import EmbeddedTables
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
  /// Cells of each of the three stages.
  public var cellsPerStage: Int

  /// The benchmark's macro architecture by default.
  public init(channels: Int = 16, cellsPerStage: Int = 5) {
    self.channels = channels
    self.cellsPerStage = cellsPerStage
  }

  public var name: String { "nasbench201" }

  /// The space with the benchmark's macro architecture.
  public static let description = SpaceDescription(NASBench201(), imageShape: .cifar)

  public var example: String { Self.exampleText }

  /// Reads the six operations, in the order of the text: edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3.
  public func blueprint(text: String) throws(ArchitectureError) -> [EdgeOperation] { try Self.edges(of: text) }

  public func key(of edges: [EdgeOperation]) -> Architecture {
    Architecture(text: Self.text(of: edges), index: Int(IndexTable.shared.indices[Self.code(of: edges)]))
  }

  /// The benchmark's text for six operations.
  public static func text(of edges: [EdgeOperation]) -> String {
    // Written by an evolution for every child that it breeds.
    var text = ""
    text.reserveCapacity(128)
    var position = 0
    for node in 1...3 {
      if node > 1 { text += "+" }
      for source in 0..<node {
        text += "|"
        text += (position < edges.count ? edges[position] : .none).rawValue
        text += sourceTexts[source]
        position += 1
      }
      text += "|"
    }
    return text
  }

  private static let sourceTexts = ["~0", "~1", "~2"]
}

extension NASBench201: EnumeratedSpace {
  public var count: Int { Int(EPADS_NASBENCH201_COUNT) }

  public func blueprint(index: Int) throws(ArchitectureError) -> [EdgeOperation] {
    guard (0..<count).contains(index) else {
      throw ArchitectureError(text: "\(index)", reason: "index out of range 0...\(count - 1)")
    }
    return Self.edges(code: IndexTable.shared.codes[index])
  }
}

extension NASBench201: SampledSpace {
  public func randomBlueprint(_ draws: inout RandomDraws) -> [EdgeOperation] {
    Self.edges(code: IndexTable.shared.codes[draws.index(below: count)])
  }

  /// Another operation on one of the six edges.
  public func mutated(_ edges: [EdgeOperation], _ draws: inout RandomDraws) -> [EdgeOperation] {
    var edges = edges
    let edge = draws.index(below: edges.count)
    let others = EdgeOperation.allCases.filter { $0 != edges[edge] }
    edges[edge] = others[draws.index(below: others.count)]
    return edges
  }
}

extension NASBench201: DrawnSpace {
  public func cells(of edges: [EdgeOperation]) -> [CellGraph] {
    let states = [("input", .input), ("1", .node), ("2", .node), ("output", .output)].map(CellGraph.State.init)
    let ends = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    let shown = zip(ends, edges).filter { $1 != .none }.map { ends, operation in
      CellGraph.Edge(source: ends.0, target: ends.1, operation: operation.rawValue)
    }
    return [CellGraph(title: "cell", states: states, edges: shown)]
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
