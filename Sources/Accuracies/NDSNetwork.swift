import Files
import SearchSpaces

/// The member `net` of an entry of NDS: a genotype with its macro architecture, or the lists of a ResNet.
///
/// Only what is no JSON ends the reading: a member of another kind than it should be makes the entry no network.
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
  /// Names of members that are passed over: the first ones, for messages.
  private var unknown: [String] = []
  private var problem: ArchitectureError?

  private typealias GenotypeEdge = (operation: String, source: Int)

  init(_ reader: inout JSONReader) throws(FileError) {
    problem = try reader.attempt(.object, "net") { reader throws(FileError) in
      try reader.object { reader, key throws(FileError) in
        // A member without a value is none.
        guard try reader.next() != .null else { return try reader.skip() }
        let problem = try member(key, &reader)
        self.problem = self.problem ?? problem
      }
      return problem
    }
  }

  private mutating func member(_ key: String, _ reader: inout JSONReader) throws(FileError) -> ArchitectureError? {
    switch key {
    case "genotype":
      isGenotype = true
      return try reader.attempt(.object, key) { reader throws(FileError) in try readGenotype(&reader) }
    case "width": return try reader.wholeNumber(key) { width = $0 }
    case "depth": return try reader.wholeNumber(key) { depth = $0 }
    case "aux", "auxiliary": return try readAuxiliary(key, &reader)
    case "block_type":
      return try reader.attempt(.string, key) { reader throws(FileError) in
        block = try reader.string()
        return nil
      }
    case "ds", "ws", "ss", "bot_muls", "num_gs":
      var numbers: [Double] = []
      let problem = try Self.list(key, &reader) { reader throws(FileError) in
        try reader.double("\(key) has an element that") { numbers.append($0) }
      }
      lists[key] = numbers
      return problem
    default:
      if unknown.count < 8 { unknown.append(String(key.prefix(40))) }
      try reader.skip()
      return nil
    }
  }

  /// True or false, or what other programs than Python write for them.
  private mutating func readAuxiliary(_ key: String, _ reader: inout JSONReader) throws(FileError) -> ArchitectureError?
  {
    guard try reader.next() == .number else {
      return try reader.attempt(.boolean, key) { reader throws(FileError) in
        auxiliary = try reader.boolean()
        return nil
      }
    }
    let number = try reader.number()
    guard number == 0 || number == 1 else {
      return ArchitectureError(text: "\(number)", reason: "\(key) is true or false, or 1 or 0")
    }
    auxiliary = number == 1
    return nil
  }

  private mutating func readGenotype(_ reader: inout JSONReader) throws(FileError) -> ArchitectureError? {
    var problem: ArchitectureError?
    try reader.object { reader, key throws(FileError) in
      let found: ArchitectureError?
      // Others write the word out.
      let key = key.hasPrefix("reduction") ? "reduce" + key.dropFirst("reduction".count) : key
      switch key {
      case "normal", "reduce":
        var edges: [GenotypeEdge] = []
        found = try Self.list(key, &reader) { reader throws(FileError) in try Self.edge(&reader) { edges.append($0) } }
        genotype[key] = edges
      case "normal_concat", "reduce_concat":
        var states: [Int] = []
        found = try Self.list(key, &reader) { reader throws(FileError) in
          try reader.wholeNumber("\(key) has an element that") { states.append($0) }
        }
        concatenations[key] = states
      default:
        try reader.skip()
        found = nil
      }
      problem = problem ?? found
    }
    return problem
  }

  /// An operation and the state that it reads: a list of two.
  private static func edge(
    _ reader: inout JSONReader, _ take: (GenotypeEdge) -> Void
  ) throws(FileError) -> ArchitectureError? {
    var operation: String?
    var source: Int?
    var count = 0
    let misfit = ArchitectureError(text: "", reason: "an edge is an operation and the state that it reads, no more")
    let problem = try reader.attempt(.array, "an edge") { reader throws(FileError) in
      var problem: ArchitectureError?
      try reader.array { reader throws(FileError) in
        count += 1
        var found: ArchitectureError?
        switch (count, try reader.next()) {
        case (1, .string): operation = try reader.string()
        case (2, .number): found = try reader.wholeNumber("the state of an edge") { source = $0 }
        default:
          try reader.skip()
          found = misfit
        }
        problem = problem ?? found
      }
      return problem
    }
    guard let operation, let source, problem == nil else { return problem ?? misfit }
    take((operation, source))
    return nil
  }

  /// - Parameter element: reads or skips one value, and gives what is wrong with it.
  private static func list(
    _ name: String, _ reader: inout JSONReader,
    _ element: (inout JSONReader) throws(FileError) -> ArchitectureError?
  ) throws(FileError) -> ArchitectureError? {
    try reader.attempt(.array, name) { reader throws(FileError) in
      var problem: ArchitectureError?
      var count = 0
      try reader.array { reader throws(FileError) in
        count += 1
        guard count <= maximumListLength else {
          problem =
            problem
            ?? ArchitectureError(text: "", reason: "\(name) is a list of more than \(maximumListLength) elements")
          return try reader.skip()
        }
        let found = try element(&reader)
        problem = problem ?? found
      }
      return problem
    }
  }

  func blueprint() throws(ArchitectureError) -> NDSSpace.Blueprint {
    if let problem { throw problem }
    guard isGenotype else {
      guard let block else { throw missing("it has neither a genotype nor a block_type") }
      try checkLists(of: block)
      return .residual(
        try ResNet(
          block: block, depths: whole("ds"), widths: whole("ws"), strides: whole("ss"),
          multipliers: lists["bot_muls"] ?? [], groups: whole("num_gs")))
    }
    guard let width, let depth else { throw missing("width or depth is missing") }
    return try NDSSpace.Blueprint(
      Genotype(normal: cell("normal"), reduction: cell("reduce")), width: width, depth: depth,
      hasAuxiliaryHead: auxiliary)
  }

  /// Lists under other names are not guessed at: without its multipliers a bottleneck is another network.
  private func checkLists(of block: String) throws(ArchitectureError) {
    for name in ["ds", "ws", "ss"] where lists[name] == nil { throw missing("\(name) is missing") }
    guard block == ResNet.Block.bottleneck.rawValue else { return }
    if lists["bot_muls"]?.isEmpty ?? true { throw missing("bot_muls is missing") }
    if lists["num_gs"]?.isEmpty ?? true, unknown.contains(where: Self.isOfGroups) {
      throw missing("num_gs is missing")
    }
  }

  /// Whether a name seems to be one of groups, such as `gws`, `groups` or `num_groups`.
  private static func isOfGroups(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasPrefix("g") || name.contains("_g") || name.contains("group") || name.contains("cardinal")
      || name.hasSuffix("gs")
  }

  private func missing(_ what: String) -> ArchitectureError {
    ArchitectureError(
      text: "", reason: what + (unknown.isEmpty ? "" : " (found \(unknown.joined(separator: ", ")))"))
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

extension JSONReader {
  /// Reads a value where it is of a kind; skips it and gives what is wrong where it is not.
  mutating func attempt(
    _ kind: Kind, _ name: String, _ read: (inout JSONReader) throws(FileError) -> ArchitectureError?
  ) throws(FileError) -> ArchitectureError? {
    let found = try next()
    guard found != kind else { return try read(&self) }
    try skip()
    return ArchitectureError(
      text: "", reason: "\(name) is \(found?.rawValue ?? "missing"), not \(kind.rawValue)")
  }

  mutating func double(_ name: String, _ take: (Double) -> Void) throws(FileError) -> ArchitectureError? {
    try attempt(.number, name) { reader throws(FileError) in
      take(try reader.number())
      return nil
    }
  }

  mutating func wholeNumber(
    _ name: String, _ take: (Int) -> Void
  ) throws(FileError) -> ArchitectureError? {
    try attempt(.number, name) { reader throws(FileError) in
      let number = try reader.number()
      guard let whole = Int(exactly: number) else {
        return ArchitectureError(text: "\(number)", reason: "\(name) is no whole number")
      }
      take(whole)
      return nil
    }
  }
}
