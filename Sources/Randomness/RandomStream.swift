/// What a stream of random words is for; part of its counter, so that streams of one name never overlap.
public enum RandomDomain: UInt32, Sendable {
  case weights = 0
  case noise = 1
  case permutations = 2
  case architectures = 3
  case images = 4
  case resampling = 5
}

/// A named stream of 32-bit words that depends on its seed, domain and name alone.
///
/// Word `i` is lane `i % 4` of the Philox block with key = seed (low word, high word) and counter = (`i / 4`, FNV-1a 64
/// of the name: low word, high word, domain). A stream holds 2^34 words; positions beyond wrap around.
public struct RandomStream: Sendable {
  @usableFromInline let key: SIMD2<UInt32>
  @usableFromInline let name: SIMD2<UInt32>
  @usableFromInline let domain: UInt32

  /// - Parameter name: what the words are for, such as a parameter's name in the reference model.
  public init(seed: UInt64, domain: RandomDomain, name: some StringProtocol) {
    let hash = fnv1a64(name)
    self.key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.name = SIMD2(UInt32(truncatingIfNeeded: hash), UInt32(truncatingIfNeeded: hash >> 32))
    self.domain = domain.rawValue
  }

  /// Words `4 * index ..< 4 * index + 4`.
  @inlinable
  public func block(_ index: Int) -> SIMD4<UInt32> {
    Philox.block(counter: SIMD4(UInt32(truncatingIfNeeded: index), name[0], name[1], domain), key: key)
  }

  /// Words `4 * index ..< 4 * index + 32`: word `w` of block `b` is lane `b` of vector `w`.
  @inlinable
  func blocks(_ index: Int) -> (SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>) {
    Philox.blocks(first: UInt32(truncatingIfNeeded: index), counter: (name[0], name[1], domain), key: key)
  }

  /// The word at a position.
  @inlinable
  public subscript(position: Int) -> UInt32 { block(position / 4)[position % 4] }

  /// The first `count` words.
  public func words(_ count: Int) -> [UInt32] {
    guard count > 0 else { return [] }
    return [UInt32](unsafeUninitializedCapacity: count) { words, initialized in
      for start in stride(from: 0, to: count, by: 4) {
        let block = block(start / 4)
        for lane in 0..<min(4, count - start) { words[start + lane] = block[lane] }
      }
      initialized = count
    }
  }

  /// A position below `bound` from the word at `position`: floor(word * bound / 2^32).
  @inlinable
  public func index(_ position: Int, below bound: Int) -> Int {
    Int((UInt64(self[position]) &* UInt64(bound)) >> 32)
  }
}
