public import NetworkGraph

/// The networks of NDS (Radosavovic et al., ICCV 2019), where each has a macro architecture of its own: cells with
/// their width and depth, such as `Genotype(...) width=16 depth=8 auxiliary=0`, and vanilla networks, ResNets and
/// ResNeXts, such as `ResNet(block=res_basic_block, ds=[1, 2, 3], ws=[16, 16, 32], ss=[1, 1, 2])`.
public struct NDSSpace: SearchSpace {
  /// Whether cells follow a stem for images of 224x224.
  public let isForImageNet: Bool

  public init(isForImageNet: Bool = false) { self.isForImageNet = isForImageNet }

  public var name: String { isForImageNet ? "nds_in" : "nds" }

  /// The names of both spaces.
  public static let names = [description.name, imageNetDescription.name]

  /// The space of networks for images of CIFAR's size.
  public static let description = SpaceDescription(NDSSpace(), imageShape: .cifar)
  static let imageNetDescription = SpaceDescription(NDSSpace(isForImageNet: true), imageShape: .imageNet)

  /// A network with its macro architecture.
  public enum Blueprint: Hashable, Sendable {
    case residual(ResNet)
    case cells(Genotype, width: Int, depth: Int, hasAuxiliaryHead: Bool)

    /// Cells in their macro architecture.
    ///
    /// - Throws: where width or depth are out of range.
    public init(_ genotype: Genotype, width: Int, depth: Int, hasAuxiliaryHead: Bool) throws(ArchitectureError) {
      let (widths, depths) = (MacroArchitecture.widths, MacroArchitecture.depths)
      guard widths.contains(width) else {
        throw ArchitectureError(text: "\(width)", reason: "a width is from 1 to \(widths.upperBound)")
      }
      guard depths.contains(depth) else {
        throw ArchitectureError(text: "\(depth)", reason: "a depth is from 1 to \(depths.upperBound)")
      }
      self = .cells(genotype, width: width, depth: depth, hasAuxiliaryHead: hasAuxiliaryHead)
    }
  }

  public var example: String {
    isForImageNet ? "\(Genotype.example) width=16 depth=8 auxiliary=0" : ResNet.example
  }

  public func name(in text: String) -> String? {
    guard text.utf8.count <= Genotype.maximumTextLength else { return nil }
    if let beginning = ResNet.beginning(in: text) {
      return PythonScanner(text).nameAssigned(before: text.utf8.distance(from: text.startIndex, to: beginning))
    }
    return Blueprint.macroArchitecture(in: text).flatMap { Genotype.name(in: String(text[..<$0])) }
  }

  public func blueprint(text: String) throws(ArchitectureError) -> Blueprint { try Blueprint(text: text) }

  public func key(of blueprint: Blueprint) -> Architecture {
    switch blueprint {
    case .residual(let network): Architecture(text: network.text)
    case .cells(let genotype, let width, let depth, let hasAuxiliaryHead):
      Architecture(
        text: "\(genotype.text) width=\(width) depth=\(depth) auxiliary=\(hasAuxiliaryHead ? 1 : 0)")
    }
  }

  public func network(of blueprint: Blueprint, input: TensorShape, classes: Int) throws(NetworkError) -> Network {
    switch blueprint {
    case .residual(let network):
      guard !isForImageNet else {
        throw NetworkError(module: "stem", reason: "ResNets are built for images of CIFAR's size alone")
      }
      return try network.network(input: input, classes: classes)
    case .cells(let genotype, let width, let depth, let hasAuxiliaryHead):
      let macroArchitecture = CellNetwork(
        width: width, depth: depth, hasAuxiliaryHead: hasAuxiliaryHead, hasImageNetStem: isForImageNet)
      return try macroArchitecture.network(of: genotype, input: input, classes: classes)
    }
  }
}

extension NDSSpace.Blueprint {
  /// Reads a ResNet, or a genotype with its macro architecture after it.
  fileprivate init(text: String) throws(ArchitectureError) {
    guard ResNet.beginning(in: text) == nil else {
      self = .residual(try ResNet(text: text))
      return
    }
    guard let end = Self.macroArchitecture(in: text) else {
      throw ArchitectureError(
        text: text,
        reason: "expected '\(ResNet.textPrefix)' or a genotype with width=N depth=N auxiliary=0 or 1 after it",
        advice: "a network is written \(ResNet.example)")
    }
    // Quotes and commas are of the list that the text stood in.
    let separators: Set<Character> = ["'", "\"", ",", ";", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}"]
    var values: [String: Int] = [:]
    for word in text[end...].split(whereSeparator: { $0.isWhitespace || separators.contains($0) }) {
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
    try self.init(genotype, width: width, depth: depth, hasAuxiliaryHead: values["auxiliary"] == 1)
  }

  /// Where the macro architecture after a genotype begins, with a blank. Genotypes are known by names as well, so their
  /// end shows only in what follows them.
  fileprivate static func macroArchitecture(in text: String) -> String.Index? {
    let keys = ["width=", "depth=", "auxiliary="]
    return text.indices.first { index in
      text[index].isWhitespace && keys.contains { text[text.index(after: index)...].hasPrefix($0) }
    }
  }
}
