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
  /// end do not matter, so two texts of one genotype give equal values. The edges of a node may stand in brackets of
  /// their own, and an edge may have a weight, a fraction, which is passed over. A dictionary of the keywords, as
  /// Python or JSON write it, is read as well, and `reduction` for `reduce`. Text in front of it all, such as a name, a
  /// module or the beginning of a line of a log, is passed over, as are quotes around it. Nothing is evaluated.
  ///
  /// - Throws: where the text is something else, with the position of the first character that does not fit.
  public init(text: String) throws(ArchitectureError) {
    guard text.utf8.count <= Self.maximumTextLength else {
      throw ArchitectureError(text: text, reason: "a genotype has at most \(Self.maximumTextLength) bytes of text")
    }
    var scanner = PythonScanner(text)
    self = try scanner.genotype()
  }

  /// A short text, for messages.
  static let example =
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=[2], "
    + "reduce=[('max_pool_3x3', 0), ('skip_connect', 1)], reduce_concat=[2])"

  /// The name that a text gives its genotype: of a `KnownGenotype` as published, else what it is assigned to; nil where
  /// that is a word for any genotype, such as `arch`.
  static func name(in text: String) -> String? {
    guard text.utf8.count <= maximumTextLength else { return nil }
    var scanner = PythonScanner(text)
    return scanner.genotypeName()
  }
}

/// The keywords of `Genotype(...)`; raw values are their text.
private enum Keyword: String, CaseIterable {
  case normal
  case normalConcatenation = "normal_concat"
  case reduction = "reduce"
  case reductionConcatenation = "reduce_concat"

  static let names = allCases.map(\.rawValue).joined(separator: ", ")

  /// The keyword of a name, or of one that spells `reduce` out.
  init?(name: String) {
    switch name {
    case "reduction": self = .reduction
    case "reduction_concat": self = .reductionConcatenation
    default: self.init(rawValue: name)
    }
  }
}

/// What a text says of one cell. The concatenation may stand before the edges, so it is judged last.
private struct CellText {
  var edges: [Genotype.Edge] = []
  var concatenation: [(value: Int, offset: Int)] = []
}

/// The grammar of genotypes.
extension PythonScanner {
  fileprivate mutating func genotype() throws(ArchitectureError) -> Genotype {
    let genotype: Genotype
    if seekGenotype() || isAtBrace() {
      genotype = try written()
    } else {
      var (name, offset) = try path()
      if take("=") {
        if isAtBrace() { return try ended(try written()) }
        (name, offset) = try path()
      }
      genotype = name == "Genotype" || name == "dict" ? try members() : try known(name, at: offset)
    }
    return try ended(genotype)
  }

  private mutating func ended(_ genotype: Genotype) throws(ArchitectureError) -> Genotype {
    takeSeparators()
    let end = start()
    guard isAtEnd else { throw error(at: end, "unexpected text after the genotype") }
    return genotype
  }

  /// Whether `Genotype(`, `dict(` or a dictionary of the keywords begins somewhere; the scanner goes on there.
  private mutating func seekGenotype() -> Bool {
    func begins(_ scanner: PythonScanner) -> Bool {
      var scanner = scanner
      if scanner.take("{") { return scanner.string().flatMap { Keyword(name: $0.text) } != nil }
      let name = scanner.name()
      guard scanner.take("(") else { return false }
      return name == "Genotype" || name == "dict" && scanner.name().flatMap(Keyword.init(name:)) != nil
    }
    // A comment may hold another genotype; what stands in front of one may hold a `#`.
    return seek(inComments: false, begins) || seek(inComments: true, begins)
  }

  private mutating func isAtBrace() -> Bool {
    while takeQuote() {}
    return byte(at: start()) == UInt8(ascii: "{")
  }

  /// Names with dots between them: the last one and its offset.
  private mutating func path() throws(ArchitectureError) -> (name: String, offset: Int) {
    while takeQuote() {}
    while true {
      let offset = start()
      guard let name = name() else {
        throw error(
          at: offset, "expected 'Genotype(' or one of \(KnownGenotype.names)", advice: Self.advice)
      }
      if !take(".") { return (name, offset) }
    }
  }

  private static let advice = "a genotype is written \(Genotype.example)"

  private func known(_ name: String, at offset: Int) throws(ArchitectureError) -> Genotype {
    guard let known = KnownGenotype(name: name) else {
      throw error(
        at: offset, "unknown genotype '\(name.prefix(40))' (known: \(KnownGenotype.names))", advice: Self.advice)
    }
    return try Genotype(text: known.text)
  }

  /// What begins with a brace, or with a name and a parenthesis.
  private mutating func written() throws(ArchitectureError) -> Genotype {
    guard take("{") else {
      _ = name()
      return try members()
    }
    return try members(until: "}") { (scanner) throws(ArchitectureError) in
      let offset = scanner.start()
      guard scanner.hasQuote else { throw scanner.error(at: offset, "expected one of \(Keyword.names) in quotes") }
      return try scanner.string("a key")
    }
  }

  private mutating func members() throws(ArchitectureError) -> Genotype {
    try expect("(")
    return try members(until: ")") { (scanner) throws(ArchitectureError) in
      let offset = scanner.start()
      guard let name = scanner.name() else { throw scanner.error(at: offset, "expected one of \(Keyword.names)") }
      return (name, offset)
    }
  }

  /// The keywords with their values up to a closing bracket; `:` follows the keys of a dictionary, `=` others.
  private mutating func members(
    until closing: Unicode.Scalar,
    _ key: (inout PythonScanner) throws(ArchitectureError) -> (text: String, offset: Int)
  ) throws(ArchitectureError) -> Genotype {
    var seen: Set<Keyword> = []
    var (normal, reduction) = (CellText(), CellText())
    let end = try elements(until: closing) { (scanner) throws(ArchitectureError) in
      let (name, offset) = try key(&scanner)
      guard let keyword = Keyword(name: name) else {
        throw scanner.error(at: offset, "unknown keyword '\(name.prefix(40))' (known: \(Keyword.names))")
      }
      guard seen.insert(keyword).inserted else {
        throw scanner.error(at: offset, "'\(name)' stands here for the second time")
      }
      try scanner.expect(closing == "}" ? ":" : "=")
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

  // MARK: - Names

  fileprivate mutating func genotypeName() -> String? {
    guard !seekGenotype() else { return nameAssigned(before: position) }
    var assigned: String?
    while takeQuote() {}
    var last = name()
    while last != nil, take(".") { last = name() }
    if last != nil, take("=") {
      assigned = last
      while takeQuote() {}
      last = name()
      while last != nil, take(".") { last = name() }
    }
    let known = last.flatMap { KnownGenotype(name: $0) }?.rawValue
    return known == nil && byte(at: start()) != UInt8(ascii: "{") ? nil : assigned.flatMap(Self.nameProper) ?? known
  }
}
