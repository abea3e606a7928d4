/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw ("Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011): four 32-bit words for every 128-bit counter and 64-bit key, with no state in between.
public enum Philox {
  /// The four words at `counter` under `key`.
  @inlinable
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x0, x1, x2, x3) = (counter[0], counter[1], counter[2], counter[3])
    var (k0, k1) = (key[0], key[1])
    for _ in 0..<10 {
      let p0 = 0xD251_1F53 as UInt64 &* UInt64(x0)
      let p1 = 0xCD9E_8D57 as UInt64 &* UInt64(x2)
      (x0, x1, x2, x3) = (
        UInt32(truncatingIfNeeded: p1 >> 32) ^ x1 ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ x3 ^ k1, UInt32(truncatingIfNeeded: p0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(x0, x1, x2, x3)
  }

  /// The words at eight counters that follow each other, `first` the first component of the first: word `w` of block
  /// `b` is lane `b` of vector `w`.
  @inlinable
  static func blocks(
    first: UInt32, counter: (UInt32, UInt32, UInt32), key: SIMD2<UInt32>
  ) -> (SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>) {
    typealias Words = SIMD8<UInt32>
    typealias Products = SIMD8<UInt64>
    var x0 = Words(repeating: first) &+ Words(0, 1, 2, 3, 4, 5, 6, 7)
    var (x1, x2, x3) = (Words(repeating: counter.0), Words(repeating: counter.1), Words(repeating: counter.2))
    var (k0, k1) = (key[0], key[1])
    let (m0, m1) = (Products(repeating: 0xD251_1F53), Products(repeating: 0xCD9E_8D57))
    for _ in 0..<10 {
      let p0 = Products(truncatingIfNeeded: x0) &* m0
      let p1 = Products(truncatingIfNeeded: x2) &* m1
      (x0, x1, x2, x3) = (
        Words(truncatingIfNeeded: p1 &>> 32) ^ x1 ^ Words(repeating: k0), Words(truncatingIfNeeded: p1),
        Words(truncatingIfNeeded: p0 &>> 32) ^ x3 ^ Words(repeating: k1), Words(truncatingIfNeeded: p0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (x0, x1, x2, x3)
  }
}

/// FNV-1a with 64 bits, over UTF-8.
public func fnv1a64(_ text: some StringProtocol) -> UInt64 { fnv1a64(bytes: text.utf8) }

/// FNV-1a with 64 bits.
public func fnv1a64(bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
