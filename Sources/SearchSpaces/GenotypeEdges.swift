/// The grammar of a genotype's edges and concatenations.
extension PythonScanner {
  // MARK: - Edges

  mutating func edges() throws(ArchitectureError) -> [Genotype.Edge] {
    var edges: [Genotype.Edge] = []
    let end = try sequence(of: "edges such as ('sep_conv_3x3', 0)") { (scanner) throws(ArchitectureError) in
      let offset = scanner.start()
      guard edges.count < 2 * Genotype.Cell.maximumNodes else {
        throw scanner.error(at: offset, "a cell has at most \(Genotype.Cell.maximumNodes) nodes")
      }
      let node = edges.count / 2 + 2
      let closing = try scanner.opening(of: "an operation and a state")
      guard scanner.isAtBracket() else { return edges.append(try scanner.edge(ofNode: node, until: closing)) }
      guard edges.count.isMultiple(of: 2) else {
        throw scanner.error(at: offset, "expected the second edge of node \(node), not a list of edges")
      }
      edges += try scanner.edges(ofNode: node, until: closing)
    }
    guard !edges.isEmpty, edges.count.isMultiple(of: 2) else {
      throw error(at: end, "a cell has two edges a node, not \(edges.count) in all")
    }
    return edges
  }

  /// The edges of a node that has brackets of its own.
  private mutating func edges(
    ofNode node: Int, until closing: Unicode.Scalar
  ) throws(ArchitectureError) -> [Genotype.Edge] {
    var edges: [Genotype.Edge] = []
    let end = try elements(until: closing) { (scanner) throws(ArchitectureError) in
      guard edges.count < 2 else { throw scanner.error(at: scanner.start(), "node \(node) has more than two edges") }
      let closing = try scanner.opening(of: "an operation and a state")
      edges.append(try scanner.edge(ofNode: node, until: closing))
    }
    guard edges.count == 2 else { throw error(at: end, "node \(node) has \(edges.count) edge, not two") }
    return edges
  }

  private mutating func edge(
    ofNode node: Int, until closing: Unicode.Scalar
  ) throws(ArchitectureError) -> Genotype.Edge {
    var operation: CellOperation?
    var state: (value: Int, offset: Int)?
    var hasWeight = false
    let end = try elements(until: closing) { (scanner) throws(ArchitectureError) in
      if operation == nil {
        operation = try scanner.operation()
      } else if state == nil {
        state = try scanner.integer("the number of a state")
      } else {
        try scanner.weight(isSecond: hasWeight)
        hasWeight = true
      }
    }
    guard let operation, let (source, offset) = state else {
      throw error(at: end, "an edge has an operation and a state")
    }
    guard (0..<node).contains(source) else {
      throw error(at: offset, "node \(node) reads state \(source), which is not one of the states before it")
    }
    return Genotype.Edge(operation, source)
  }

  /// Goes past a number that does not matter to the network. A whole one is no weight: what it says, and which of two
  /// states the edge then reads, cannot be known.
  private mutating func weight(isSecond: Bool) throws(ArchitectureError) {
    let (isWhole, offset) = try number("nothing but a weight after an operation and a state")
    guard !isSecond else { throw error(at: offset, "an edge has an operation, a state and a weight, nothing else") }
    guard !isWhole else {
      throw error(
        at: offset,
        "an edge with two whole numbers, as where edges say operation, target and source",
        advice: "write ('operation', source), two edges a node in the order of the nodes")
    }
  }

  private mutating func operation() throws(ArchitectureError) -> CellOperation {
    let (name, offset) = try string("an operation")
    guard let operation = CellOperation(rawValue: name) else {
      let known = CellOperation.allCases.map(\.rawValue)
      throw error(
        at: offset,
        "unknown operation '\(name.prefix(40))' (known: \(known.joined(separator: ", ")))"
          + suggestion(for: name, among: known))
    }
    return operation
  }

  // MARK: - Concatenations

  mutating func concatenation() throws(ArchitectureError) -> [(value: Int, offset: Int)] {
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
}
