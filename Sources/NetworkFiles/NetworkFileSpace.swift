public import NetworkGraph
public import SearchSpaces

/// Networks in files, as a space: an architecture's text is the name of its file.
public struct NetworkFileSpace: SearchSpace {
  /// A file that has been read: its name, and what tells its network from others.
  public struct Blueprint: Sendable {
    public let path: String
    public let digest: String
    /// What a user should know, a sentence each.
    public let notes: [String]
    /// The shape of an image.
    public let input: TensorShape
  }

  public static let name = "file"

  /// The shape of an image; nil for that of each file.
  public var input: TensorShape?
  public var rule: SiteRule
  public var initialized: Initialization
  /// Where files lie that are not found as they are named, such as the folder of the list that names them.
  public var folder: String?

  public init(
    input: TensorShape? = nil, rule: SiteRule = .all, initialized: Initialization = .default, folder: String? = nil
  ) {
    self.input = input
    self.rule = rule
    self.initialized = initialized
    self.folder = folder
  }

  public var name: String { Self.name }
  public var activations: String? { rule.rawValue }
  public var initialization: String? { initialized.rawValue }
  public var example: String { "mine.onnx" }

  /// The name of the file without its ending.
  public func name(in text: String) -> String? {
    let file = Self.withoutDigest(text).split(separator: "/").last ?? ""
    return file.lowercased().hasSuffix(Self.ending) ? String(file.dropLast(Self.ending.count)) : String(file)
  }

  /// What the names of files end with.
  public static let ending = ".onnx"

  /// Whether a text names a file of a network.
  public static func isName(_ text: String) -> Bool { withoutDigest(text).lowercased().hasSuffix(ending) }

  /// Reads the file and builds its network, which is what the digest is of.
  public func blueprint(text: String) throws(ArchitectureError) -> Blueprint {
    let path = Self.withoutDigest(text)
    do throws(NetworkFileError) {
      let imported = try self.imported(path)
      return Blueprint(
        path: path, digest: imported.digest, notes: imported.notes, input: imported.network.inputShape)
    } catch {
      throw ArchitectureError(text: "", reason: error.reason)
    }
  }

  public func key(of blueprint: Blueprint) -> Architecture {
    Architecture(text: "\(blueprint.path) \(blueprint.digest)")
  }

  public func graph(of blueprint: Blueprint) -> String? { blueprint.digest }

  /// The network of a file, whatever the images and classes of the data set.
  public func network(
    of blueprint: Blueprint, input: TensorShape, classes: Int
  ) throws(NetworkError) -> Network {
    do throws(NetworkFileError) {
      let imported = try self.imported(blueprint.path)
      guard imported.digest == blueprint.digest else {
        throw NetworkFileError(.unreadable, "\(blueprint.path) has changed since it was read")
      }
      return imported.network
    } catch {
      throw NetworkError(module: blueprint.path, reason: error.reason)
    }
  }

  private func imported(_ path: String) throws(NetworkFileError) -> ImportedNetwork {
    try file(path).network(input: input, initialization: initialized, rule: rule)
  }

  /// The file of a name: as it is, or in the folder of the list.
  public func file(_ path: String) throws(NetworkFileError) -> NetworkFile {
    do throws(NetworkFileError) {
      return try NetworkFile(path: path)
    } catch {
      guard error.code == .unreadable, let folder, !path.hasPrefix("/") else { throw error }
      guard let file = try? NetworkFile(path: folder + "/" + path) else { throw error }
      return file
    }
  }

  /// A name in a row has the digest behind it.
  private static func withoutDigest(_ text: String) -> String {
    guard let blank = text.lastIndex(of: " "), text[..<blank].lowercased().hasSuffix(ending) else { return text }
    let digest = text[text.index(after: blank)...]
    return digest.count == 16 && digest.allSatisfy(\.isHexDigit) ? String(text[..<blank]) : text
  }
}
