extension Genotype {
  /// The most bytes of a text; what Python prints has some 500.
  public static let maximumTextLength = 65_536

  /// Reads a genotype as DARTS and its successors write it, or the name of a `KnownGenotype` in any case.
  ///
  ///     DARTS_V2 = Genotype(
  ///       normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ...], normal_concat=range(2, 6),
  ///       reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ...], reduce_concat=[2, 3, 4, 5])
  ///
  /// Lists may be tuples and the reverse, keywords stand in any order, and blanks, newlines, comments and commas at the
  /// end do not matter, so two texts of one genotype give equal values. The name in front, and a module before
  /// `Genotype`, may be missing. Nothing is evaluated.
  ///
  /// - Throws: where the text is something else, with the position of the first character that does not fit.
  public init(text: String) throws(ArchitectureError) {
    guard text.utf8.count <= Self.maximumTextLength else {
      throw ArchitectureError(text: text, reason: "a genotype has at most \(Self.maximumTextLength) bytes of text")
    }
    var scanner = PythonScanner(text)
    self = try scanner.genotype()
  }
}

/// The keywords of `Genotype(...)`; raw values are their text.
private enum Keyword: String, CaseIterable {
  case normal
  case normalConcatenation = "normal_concat"
  case reduction = "reduce"
  case reductionConcatenation = "reduce_concat"

  static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// What a text says of one cell. The concatenation may stand before the edges, so it is judged last.
private struct CellText {
  var edges: [Genotype.Edge] = []
  var concatenation: [(value: Int, offset: Int)] = []
}

/// The grammar of genotypes.
extension PythonScanner {
  fileprivate mutating func genotype() throws(ArchitectureError) -> Genotype {
    var (name, offset) = try path()
    if take("=") { (name, offset) = try path() }
    let genotype = name == "Genotype" ? try call() : try known(name, at: offset)
    let end = start()
    guard isAtEnd else { throw error(at: end, "unexpected text after the genotype") }
    return genotype
  }

  /// Names with dots between them: the last one and its offset.
  private mutating func path() throws(ArchitectureError) -> (name: String, offset: Int) {
    while true {
      let offset = start()
      guard let name = name() else {
        throw error(at: offset, "expected 'Genotype(' or one of \(KnownGenotype.names)")
      }
      if !take(".") { return (name, offset) }
    }
  }

  private func known(_ name: String, at offset: Int) throws(ArchitectureError) -> Genotype {
    guard let known = KnownGenotype(name: name) else {
      throw error(at: offset, "unknown genotype '\(name.prefix(40))' (known: \(KnownGenotype.names))")
    }
    return try Genotype(text: known.text)
  }

  private mutating func call() throws(ArchitectureError) -> Genotype {
    var seen: Set<Keyword> = []
    var (normal, reduction) = (CellText(), CellText())
    try expect("(")
    let end = try elements(until: ")") { (scanner) throws(ArchitectureError) in
      let keyword = try scanner.keyword(notIn: seen)
      seen.insert(keyword)
      switch keyword {
      case .normal: normal.edges = try scanner.edges()
      case .normalConcatenation: normal.concatenation = try scanner.concatenation()
      case .reduction: reduction.edges = try scanner.edges()
      case .reductionConcatenation: reduction.concatenation = try scanner.concatenation()
      }
    }
    for keyword in Keyword.allCases where !seen.contains(keyword) {
      throw error(at: end, "'\(keyword.rawValue)' is missing")
    }
    return Genotype(normal: try cell(normal), reduction: try cell(reduction))
  }

  private mutating func keyword(notIn seen: Set<Keyword>) throws(ArchitectureError) -> Keyword {
    let offset = start()
    guard let name = name() else { throw error(at: offset, "expected one of \(Keyword.names)") }
    guard let keyword = Keyword(rawValue: name) else {
      throw error(at: offset, "unknown keyword '\(name.prefix(40))' (known: \(Keyword.names))")
    }
    guard !seen.contains(keyword) else { throw error(at: offset, "'\(name)' stands here for the second time") }
    try expect("=")
    return keyword
  }

  // MARK: - Edges

  private mutating func edges() throws(ArchitectureError) -> [Genotype.Edge] {
    var edges: [Genotype.Edge] = []
    let end = try sequence(of: "edges such as ('sep_conv_3x3', 0)") { (scanner) throws(ArchitectureError) in
      let offset = scanner.start()
      guard edges.count < 2 * Genotype.Cell.maximumNodes else {
        throw scanner.error(at: offset, "a cell has at most \(Genotype.Cell.maximumNodes) nodes")
      }
      edges.append(try scanner.edge(ofNode: edges.count / 2 + 2))
    }
    guard !edges.isEmpty, edges.count.isMultiple(of: 2) else {
      throw error(at: end, "a cell has two edges a node, not \(edges.count) in all")
    }
    return edges
  }

  private mutating func edge(ofNode node: Int) throws(ArchitectureError) -> Genotype.Edge {
    var operation: CellOperation?
    var source: Int?
    let end = try sequence(of: "an operation and a state") { (scanner) throws(ArchitectureError) in
      if operation == nil {
        operation = try scanner.operation()
      } else if source == nil {
        source = try scanner.source(ofNode: node)
      } else {
        throw scanner.error(at: scanner.start(), "an edge has an operation and a state, nothing else")
      }
    }
    guard let operation, let source else { throw error(at: end, "an edge has an operation and a state") }
    return Genotype.Edge(operation, source)
  }

  private mutating func operation() throws(ArchitectureError) -> CellOperation {
    let (name, offset) = try string("an operation")
    guard let operation = CellOperation(rawValue: name) else {
      let known = CellOperation.allCases.map(\.rawValue).joined(separator: ", ")
      throw error(at: offset, "unknown operation '\(name.prefix(40))' (known: \(known))")
    }
    return operation
  }

  private mutating func source(ofNode node: Int) throws(ArchitectureError) -> Int {
    let (state, offset) = try integer("the number of a state")
    guard (0..<node).contains(state) else {
      throw error(at: offset, "node \(node) reads state \(state), which is not one of the states before it")
    }
    return state
  }

  // MARK: - Concatenations

  private mutating func concatenation() throws(ArchitectureError) -> [(value: Int, offset: Int)] {
    let offset = start()
    if let name = name() {
      guard name == "range" else {
        throw error(at: offset, "expected states in brackets or parentheses, or range(first, end)")
      }
      return try range(at: offset)
    }
    var states: [(value: Int, offset: Int)] = []
    let end = try sequence(of: "states, or range(first, end),") { (scanner) throws(ArchitectureError) in
      let state = try scanner.integer("the number of a state")
      guard states.count < Genotype.Cell.maximumNodes else {
        throw scanner.error(at: state.offset, "a cell concatenates at most \(Genotype.Cell.maximumNodes) states")
      }
      states.append(state)
    }
    guard !states.isEmpty else { throw error(at: end, "a cell concatenates no state") }
    return states
  }

  /// Python's `range`, whose length is known before any of it is made.
  private mutating func range(at offset: Int) throws(ArchitectureError) -> [(value: Int, offset: Int)] {
    var numbers: [(value: Int, offset: Int)] = []
    try expect("(")
    let end = try elements(until: ")") { (scanner) throws(ArchitectureError) in
      let number = try scanner.integer("a number")
      guard numbers.count < 3 else { throw scanner.error(at: number.offset, "a range takes one to three numbers") }
      numbers.append(number)
    }
    guard let last = numbers.last else { throw error(at: end, "a range takes one to three numbers") }
    let first = numbers.count > 1 ? numbers[0].value : 0
    let bound = numbers.count > 1 ? numbers[1].value : last.value
    let step = numbers.count > 2 ? last.value : 1
    guard step != 0 else { throw error(at: last.offset, "a range cannot have the step 0") }
    let distance = step > 0 ? bound - first : first - bound
    guard distance > 0 else { throw error(at: offset, "a cell concatenates no state") }
    guard (distance - 1) / abs(step) < Genotype.Cell.maximumNodes else {
      throw error(at: offset, "a cell concatenates at most \(Genotype.Cell.maximumNodes) states")
    }
    return stride(from: first, to: bound, by: step).map { ($0, offset) }
  }

  private func cell(_ cell: CellText) throws(ArchitectureError) -> Genotype.Cell {
    for (state, offset) in cell.concatenation where !(0..<cell.edges.count / 2 + 2).contains(state) {
      throw error(at: offset, "the concatenation has state \(state), which the cell lacks")
    }
    do {
      return try Genotype.Cell(edges: cell.edges, concatenation: cell.concatenation.map(\.value))
    } catch {
      throw ArchitectureError(text: text, reason: error.reason)
    }
  }
}
