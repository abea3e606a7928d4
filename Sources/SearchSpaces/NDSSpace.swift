public import NetworkGraph
public import Randomness

/// The networks of NDS (Radosavovic et al., ICCV 2019), where each has a macro architecture of its own: cells with their width and
/// depth, such as `Genotype(...) width=16 depth=8 auxiliary=0`, and vanilla networks, ResNets and ResNeXts, such as
/// `ResNet(block=res_basic_block, ds=[1, 2, 3], ws=[16, 16, 32], ss=[1, 1, 2])`.
public struct NDSSpace: SearchSpace {
  /// Whether cells follow a stem for images of 224x224.
  public let isForImageNet: Bool

  public init(isForImageNet: Bool = false) { self.isForImageNet = isForImageNet }

  public var name: String { isForImageNet ? "nds_in" : "nds" }

  public static let widths = 1...1024
  public static let depths = 1...100

  /// The architecture of cells in their macro architecture.
  ///
  /// - Throws: where width or depth are out of range.
  public static func architecture(
    _ genotype: Genotype, width: Int, depth: Int, auxiliary: Bool
  ) throws(ArchitectureError) -> Architecture {
    guard widths.contains(width) else {
      throw ArchitectureError(text: "\(width)", reason: "a width is from 1 to \(widths.upperBound)")
    }
    guard depths.contains(depth) else {
      throw ArchitectureError(text: "\(depth)", reason: "a depth is from 1 to \(depths.upperBound)")
    }
    return Architecture(text: "\(genotype.text) width=\(width) depth=\(depth) auxiliary=\(auxiliary ? 1 : 0)")
  }

  public func architecture(text: String) throws(ArchitectureError) -> Architecture {
    switch try NamedNetwork(text) {
    case .residual(let network): Architecture(text: network.text)
    case .cells(let genotype, let width, let depth, let auxiliary):
      try Self.architecture(genotype, width: width, depth: depth, auxiliary: auxiliary)
    }
  }

  /// Cells as in DARTS's space, with width 16, depth 8 and no auxiliary head.
  public func randomArchitecture(_ draws: inout RandomDraws) -> Architecture {
    let cells = CellSpace(.darts).randomArchitecture(&draws)
    return Architecture(text: "\(cells.text) width=16 depth=8 auxiliary=0")
  }

  /// Another genotype as in DARTS's space in the same macro architecture.
  ///
  /// - Throws: where the architecture is no genotype.
  public func mutated(
    _ architecture: Architecture, _ draws: inout RandomDraws
  ) throws(ArchitectureError) -> Architecture {
    guard case .cells(let genotype, let width, let depth, let auxiliary) = try NamedNetwork(architecture.text) else {
      throw ArchitectureError(text: architecture.text, reason: "only genotypes can be changed at random")
    }
    let changed = try CellSpace(.darts).mutated(Architecture(text: genotype.text), &draws)
    return try Self.architecture(Genotype(text: changed.text), width: width, depth: depth, auxiliary: auxiliary)
  }

  public func network(
    of architecture: Architecture, input: TensorShape, classes: Int
  ) throws(ArchitectureError) -> Network {
    let named = try NamedNetwork(architecture.text)
    do {
      switch named {
      case .residual(let network):
        guard !isForImageNet else {
          throw NetworkError(module: "stem", reason: "ResNets are built for images of CIFAR's size alone")
        }
        return try network.network(input: input, classes: classes)
      case .cells(let genotype, let width, let depth, let auxiliary):
        let macroArchitecture = CellNetwork(
          width: width, depth: depth, hasAuxiliaryHead: auxiliary, hasImageNetStem: isForImageNet)
        return try macroArchitecture.network(of: genotype, input: input, classes: classes)
      }
    } catch {
      throw ArchitectureError(text: architecture.text, reason: "\(error)")
    }
  }
}

/// What a text of the space says.
private enum NamedNetwork {
  case residual(ResNet)
  case cells(Genotype, width: Int, depth: Int, auxiliary: Bool)

  init(_ text: String) throws(ArchitectureError) {
    guard !text.drop(while: \.isWhitespace).hasPrefix(ResNet.textPrefix) else {
      self = .residual(try ResNet(text: text))
      return
    }
    // Genotypes are known by names as well, so their end shows only in what follows them.
    let keys = ["width=", "depth=", "auxiliary="]
    let end = text.indices.first { index in
      text[index].isWhitespace && keys.contains { text[index...].dropFirst().hasPrefix($0) }
    }
    guard let end else {
      throw ArchitectureError(
        text: text,
        reason: "expected '\(ResNet.textPrefix)' or a genotype with width=N depth=N auxiliary=0 or 1 after it")
    }
    var values: [String: Int] = [:]
    for word in text[end...].split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, ["width", "depth", "auxiliary"].contains(parts[0]), let value = Int(parts[1]),
        values.updateValue(value, forKey: String(parts[0])) == nil
      else {
        throw ArchitectureError(
          text: text, position: text.distance(from: text.startIndex, to: word.startIndex),
          reason: "expected width=N, depth=N and auxiliary=0 or 1, each once")
      }
    }
    guard let width = values["width"], let depth = values["depth"], (0...1).contains(values["auxiliary"] ?? 0) else {
      throw ArchitectureError(
        text: text, position: text.distance(from: text.startIndex, to: end),
        reason: "expected width=N depth=N auxiliary=0 or 1 after the genotype")
    }
    let genotype = try Genotype(text: String(text[..<end]))
    self = .cells(genotype, width: width, depth: depth, auxiliary: values["auxiliary"] == 1)
  }
}
