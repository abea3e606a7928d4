import Files
import SearchSpaces

/// The columns of a table, or the members of an object, by what their names say that they hold.
struct ListColumns {
  let names: [String]
  /// Positions among the names; nil where there is no such column.
  let architecture: Int?
  let index: Int?
  let name: Int?

  init(_ names: [String]) {
    self.names = names
    architecture = Self.position(of: Self.architectureNames, in: names)
    index = Self.position(of: Self.indexNames, in: names)
    name = Self.position(of: Self.nameNames, in: names)
  }

  /// The names of the column that holds architectures, in the order of preference. Case, blanks and marks between the
  /// words do not matter.
  static let architectureNames = [
    "arch", "architecture", "genotype", "archstr", "architecturestr", "genotypestr", "archstring", "architecturestring",
    "genotypestring", "archtext", "geno", "structure",
  ]
  /// The names of a column of indices, which counts where there is no column of architectures.
  static let indexNames = ["index", "archindex", "architectureindex", "archidx", "idx"]
  /// The names of the column that holds names.
  static let nameNames = ["name", "id"]

  /// The names with a number after each that stands there for the second time: `acc`, `acc (2)`. No column hides
  /// another.
  static func told(apart names: [String]) -> [String] {
    var counts: [String: Int] = [:]
    return names.map { name in
      let count = counts[name, default: 0] + 1
      counts[name] = count
      return count == 1 ? name : "\(name) (\(count))"
    }
  }

  /// Whether these are the columns of rows that this program has written.
  static func areOwn(_ names: [String]) -> Bool { ["arch", "space", "status", "version"].allSatisfy(names.contains) }

  /// A name without what its writers differ in.
  static func plain(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }

  /// The position of the first name of a list; nil where none is there.
  static func position(of known: [String], in names: [String]) -> Int? {
    let plain = names.map(plain)
    return known.lazy.compactMap { plain.firstIndex(of: $0) }.first
  }

  /// Some names for a message, of bounded length.
  static func listed(_ names: [String]) -> String {
    let shown = names.prefix(12).map { name in
      let short = name.prefix(40)
      return name.isEmpty ? "''" : short.endIndex == name.endIndex ? name : short + "…"
    }
    return shown.joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
  }
}
