import Randomness

extension SampledSpace {
  /// Random architectures, all different.
  ///
  /// More with the same seed begin with fewer. In a space with indices they are a random order of all of them, the one
  /// whose beginning `sample(_:seed:space:)` of all of them takes; else what the space draws, without what it drew
  /// before.
  ///
  /// - Parameter fits: whether to take an architecture.
  /// - Throws: `SearchError` where there are not so many: in a space without indices, when `maximumMisses` draws in a
  ///   row give nothing.
  public func randomArchitectures(
    _ count: Int, seed: UInt64, where fits: (ParsedArchitecture) throws -> Bool = { _ in true }
  ) throws -> [ParsedArchitecture] {
    let stream = RandomStream(seed: seed, domain: .architectures, name: name)
    let enumerated = self as? any EnumeratedSpace
    let all = enumerated?.count ?? 0
    var indices = sampleWithoutReplacement(all, of: all, stream: stream).makeIterator()
    var draws = RandomDraws(stream)
    var seen = Set<ParsedArchitecture>()
    var taken: [ParsedArchitecture] = []
    var drawn = 0
    var misses = 0
    func shortage() -> SearchError { SearchError(wanted: count, found: taken.count, drawn: drawn) }
    while taken.count < count {
      let architecture: ParsedArchitecture
      if let enumerated {
        guard let index = indices.next() else { throw shortage() }
        architecture = try enumerated.enumerated(index: index)
      } else {
        guard misses < SearchError.maximumMisses else { throw shortage() }
        architecture = randomArchitecture(&draws)
      }
      drawn += 1
      if seen.insert(architecture).inserted, try fits(architecture) {
        taken.append(architecture)
        misses = 0
      } else {
        misses += 1
      }
    }
    return taken
  }
}

/// Why a sample cannot be drawn: too few architectures fit.
public struct SearchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Architectures that were looked for.
  public var wanted: Int
  /// Architectures that were found before the search for them ended.
  public var found: Int
  /// Architectures that were looked at.
  public var drawn: Int

  /// Draws in a row that give nothing before a space without indices is given up: where one in a thousand fits, more
  /// than enough.
  public static let maximumMisses = 10_000

  public var description: String {
    "only \(found) of \(wanted) different architectures that fit were found in \(drawn) draws"
  }
}
