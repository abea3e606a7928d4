import Foundation

/// Compiled programs in a folder, so that the next process need not compile them.
///
/// The cache is a convenience: whatever is wrong with the folder or with an entry, programs are compiled instead.
/// Several processes may share a folder.
package struct ProgramCache: Sendable {
  /// Where the entries are; made when needed. An empty path keeps nothing.
  package var folder: String
  /// Bytes in all, beyond which the entries used longest ago go.
  package var capacity: Int

  package static let standardCapacity = 256 << 20
  /// A longer binary is not kept.
  static let largestBinary = 64 << 20

  package init(folder: String, capacity: Int = standardCapacity) {
    self.folder = folder
    self.capacity = capacity
  }

  /// The cache of this user: `$XDG_CACHE_HOME/epads`, else `~/.cache/epads`; nil where there is neither.
  package static func standard() -> ProgramCache? {
    let environment = ProcessInfo.processInfo.environment
    // A relative path counts as none, says the XDG base directory specification.
    if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") {
      return ProgramCache(folder: caches + "/epads")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return ProgramCache(folder: home + "/.cache/epads")
  }

  /// What a binary depends on.
  struct Key {
    var text: [UInt8]

    init(_ device: OpenCLDeviceInfo, options: String, sources: [String]) {
      // The lengths keep apart what would read the same.
      let parts =
        [
          device.name, device.vendor, device.driverVersion, device.version, device.platformName, device.platformVersion,
          options,
        ] + sources
      text = parts.flatMap { Array("\($0.utf8.count):\($0)\n".utf8) }
    }

    /// Two hashes: the second starts from the first and runs over the text backwards.
    var name: String {
      let forward = checksum(text)
      return ProgramCache.hexadecimal(forward) + ProgramCache.hexadecimal(checksum(text.reversed(), from: forward))
    }
  }

  /// The binary of an entry that is whole, the user's alone, and was stored under the same key.
  func binary(for key: Key) -> [UInt8]? {
    // The age of an entry counts from its last use.
    let limit = Self.largestBinary + key.text.count + Header.bytes
    guard let folder = PrivateFolder(folder), let entry = folder.read(Self.name(of: key), limit: limit) else {
      return nil
    }
    return Header.binary(in: entry, key: key.text)
  }

  /// Keeps a binary, if the folder can be written and is the user's alone.
  func store(_ binary: [UInt8], for key: Key) {
    let entry = Header.entry(binary, key: key.text)
    guard !folder.isEmpty, !binary.isEmpty, binary.count <= Self.largestBinary, entry.count <= capacity else { return }
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    guard let folder = PrivateFolder(folder), folder.write(entry, to: Self.name(of: key)) else { return }
    prune(folder)
  }

  func remove(_ key: Key) { PrivateFolder(folder)?.remove(Self.name(of: key)) }

  private static let suffix = ".clbinary"

  private static func name(of key: Key) -> String { key.name + suffix }

  fileprivate static func hexadecimal(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Removes the oldest entries until the rest fit, and temporary files that a crash left behind.
  private func prune(_ folder: borrowing PrivateFolder) {
    var kept: [PrivateFolder.Entry] = []
    for entry in folder.entries where entry.name.contains(Self.suffix) {
      if entry.name.hasSuffix(Self.suffix) {
        kept.append(entry)
      } else if entry.modified.timeIntervalSinceNow < -3600 {
        folder.remove(entry.name)
      }
    }
    var total = kept.reduce(0) { $0 + $1.size }
    for entry in kept.sorted(by: { $0.modified < $1.modified }) where total > capacity {
      folder.remove(entry.name)
      total -= entry.size
    }
  }
}

/// The bytes before a binary: magic and version, length and checksum of the key, length and checksum of the binary, the
/// key itself.
private enum Header {
  static let magic = Array("epadsCL1".utf8)
  static let bytes = 8 + 4 * 8

  static func entry(_ binary: [UInt8], key: [UInt8]) -> [UInt8] {
    var entry = magic
    entry.reserveCapacity(bytes + key.count + binary.count)
    for part in [key, binary] {
      for word in [UInt64(part.count), checksum(part)] {
        withUnsafeBytes(of: word.littleEndian) { entry.append(contentsOf: $0) }
      }
    }
    entry += key
    entry += binary
    return entry
  }

  static func binary(in entry: [UInt8], key: [UInt8]) -> [UInt8]? {
    guard entry.count > bytes + key.count, entry.starts(with: magic) else { return nil }
    let words = entry.withUnsafeBytes { raw in
      (0..<4).map { UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 + 8 * $0, as: UInt64.self)) }
    }
    let binary = entry[(bytes + key.count)...]
    guard words[0] == UInt64(key.count), entry[bytes..<bytes + key.count].elementsEqual(key),
      words[2] == UInt64(binary.count), words[3] == checksum(binary)
    else { return nil }
    return Array(binary)
  }
}

/// FNV-1a with 64 bits.
private func checksum(_ bytes: some Sequence<UInt8>, from start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
  var hash = start
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
