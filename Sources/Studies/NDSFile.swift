public import SearchSpaces

/// The networks of a file of NDS (<https://github.com/facebookresearch/nds>) with what their training gave.
///
/// The file is a list of entries, or an object whose members `top` and `mid` are such lists. It is read as it goes: of the
/// hundreds of megabytes, most of them lists with a number an epoch, an entry keeps its network and four numbers. Members
/// that are not named here are passed over.
public struct NDSFile: Sendable {
  public struct Entry: Sendable {
    public var architecture: Architecture
    /// 100 less the last of `test_ep_top1`, in percent; nil where the entry has none.
    public var accuracy: Double?
    /// The file's own counts.
    public var parameters: Double?
    public var flops: Double?
  }

  /// What messages call the file.
  public let name: String
  public let entries: [Entry]

  static let maximumEntries = 1_000_000
  /// Stages, or edges and states of a cell.
  static let maximumListLength = 1000

  /// - Parameter path: `-` for standard input.
  /// - Throws: where the file cannot be read, is no JSON, or an entry is no network, with line and byte.
  public init(path: String) throws(FileError) {
    let name = path == "-" ? "standard input" : "'\(path)'"
    try self.init(ByteStream(path: path == "-" ? "/dev/stdin" : path), name: name)
  }

  init(_ bytes: consuming ByteStream, name: String) throws(FileError) {
    var reader = JSONReader(bytes, name: name)
    var entries: [Entry] = []
    func list(_ reader: inout JSONReader) throws(FileError) {
      try reader.array { reader throws(FileError) in
        guard entries.count < Self.maximumEntries else {
          throw reader.failure("more than \(Self.maximumEntries) entries")
        }
        entries.append(try Self.entry(&reader))
      }
    }
    switch try reader.next() {
    case .array: try list(&reader)
    case .object:
      try reader.object { reader, key throws(FileError) in
        if key == "top" || key == "mid" { try list(&reader) } else { try reader.skip() }
      }
    default: throw reader.failure("expected a list of networks, or an object with lists called top and mid")
    }
    guard try reader.next() == nil else { throw reader.failure("unexpected text after the end") }
    guard !entries.isEmpty else { throw FileError(.malformed, "no network in \(name)") }
    self.name = name
    self.entries = entries
  }

  /// The networks with an accuracy, each once.
  ///
  /// - Throws: where there are none.
  public func measured(in space: NDSSpace) throws(FileError) -> MeasuredArchitectures {
    try MeasuredArchitectures(
      entries.map(\.architecture), of: space, source: "\(name), test accuracy after the last epoch",
      accuracies: [("test accuracy", entries.map(\.accuracy))], published: [])
  }

  // MARK: - Entries

  private static func entry(_ reader: inout JSONReader) throws(FileError) -> Entry {
    var net: Net?
    var accuracy: Double?
    var parameters: Double?
    var flops: Double?
    try reader.object { reader, key throws(FileError) in
      switch key {
      case "net": net = try Net(&reader)
      case "test_ep_top1":
        try reader.array { reader throws(FileError) in accuracy = 100 - (try reader.number()) }
      case "params": parameters = try reader.number()
      case "flops": flops = try reader.number()
      default: try reader.skip()
      }
    }
    guard let net else { throw reader.failure("the entry that ends here has no member 'net'") }
    do {
      return Entry(
        architecture: try net.architecture(), accuracy: accuracy, parameters: parameters, flops: flops)
    } catch {
      let what = error.text.isEmpty ? "" : ": '\(error.text.prefix(80))'"
      throw reader.failure("the entry that ends here is no network: \(error.reason)\(what)")
    }
  }

  /// The member `net` of an entry: a genotype with its surroundings, or the lists of a ResNet.
  private struct Net {
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
        guard list.count < NDSFile.maximumListLength else {
          throw reader.failure("a list of more than \(NDSFile.maximumListLength) elements")
        }
        list.append(try element(&reader))
      }
      return list
    }

    func architecture() throws(ArchitectureError) -> Architecture {
      guard isGenotype else {
        guard let block else {
          throw ArchitectureError(text: "", reason: "it has neither a genotype nor a block_type")
        }
        return Architecture(
          text: try ResNet(
            block: block, depths: whole("ds"), widths: whole("ws"), strides: whole("ss"),
            multipliers: lists["bot_muls"] ?? [], groups: whole("num_gs")
          ).text)
      }
      guard let width, let depth else { throw ArchitectureError(text: "", reason: "width or depth is missing") }
      return try NDSSpace.architecture(
        Genotype(normal: cell("normal"), reduction: cell("reduce")), width: width, depth: depth, auxiliary: auxiliary)
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
}
