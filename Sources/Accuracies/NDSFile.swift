public import Files
public import SearchSpaces

/// The networks of a file of NDS (<https://github.com/facebookresearch/nds>) with what their training gave.
///
/// The file is a list of entries, or an object whose members `top` and `mid` are such lists. It is read as it goes: of
/// the hundreds of megabytes, most of them lists with a number an epoch, an entry keeps its network and four numbers.
/// Members that are not named here are passed over.
public struct NDSFile: Sendable {
  /// One trained network.
  public struct Entry: Sendable {
    public var architecture: ParsedArchitecture
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
  /// In the order of the file.
  public let entries: [Entry]

  static let maximumEntries = 1_000_000

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
  /// - Parameter space: the name of their space.
  /// - Throws: where there are none.
  public func measured(space: String) throws(FileError) -> MeasuredArchitectures {
    try MeasuredArchitectures(
      entries.map(\.architecture), space: space, source: "\(name), test accuracy after the last epoch",
      accuracies: [("test accuracy", entries.map(\.accuracy))], published: [])
  }

  // MARK: - Entries

  private static func entry(_ reader: inout JSONReader) throws(FileError) -> Entry {
    var net: NDSNetwork?
    var accuracy: Double?
    var parameters: Double?
    var flops: Double?
    try reader.object { reader, key throws(FileError) in
      // A member without a value is none.
      guard try reader.next() != .null else { return try reader.skip() }
      switch key {
      case "net": net = try NDSNetwork(&reader)
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
        architecture: try ParsedArchitecture(net.blueprint(), of: NDSSpace()), accuracy: accuracy,
        parameters: parameters, flops: flops)
    } catch {
      let what = error.text.isEmpty ? "" : ": '\(error.text.prefix(80))'"
      throw reader.failure("the entry that ends here is no network: \(error.reason)\(what)")
    }
  }
}
