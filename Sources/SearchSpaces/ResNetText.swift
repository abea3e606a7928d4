extension ResNet {
  /// The beginning of every text.
  static let textPrefix = "ResNet("

  /// A short text, for messages.
  static let example = "ResNet(block=res_basic_block, ds=[1, 2, 2], ws=[16, 16, 32], ss=[1, 1, 2])"

  /// Where a text of a network begins within another, such as a line of a log; nil where none does.
  static func beginning(in text: String) -> String.Index? {
    text.utf8.firstRange(of: textPrefix.utf8)?.lowerBound
  }

  /// NDS's lists, the stem first, such as
  /// `ResNet(block=res_basic_block, ds=[1, 2, 3], ws=[16, 16, 32], ss=[1, 1, 2])`; with `bot_muls` and `num_gs` for
  /// bottlenecks.
  public var text: String {
    func list<T>(_ name: String, _ first: T, _ rest: [T]) -> String {
      ", \(name)=[" + ([first] + rest).map { "\($0)" }.joined(separator: ", ") + "]"
    }
    var text = "\(Self.textPrefix)block=\(block.rawValue)" + list("ds", 1, stages.map(\.depth))
    text += list("ws", stemWidth, stages.map(\.width)) + list("ss", stemStride, stages.map(\.stride))
    if block == .bottleneck {
      text += list("bot_muls", 0, stages.map(\.bottleneck)) + list("num_gs", 1, stages.map(\.groups))
    }
    return text + ")"
  }

  /// Makes a network of NDS's lists, which all have the stem first: its depth is 1, its multiplier means nothing.
  ///
  /// - Parameters:
  ///   - block: pycls's name of the block; `double_plain_block`, as NDS has it, is the vanilla block.
  ///   - multipliers: of bottlenecks; other blocks have none, and it may be empty.
  ///   - groups: empty where they are all 1.
  public init(
    block: String, depths: [Int], widths: [Int], strides: [Int], multipliers: [Double], groups: [Int]
  ) throws(ArchitectureError) {
    guard let kind = block == "double_plain_block" ? .vanilla : Block(rawValue: block) else {
      let known = Block.allCases.map(\.rawValue).joined(separator: ", ")
      throw ArchitectureError(text: block, reason: "unknown block (known: \(known))")
    }
    guard depths.count > 1, widths.count == depths.count, strides.count == depths.count,
      multipliers.isEmpty || multipliers.count == depths.count, groups.isEmpty || groups.count == depths.count
    else {
      throw ArchitectureError(
        text: "\(depths.count), \(widths.count), \(strides.count), \(multipliers.count), \(groups.count)",
        reason: "ds, ws, ss, bot_muls and num_gs need one number for the stem and one a stage; their lengths differ")
    }
    guard depths[0] == 1 else {
      throw ArchitectureError(text: "\(depths[0])", reason: "the first depth is that of the stem, which is 1")
    }
    try self.init(
      block: kind, stemWidth: widths[0], stemStride: strides[0],
      stages: depths.indices.dropFirst().map { stage in
        Stage(
          depth: depths[stage], width: widths[stage], stride: strides[stage],
          bottleneck: multipliers.isEmpty ? 1 : multipliers[stage], groups: groups.isEmpty ? 1 : groups[stage])
      })
    // Any multiplier that stood in for it would make another network.
    guard kind != .bottleneck || !multipliers.isEmpty else {
      throw ArchitectureError(
        text: block, reason: "bot_muls is missing, the inner width of every bottleneck as a share")
    }
  }

  /// Reads what `text` writes; blanks do not matter, and the lists may come in any order. Text in front, and quotes and
  /// commas behind, are passed over.
  ///
  /// - Throws: with the position of what is wrong.
  public init(text: String) throws(ArchitectureError) {
    var scanner = Scanner(text)
    try scanner.take(Self.textPrefix)
    var block: String?
    var lists: [String: [Double]] = [:]
    repeat {
      let start = scanner.rest
      let name = scanner.word()
      try scanner.take("=")
      switch name {
      case "block" where block == nil: block = scanner.word()
      case "ds", "ws", "ss", "bot_muls", "num_gs":
        guard lists[name] == nil else { throw scanner.failure("'\(name)' stands twice", at: start) }
        lists[name] = try scanner.numbers()
      default:
        throw scanner.failure(
          "expected block, ds, ws, ss, bot_muls or num_gs, not '\(name.prefix(40))'", at: start)
      }
    } while scanner.takes(",")
    try scanner.take(")")
    scanner.skipSeparators()
    guard scanner.rest.isEmpty else { throw scanner.failure("unexpected text after the network") }
    guard let block else { throw ArchitectureError(text: text, reason: "'block' is missing") }
    func whole(_ name: String) throws(ArchitectureError) -> [Int] {
      var numbers: [Int] = []
      for number in lists[name] ?? [] {
        guard let whole = Int(exactly: number) else {
          throw ArchitectureError(text: text, reason: "'\(name)' has \(number), which is no whole number")
        }
        numbers.append(whole)
      }
      return numbers
    }
    do {
      try self.init(
        block: block, depths: whole("ds"), widths: whole("ws"), strides: whole("ss"),
        multipliers: lists["bot_muls"] ?? [], groups: whole("num_gs"))
    } catch {
      throw ArchitectureError(text: text, reason: error.text == text ? error.reason : "\(error.reason): \(error.text)")
    }
  }
}

/// Takes a text apart from its beginning; blanks between tokens do not matter.
private struct Scanner {
  /// More characters are no network.
  static let maximumLength = 10_000

  let text: String
  private(set) var rest: Substring

  init(_ text: String) {
    self.text = text
    let beginning = ResNet.beginning(in: text) ?? text.startIndex
    rest = text[beginning...].prefix(Self.maximumLength).drop(while: \.isWhitespace)
  }

  func failure(_ reason: String, at place: Substring? = nil) -> ArchitectureError {
    let start = (place ?? rest).startIndex
    return ArchitectureError(text: text, position: text.distance(from: text.startIndex, to: start), reason: reason)
  }

  /// Whether the token is there; it is gone after it.
  mutating func takes(_ token: String) -> Bool {
    guard rest.hasPrefix(token) else { return false }
    rest = rest.dropFirst(token.count).drop(while: \.isWhitespace)
    return true
  }

  mutating func take(_ token: String) throws(ArchitectureError) {
    guard takes(token) else { throw failure("expected '\(token)'") }
  }

  /// Goes past the quotes, commas and semicolons of a list that the text stood in.
  mutating func skipSeparators() {
    rest = rest.drop { $0.isWhitespace || "'\",;\u{2018}\u{2019}\u{201C}\u{201D}".contains($0) }
  }

  /// Letters, digits and underscores.
  mutating func word() -> String {
    let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    rest = rest[word.endIndex...].drop(while: \.isWhitespace)
    return String(word)
  }

  /// Numbers in square brackets, with commas between them.
  mutating func numbers() throws(ArchitectureError) -> [Double] {
    try take("[")
    guard !takes("]") else { return [] }
    var numbers: [Double] = []
    repeat {
      let digits = rest.prefix { "0123456789+-.eE".contains($0) }
      guard let number = Double(digits), number.isFinite else { throw failure("expected a number") }
      numbers.append(number)
      rest = rest[digits.endIndex...].drop(while: \.isWhitespace)
    } while takes(",")
    try take("]")
    return numbers
  }
}
