import Testing

/// A reader of RGB pictures of PNG chunks in stored deflate blocks, written apart from what it checks: check sums by
/// their definitions, every length counted.
struct PNG {
  let width: Int
  let height: Int
  /// Row-major, three bytes a pixel.
  let pixels: [UInt8]

  init(_ file: [UInt8]) throws {
    #expect(Array(file.prefix(8)) == [137, 80, 78, 71, 13, 10, 26, 10])
    var rest = file.dropFirst(8)
    var types: [String] = []
    var header: [UInt8] = []
    var compressed: [UInt8] = []
    while !rest.isEmpty {
      try #require(rest.count >= 12)
      let length = Int(Self.number(rest.prefix(4)))
      try #require(rest.count >= 12 + length)
      let checked = rest.dropFirst(4).prefix(4 + length)
      #expect(Self.number(rest.dropFirst(8 + length).prefix(4)) == Self.cyclicRedundancyCheck(checked))
      types.append(String(decoding: checked.prefix(4), as: UTF8.self))
      if types.last == "IHDR" { header = Array(checked.dropFirst(4)) }
      if types.last == "IDAT" { compressed += checked.dropFirst(4) }
      rest = rest.dropFirst(12 + length)
    }
    #expect(types == ["IHDR", "IDAT", "IEND"])
    try #require(header.count == 13)
    #expect(Array(header[8...]) == [8, 2, 0, 0, 0])
    width = Int(Self.number(header[0..<4]))
    height = Int(Self.number(header[4..<8]))

    let rows = try Self.inflated(compressed)
    try #require(rows.count == height * (3 * width + 1))
    let rowLength = 3 * width + 1
    #expect((0..<height).allSatisfy { rows[$0 * rowLength] == 0 })
    pixels = (0..<height).flatMap { rows[$0 * rowLength + 1..<($0 + 1) * rowLength] }
  }

  private static func inflated(_ stream: [UInt8]) throws -> [UInt8] {
    try #require(stream.count > 6)
    #expect(stream[0] & 15 == 8)
    #expect((Int(stream[0]) * 256 + Int(stream[1])).isMultiple(of: 31))
    var rest = stream.dropFirst(2)
    var data: [UInt8] = []
    var last = false
    while !last {
      let head = Array(rest.prefix(5))
      try #require(head.count == 5 && head[0] <= 1)
      last = head[0] == 1
      let length = Int(head[1]) + 256 * Int(head[2])
      #expect(Int(head[3]) + 256 * Int(head[4]) == 65_535 - length)
      try #require(rest.count >= 5 + length)
      data += rest.dropFirst(5).prefix(length)
      rest = rest.dropFirst(5 + length)
    }
    try #require(rest.count == 4)
    let low = data.reduce(1) { ($0 + Int($1)) % 65_521 }
    let high = data.reduce((1, 0)) { sums, byte in
      let low = (sums.0 + Int(byte)) % 65_521
      return (low, (sums.1 + low) % 65_521)
    }.1
    #expect(Int(number(rest)) == high * 65_536 + low)
    return data
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  /// Bit by bit, without a table.
  private static func cyclicRedundancyCheck(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var value = UInt32.max
    for byte in bytes {
      for bit in 0..<8 {
        let odd = (value ^ UInt32(byte >> bit)) & 1 == 1
        value >>= 1
        if odd { value ^= 0xEDB8_8320 }
      }
    }
    return ~value
  }
}
