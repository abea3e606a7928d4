public import ArchitectureLists
public import Files
public import SearchSpaces

/// The networks of a file of NDS (<https://github.com/facebookresearch/nds>) with what their training gave.
///
/// The file is a list of entries, or an object whose members `top` and `mid` are such lists. It is read as it goes: of
/// the hundreds of megabytes, most of them lists with a number an epoch, an entry keeps its network and four numbers.
/// Members that are not named here are passed over. An entry that is no network says why; the others are read.
public struct NDSFile: Sendable {
  /// One trained network.
  public struct Entry: Sendable {
    /// The network, or why the entry is none.
    public var architecture: Result<ParsedArchitecture, ArchitectureError>
    /// Where the entry begins in the file, from 1.
    public var line: Int
    /// Which entry of the file it is, from 1: of files without line ends the line does not tell.
    public var number: Int
    /// 100 less the last of `test_ep_top1`, in percent; nil where the entry has none.
    public var accuracy: Double?
    /// The number of parameters as the file has it.
    public var parameters: Double?
    /// The operations of one image as the file has them: see `countDifferences(of:in:input:classes:)` for what they
    /// count.
    public var flops: Double?
  }

  /// What messages call the file.
  public let name: String
  /// In the order of the file; at least one is a network.
  public let entries: [Entry]

  /// The entries that are networks, in the order of the file.
  public var architectures: [ParsedArchitecture] { entries.compactMap { try? $0.architecture.get() } }

  static let maximumEntries = 1_000_000

  /// - Parameter path: `-` for standard input.
  /// - Throws: where the file cannot be read or is no JSON, with line and byte, and where no entry is a network.
  public init(path: String) throws(FileError) {
    let name = ByteStream.name(ofFile: path)
    var bytes = try ByteStream(path: path == "-" ? "/dev/stdin" : path)
    try bytes.requireText(name: name)
    try self.init(bytes, name: name)
  }

  private init(_ bytes: consuming ByteStream, name: String) throws(FileError) {
    var reader = JSONReader(bytes, name: name)
    var entries: [Entry] = []
    var hasNetwork = false
    func list(_ reader: inout JSONReader) throws(FileError) {
      try reader.array { reader throws(FileError) in
        guard entries.count < Self.maximumEntries else {
          throw reader.failure("more than \(Self.maximumEntries) entries")
        }
        let (entry, entryHasNetwork) = try Self.entry(&reader, number: entries.count + 1)
        hasNetwork = hasNetwork || entryHasNetwork
        entries.append(entry)
      }
    }
    switch try Self.kind(&reader) {
    case .array: try list(&reader)
    case .object:
      var hasList = false
      try reader.object { reader, key throws(FileError) in
        guard key == "top" || key == "mid" else { return try reader.skip() }
        hasList = true
        try list(&reader)
      }
      guard hasList else {
        throw FileError(.malformed, "no network in \(name): the object has no list called top or mid")
      }
    default: throw reader.failure(Self.expectation)
    }
    guard try reader.next() == nil else { throw reader.failure("unexpected text after the end") }
    guard !entries.isEmpty else { throw FileError(.malformed, "no network in \(name)") }
    guard hasNetwork else {
      throw FileError(
        .malformed,
        "\(name) is no file of NDS: no entry has a member called net, which holds a network with its width and depth")
    }
    self.name = name
    self.entries = entries
    if architectures.isEmpty, case .failure(let error)? = entries.first?.architecture {
      throw FileError(.malformed, "\(name), line \(entries[0].line): entry 1 is no network: \(error.summary)")
    }
  }

  /// What the accuracy of an entry is called among the columns of a list.
  public static let accuracyColumn = "test accuracy"

  /// The entries as those of a list; those that are no network say why.
  public var listed: [ListedArchitecture] {
    entries.map { entry in
      let place = "\(name), line \(entry.line), entry \(entry.number)"
      var listed: ListedArchitecture
      switch entry.architecture {
      case .success(let architecture): listed = ListedArchitecture(architecture)
      case .failure(let error):
        // Entries have no text of their own; rows tell them apart by their numbers.
        listed = ListedArchitecture(unreadable: "entry \(entry.number)", reason: error.summary, place: place)
      }
      listed.line = entry.line
      if let accuracy = entry.accuracy, accuracy.isFinite { listed.input[Self.accuracyColumn] = .number(accuracy) }
      return listed
    }
  }

  private static let expectation =
    "expected a list of networks, or an object with lists called top and mid, as JSON has them"

  /// The kind of the first value: what begins with none, such as CSV, is no file of NDS.
  private static func kind(_ reader: inout JSONReader) throws(FileError) -> JSONReader.Kind? {
    do {
      return try reader.next()
    } catch {
      throw error.code == .malformed ? reader.failure(expectation) : error
    }
  }

  /// The networks with an accuracy, each once; entries that are no network are among the unreadable ones.
  ///
  /// - Parameter space: the name of their space.
  /// - Throws: where there are none.
  public func measured(space: String) throws(FileError) -> MeasuredArchitectures {
    try MeasuredArchitectures(
      listed, space: space, source: "\(name), test accuracy after the last epoch",
      accuracies: [(Self.accuracyColumn, entries.map(\.accuracy))], published: [])
  }

  // MARK: - Entries

  /// One entry, and whether it has a member that holds a network.
  private static func entry(
    _ reader: inout JSONReader, number: Int
  ) throws(FileError) -> (entry: Entry, hasNetwork: Bool) {
    _ = try reader.next()
    let line = reader.line
    var net: NDSNetwork?
    var accuracy: Double?
    var parameters: Double?
    var flops: Double?
    let problem = try reader.attempt(.object, "it") { reader throws(FileError) in
      var problem: ArchitectureError?
      try reader.object { reader, key throws(FileError) in
        // A member without a value is none.
        guard try reader.next() != .null else { return try reader.skip() }
        var found: ArchitectureError?
        switch key {
        case "net": net = try NDSNetwork(&reader)
        case "test_ep_top1":
          found = try reader.attempt(.array, key) { reader throws(FileError) in
            var found: ArchitectureError?
            try reader.array { reader throws(FileError) in
              let wrong = try reader.double("\(key) has an element that") { accuracy = 100 - $0 }
              found = found ?? wrong
            }
            return found
          }
        case "params": found = try reader.double(key) { parameters = $0 }
        case "flops": found = try reader.double(key) { flops = $0 }
        default: try reader.skip()
        }
        problem = problem ?? found
      }
      return problem
    }
    let architecture = Result { () throws(ArchitectureError) in
      if let problem { throw problem }
      guard let net else { throw ArchitectureError(text: "", reason: "it has no member called net") }
      return try ParsedArchitecture(net.blueprint(), of: NDSSpace())
    }
    return (
      Entry(
        architecture: architecture, line: line, number: number, accuracy: accuracy, parameters: parameters,
        flops: flops), net != nil
    )
  }
}

extension ArchitectureError {
  /// The reason, with what it is about where that is not all of a text.
  fileprivate var summary: String { text.isEmpty ? reason : "\(self)" }
}
