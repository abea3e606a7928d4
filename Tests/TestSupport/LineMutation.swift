/// Changes lines of text at random, the same way in every run. A line stays one: it is not empty, has no line end and
/// begins with a letter, a digit or a mark that neither begins a comment nor goes on with the line before.
public struct LineMutation {
  private var random: RepeatableGenerator
  private let avoided: Set<UInt8>

  /// - Parameter avoided: bytes that are not put into lines.
  public init(seed: UInt64, avoided: Set<UInt8> = []) {
    random = RepeatableGenerator(seed: seed)
    self.avoided = avoided.union([0x0A, 0x0D])
  }

  /// One of some lines, with so many changes.
  public mutating func mutated(_ lines: [String], times: ClosedRange<Int>) -> [UInt8] {
    while true {
      var bytes = Array(random.element(of: lines).utf8)
      for _ in 0..<Int.random(in: times, using: &random) where !bytes.isEmpty { change(&bytes) }
      if let first = bytes.first, (0x21...0x7E).contains(first), !"#)]}".utf8.contains(first) { return bytes }
    }
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = random.index(below: bytes.count)
    switch random.index(below: 6) {
    case 0: bytes.insert(byte(), at: place)
    case 1: bytes.remove(at: place)
    case 2: bytes[place] = byte()
    case 3: bytes.swapAt(place, random.index(below: bytes.count))
    case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.index(below: 12)))
    default: if random.index(below: 3) == 0 { bytes.removeSubrange(place...) }
    }
  }

  /// Any byte, or one that formats use.
  private mutating func byte() -> UInt8 {
    while true {
      let any = UInt8(random.index(below: 256))
      let byte =
        random.index(below: 2) == 0 ? any : random.element(of: Array("|~+,;:'\"()[]{}=\\0123456789abn_ \t\0".utf8))
      if !avoided.contains(byte) { return byte }
    }
  }
}
