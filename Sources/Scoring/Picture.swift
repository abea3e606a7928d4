/// An RGB picture with 8 bits a channel, white at first, and its PNG form.
///
/// No PNG or zlib library is among the packages, and a preview does not need to be small: the pixels stand in stored
/// (uncompressed) deflate blocks, which need no compressor.
struct Picture {
  let width: Int
  let height: Int
  /// Row-major, three bytes a pixel.
  private var bytes: [UInt8]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    bytes = [UInt8](repeating: 255, count: 3 * width * height)
  }

  mutating func set(x: Int, y: Int, _ colour: (red: UInt8, green: UInt8, blue: UInt8)) {
    let position = 3 * (y * width + x)
    bytes[position] = colour.red
    bytes[position + 1] = colour.green
    bytes[position + 2] = colour.blue
  }

  /// The file's bytes (PNG, ISO/IEC 15948).
  var png: [UInt8] {
    // Depth 8, colour type 2 (RGB), the only compression and filter methods, not interlaced.
    let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", header) + chunk("IDAT", stored(filteredRows)) + chunk("IEND", [])
  }

  /// Every row with the number of its filter, 0 for none, before it.
  private var filteredRows: [UInt8] {
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (3 * width + 1))
    for y in 0..<height {
      rows.append(0)
      rows += bytes[3 * width * y..<3 * width * (y + 1)]
    }
    return rows
  }
}

/// Length, type, data and the check sum of the last two.
private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
  let checked = type.utf8 + data
  return bigEndian(data.count) + checked + bigEndian(Int(crc32(checked)))
}

/// A zlib stream (RFC 1950) of stored deflate blocks (RFC 1951, 3.2.4).
private func stored(_ data: [UInt8]) -> [UInt8] {
  let longest = 65_535
  var stream: [UInt8] = [0x78, 0x01]
  stream.reserveCapacity(data.count + 5 * (data.count / longest + 1) + 6)
  for start in stride(from: 0, to: data.count, by: longest) {
    let block = data[start..<min(start + longest, data.count)]
    let length = UInt16(block.count)
    stream.append(block.endIndex == data.count ? 1 : 0)
    for half in [length, ~length] {
      stream.append(UInt8(half & 0xFF))
      stream.append(UInt8(half >> 8))
    }
    stream += block
  }
  return stream + bigEndian(Int(adler32(data)))
}

private func bigEndian(_ value: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

private func adler32(_ data: [UInt8]) -> UInt32 {
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in data {
    low = (low + UInt32(byte)) % 65_521
    high = (high + low) % 65_521
  }
  return high << 16 | low
}

private let crcTable: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
}

private func crc32(_ data: [UInt8]) -> UInt32 {
  ~data.reduce(~0) { crcTable[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
}
