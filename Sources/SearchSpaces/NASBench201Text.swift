extension NASBench201 {
  /// The six operations, in the order of the text: edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3.
  ///
  /// Besides the benchmark's text, an index is read, the nodes as nested lists or tuples, as AutoDL-Projects has them,
  /// and the six numbers of NASLib. Blanks, quotes and commas around do not matter, nor does text in front, such as the
  /// beginning of a line of a log. The edges of a node may come in any order: each names its source.
  public static func edges(of text: String) throws(ArchitectureError) -> [EdgeOperation] {
    var scanner = PythonScanner(text)
    if let edges = try scanner.barredEdges() { return edges }
    if let edges = try scanner.indexedEdges() { return edges }
    if let edges = try scanner.listedEdges() { return edges }
    throw noArchitecture(text, isChannelCounts: scanner.isChannelCounts())
  }

  /// A short text, for messages.
  static let exampleText = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"

  private static func noArchitecture(_ text: String, isChannelCounts: Bool) -> ArchitectureError {
    let channels =
      "that is how NATS-Bench's size space writes numbers of channels, and it is no space of this program; "
    return ArchitectureError(
      text: text, reason: "no architecture of nasbench201",
      advice: (isChannelCounts ? channels : "")
        + "one is written \(exampleText), or as an index from 0 to \(NASBench201().count - 1)")
  }

  /// Operations in the order of NASLib's numbers.
  fileprivate static let naslibOperations: [EdgeOperation] = [
    .skipConnect, .none, .convolution3x3, .convolution1x1, .averagePool3x3,
  ]

  /// Of the edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3 the places among NASLib's 0-1, 0-2, 0-3, 1-2, 1-3, 2-3.
  fileprivate static let naslibPlaces = [0, 1, 3, 2, 4, 5]
}

/// The notations of architectures of NAS-Bench-201.
extension PythonScanner {
  private typealias EdgeOperation = NASBench201.EdgeOperation

  // MARK: - |op~0|+|op~0|op~1|+|op~0|op~1|op~2|

  /// Nil where the text is nothing of this kind.
  fileprivate mutating func barredEdges() throws(ArchitectureError) -> [NASBench201.EdgeOperation]? {
    let first = startAfterQuotes()
    guard let bar = offset(of: "|", from: first) else { return nil }
    var beginning = first
    if first != bar {
      guard let edge = firstEdge(from: first) else { return nil }
      // An edge in front of the first bar is of a text that lost its beginning.
      if edge > bar { beginning = lastBar(before: edge) ?? bar }
      // Logs may have bars between their fields, which have no operations.
      guard beginning == bar || beginning == first || !hasOperation(in: first..<beginning) else { return nil }
    }
    let opened = bytes(first..<beginning).count { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "[") }
    move(to: beginning)
    return try barredNodes(closing: opened)
  }

  private mutating func startAfterQuotes() -> Int {
    move(to: 0)
    while takeQuote() {}
    return start()
  }

  /// Where the first source of an edge is written, a tilde and a digit.
  private func firstEdge(from first: Int) -> Int? {
    (first..<count).first { byte(at: $0) == UInt8(ascii: "~") && isDigit(at: $0 + 1) }
  }

  private func isDigit(at offset: Int) -> Bool { byte(at: offset).map { (0x30...0x39).contains($0) } ?? false }

  private func lastBar(before offset: Int) -> Int? { bytes(0..<offset).lastIndex(of: UInt8(ascii: "|")) }

  private func hasOperation(in range: Range<Int>) -> Bool {
    let words = text(range).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    return words.contains { EdgeOperation(rawValue: String($0)) != nil }
  }

  private mutating func barredNodes(closing: Int) throws(ArchitectureError) -> [EdgeOperation] {
    var edges: [EdgeOperation] = []
    for node in 1...3 {
      if node > 1 { try expect("+") }
      try expect("|")
      var sources: [EdgeOperation?] = Array(repeating: nil, count: node)
      // Where the sources are not all there in some order, what is wrong is the first that is out of order.
      var disorder: (place: Int, expected: Int)?
      for number in 0..<node {
        let operation = try barredOperation()
        let source = byte(at: position) == UInt8(ascii: "~") ? Int(byte(at: position + 1) ?? 0) - 0x30 : -1
        if source != number { disorder = disorder ?? (position, number) }
        guard sources.indices.contains(source), sources[source] == nil else {
          throw error(at: disorder?.place ?? position, "expected '~\(disorder?.expected ?? number)'")
        }
        sources[source] = operation
        move(to: position + 2)
        try expect("|")
      }
      edges += sources.compactMap { $0 }
    }
    let end = position
    takeSeparators(closing: closing)
    _ = start()
    guard isAtEnd else { throw error(at: end, "unexpected text after the third node") }
    return edges
  }

  private mutating func barredOperation() throws(ArchitectureError) -> EdgeOperation {
    let first = start()
    while let byte = byte(at: position), !"~|+".utf8.contains(byte) { move(to: position + 1) }
    return try operation(text(first..<position), at: first)
  }

  private func operation(_ name: String, at offset: Int) throws(ArchitectureError) -> EdgeOperation {
    guard let operation = EdgeOperation(rawValue: name) else {
      let known = EdgeOperation.allCases.map(\.rawValue)
      throw error(
        at: offset,
        "unknown operation '\(name.prefix(40))' (known: \(known.joined(separator: ", ")))"
          + suggestion(for: name, among: known))
    }
    return operation
  }

  // MARK: - Numbers

  /// Nil where the text is no integer.
  fileprivate mutating func indexedEdges() throws(ArchitectureError) -> [NASBench201.EdgeOperation]? {
    let first = startAfterQuotes()
    if !take("-") { _ = take("+") }
    let firstDigit = position
    while isDigit(at: position) { move(to: position + 1) }
    let digits = text(first..<position)
    guard position > firstDigit else { return nil }
    takeSeparators()
    _ = start()
    guard isAtEnd else { return nil }
    let space = NASBench201()
    guard let index = Int(digits), (0..<space.count).contains(index) else {
      throw ArchitectureError(text: text, reason: "index out of range 0...\(space.count - 1)")
    }
    return try space.blueprint(index: index)
  }

  /// Whether the text is numbers with colons between them.
  fileprivate mutating func isChannelCounts() -> Bool {
    _ = startAfterQuotes()
    var numbers = 0
    repeat {
      let first = start()
      while isDigit(at: position) { move(to: position + 1) }
      guard position > first else { return false }
      numbers += 1
    } while take(":")
    takeSeparators()
    _ = start()
    return isAtEnd && numbers > 1
  }

  // MARK: - Lists

  /// Six numbers in brackets, or three nodes of edges; nil where the text is neither.
  fileprivate mutating func listedEdges() throws(ArchitectureError) -> [NASBench201.EdgeOperation]? {
    let beginning = startAfterQuotes()
    let brackets = [offset(of: "(", from: beginning), offset(of: "[", from: beginning)]
    guard let bracket = brackets.compactMap({ $0 }).min() else { return nil }
    move(to: bracket)
    var opened = 0
    while take("(") || take("[") { opened += 1 }
    let isNumbers = isDigit(at: start())
    guard isNumbers || hasQuote else { return nil }
    do throws(ArchitectureError) {
      let edges: [EdgeOperation]
      if isNumbers {
        edges = try sixNumbers()
        opened -= 1
      } else {
        move(to: bracket)
        edges = try listedNodes()
        opened = 0
      }
      takeSeparators(closing: opened)
      let end = start()
      guard isAtEnd else { throw error(at: end, "unexpected text after the architecture") }
      return edges
    } catch {
      // With other text in front, the brackets may be anyone's.
      guard beginning == bracket else { return nil }
      throw error
    }
  }

  private mutating func sixNumbers() throws(ArchitectureError) -> [EdgeOperation] {
    let operations = NASBench201.naslibOperations
    var numbers: [EdgeOperation] = []
    while true {
      let end = start()
      let isAtEnd = take(")") || take("]")
      guard isAtEnd == (numbers.count == 6) else {
        throw error(
          at: end,
          "an architecture in numbers has six, of the edges 0-1, 0-2, 0-3, 1-2, 1-3 and 2-3"
            + (isAtEnd ? ", not \(numbers.count)" : ""))
      }
      guard !isAtEnd else { return NASBench201.naslibPlaces.map { numbers[$0] } }
      let (value, offset) = try integer("a number")
      guard operations.indices.contains(value) else {
        let known = operations.enumerated().map { "\($0) \($1.rawValue)" }.joined(separator: ", ")
        throw error(at: offset, "an operation as a number is one of \(known)")
      }
      numbers.append(operations[value])
      // NumPy has no commas.
      _ = take(",")
    }
  }

  private mutating func listedNodes() throws(ArchitectureError) -> [EdgeOperation] {
    var nodes: [[EdgeOperation]] = []
    let end = try sequence(of: "three nodes") { (scanner) throws(ArchitectureError) in
      let node = nodes.count + 1
      let offset = scanner.start()
      guard node <= 3 else { throw scanner.error(at: offset, "an architecture has three nodes, not more") }
      var sources: [EdgeOperation?] = Array(repeating: nil, count: node)
      let end = try scanner.sequence(of: "the edges of a node") { (scanner) throws(ArchitectureError) in
        let (operation, source) = try scanner.listedEdge(ofNode: node)
        guard sources[source.value] == nil else {
          throw scanner.error(at: source.offset, "node \(node) reads node \(source.value) twice")
        }
        sources[source.value] = operation
      }
      if let missing = sources.firstIndex(of: nil) {
        throw scanner.error(at: end, "node \(node) lacks the edge from node \(missing)")
      }
      nodes.append(sources.compactMap { $0 })
    }
    guard nodes.count == 3 else {
      throw error(at: end, "an architecture has three nodes, not \(nodes.count)")
    }
    return nodes.flatMap { $0 }
  }

  private mutating func listedEdge(
    ofNode node: Int
  ) throws(ArchitectureError) -> (operation: EdgeOperation, source: (value: Int, offset: Int)) {
    var operation: EdgeOperation?
    var source: (value: Int, offset: Int)?
    let end = try sequence(of: "an operation and a node") { (scanner) throws(ArchitectureError) in
      if operation == nil {
        let (name, offset) = try scanner.string("an operation")
        operation = try scanner.operation(name, at: offset)
      } else if source == nil {
        source = try scanner.integer("the number of a node")
      } else {
        throw scanner.error(at: scanner.start(), "an edge has an operation and a node, nothing else")
      }
    }
    guard let operation, let source else { throw error(at: end, "an edge has an operation and a node") }
    guard (0..<node).contains(source.value) else {
      throw error(at: source.offset, "node \(node) reads one of the nodes before it, not node \(source.value)")
    }
    return (operation, source)
  }
}
