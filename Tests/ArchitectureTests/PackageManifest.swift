import Foundation

/// The targets of Package.swift and what they depend on, read from its text: no package manager has to run for it.
struct PackageManifest {
  struct Target: Hashable, Sendable {
    enum Kind: String {
      case library = "target"
      case executable = "executableTarget"
      case test = "testTarget"
    }

    var kind: Kind
    var name: String
    /// Of this package.
    var dependencies: [String]
    /// From the root.
    var path: String
  }

  let targets: [Target]

  init(_ text: String) throws {
    // Comments may hold anything.
    let text = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.range(of: "//").map { [line = $0] range in String(line[..<range.lowerBound]) } ?? String($0) }
      .joined(separator: "\n")
    var targets: [Target] = []
    for match in text.matches(of: /\.(target|executableTarget|testTarget)\(/) {
      let block = Self.balanced(text[match.range.upperBound...])
      guard let kind = Target.Kind(rawValue: String(match.output.1)),
        let name = block.firstMatch(of: /name: "(\w+)"/)?.output.1
      else { continue }
      let folder = kind == .test ? "Tests" : "Sources"
      let path = block.firstMatch(of: /path: "([\w\/]+)"/).map { String($0.output.1) } ?? "\(folder)/\(name)"
      var dependencies: [String] = []
      if let list = block.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.output.1 {
        // Products of other packages stand in `.product(...)`.
        let own = list.replacing(/\.product\([^)]*\)/, with: "")
        dependencies = own.matches(of: /"(\w+)"/).map { String($0.output.1) }
      }
      targets.append(Target(kind: kind, name: String(name), dependencies: dependencies, path: path))
    }
    self.targets = targets
  }

  /// The text up to the parenthesis that closes what has been opened before it.
  private static func balanced(_ text: Substring) -> Substring {
    var depth = 1
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      if depth == 0 { return text[..<index] }
    }
    return text
  }
}
