import Files
import SearchSpaces

/// The member `net` of an entry of NDS: a genotype with its macro architecture, or the lists of a ResNet.
struct NDSNetwork {
  /// Stages, or edges and states of a cell.
  static let maximumListLength = 1000

  private var genotype: [String: [GenotypeEdge]] = [:]
  private var concatenations: [String: [Int]] = [:]
  private var isGenotype = false
  private var width: Int?
  private var depth: Int?
  private var auxiliary = false
  private var block: String?
  private var lists: [String: [Double]] = [:]

  private typealias GenotypeEdge = (operation: String, source: Int)

  init(_ reader: inout JSONReader) throws(FileError) {
    try reader.object { reader, key throws(FileError) in
      // A member without a value is none.
      guard try reader.next() != .null else { return try reader.skip() }
      switch key {
      case "genotype": try readGenotype(&reader)
      case "width": width = try reader.integer()
      case "depth": depth = try reader.integer()
      case "aux": auxiliary = try reader.boolean()
      case "block_type": block = try reader.string()
      case "ds", "ws", "ss", "bot_muls", "num_gs":
        lists[key] = try Self.list(&reader) { reader throws(FileError) in try reader.number() }
      default: try reader.skip()
      }
    }
  }

  private mutating func readGenotype(_ reader: inout JSONReader) throws(FileError) {
    isGenotype = true
    try reader.object { reader, key throws(FileError) in
      switch key {
      case "normal", "reduce":
        genotype[key] = try Self.list(&reader) { reader throws(FileError) in try Self.edge(&reader) }
      case "normal_concat", "reduce_concat":
        concatenations[key] = try Self.list(&reader) { reader throws(FileError) in try reader.integer() }
      default: try reader.skip()
      }
    }
  }

  /// An operation and the state that it reads: a list of two.
  private static func edge(_ reader: inout JSONReader) throws(FileError) -> GenotypeEdge {
    var operation: String?
    var source: Int?
    try reader.array { reader throws(FileError) in
      if operation == nil {
        operation = try reader.string()
      } else if source == nil {
        source = try reader.integer()
      } else {
        throw reader.failure("an edge is an operation and the state that it reads, no more")
      }
    }
    guard let operation, let source else {
      throw reader.failure("an edge is an operation and the state that it reads")
    }
    return (operation, source)
  }

  private static func list<T>(
    _ reader: inout JSONReader, _ element: (inout JSONReader) throws(FileError) -> T
  ) throws(FileError) -> [T] {
    var list: [T] = []
    try reader.array { reader throws(FileError) in
      guard list.count < Self.maximumListLength else {
        throw reader.failure("a list of more than \(Self.maximumListLength) elements")
      }
      list.append(try element(&reader))
    }
    return list
  }

  func blueprint() throws(ArchitectureError) -> NDSSpace.Blueprint {
    guard isGenotype else {
      guard let block else {
        throw ArchitectureError(text: "", reason: "it has neither a genotype nor a block_type")
      }
      return .residual(
        try ResNet(
          block: block, depths: whole("ds"), widths: whole("ws"), strides: whole("ss"),
          multipliers: lists["bot_muls"] ?? [], groups: whole("num_gs")))
    }
    guard let width, let depth else { throw ArchitectureError(text: "", reason: "width or depth is missing") }
    return try NDSSpace.Blueprint(
      Genotype(normal: cell("normal"), reduction: cell("reduce")), width: width, depth: depth,
      hasAuxiliaryHead: auxiliary)
  }

  private func cell(_ name: String) throws(ArchitectureError) -> Genotype.Cell {
    guard let edges = genotype[name], let concatenation = concatenations["\(name)_concat"] else {
      throw ArchitectureError(text: "", reason: "the genotype lacks \(name) or \(name)_concat")
    }
    var known: [Genotype.Edge] = []
    for edge in edges {
      guard let operation = CellOperation(rawValue: edge.operation) else {
        throw ArchitectureError(text: edge.operation, reason: "unknown operation")
      }
      known.append(Genotype.Edge(operation, edge.source))
    }
    return try Genotype.Cell(edges: known, concatenation: concatenation)
  }

  private func whole(_ name: String) throws(ArchitectureError) -> [Int] {
    var numbers: [Int] = []
    for number in lists[name] ?? [] {
      guard let whole = Int(exactly: number) else {
        throw ArchitectureError(text: "\(number)", reason: "\(name) takes whole numbers")
      }
      numbers.append(whole)
    }
    return numbers
  }
}
