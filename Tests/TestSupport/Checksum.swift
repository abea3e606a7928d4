import Randomness

/// FNV-1a over little-endian bytes, for values that are too many to embed.
public enum Checksum {
  public static func of(_ values: [Float]) -> UInt64 { of(words: values.map(\.bitPattern)) }

  public static func of(words: [UInt32]) -> UInt64 {
    fnv1a64(bytes: words.lazy.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
  }

  /// The lines joined with newlines, in UTF-8.
  public static func of(lines: [String]) -> UInt64 { fnv1a64(lines.joined(separator: "\n")) }
}
