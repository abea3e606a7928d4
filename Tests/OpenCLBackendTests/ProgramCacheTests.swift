import Foundation
import OpenCL
import OpenCLBackend
import Testing

/// The program cache, on every device.
@Suite struct ProgramCacheTests {
  /// Builds the program and runs it.
  private func build(
    _ context: Context, _ cache: ProgramCache, options: String = "", source: String = affineSource
  ) throws -> Program {
    let program = try context.program(sources: [source], options: options, cache: cache)
    let kernel = try program.kernel("affine")
    let queue = try context.queue()
    let source = try context.buffer(bytes: 32)
    let target = try context.buffer(bytes: 32)
    try queue.write((0..<8).map { Float($0) }, to: source)
    try kernel.set(0, source)
    try kernel.set(1, target)
    try kernel.set(2, Float(2))
    try kernel.set(3, Int32(1))
    try queue.enqueue(kernel, global: [8])
    #expect(try queue.read(target, count: 8, as: Float.self) == (0..<8).map { 2 * Float($0) + 1 })
    return program
  }

  private func entries(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
  }

  @Test(arguments: Machine.devices) func theSecondBuildIsFound(device: OpenCLDeviceInfo) throws {
    try Machine.withTemporaryFolder { folder in
      let cache = ProgramCache(folder: folder + "/deep/er")
      let context = try Context(device: device)
      #expect(try build(context, cache).cameFromCache == false)
      let again = try build(context, cache)
      #expect(again.cameFromCache)
      #expect(again.buildSeconds > 0)
      // In another context, too.
      #expect(try build(Context(device: device), cache).cameFromCache)
      #expect(try entries(cache.folder).count == 1)
      // Other options and other sources are other programs.
      #expect(try build(context, cache, options: "-D UNUSED=1").cameFromCache == false)
      #expect(try build(context, cache, source: affineSource + "\n").cameFromCache == false)
      #expect(try entries(cache.folder).count == 3)
    }
  }

  /// What can happen to an entry.
  enum Damage: CaseIterable {
    case empty
    case headerOnly
    case truncated
    case longer
    case flippedInMagic
    case flippedInKey
    case flippedInBinary
    case lengthsBeyondTheFile
    case noise
    case folderInItsPlace
    case entryOfAnotherProgram

    func apply(_ bytes: [UInt8], other: [UInt8]) -> [UInt8]? {
      var bytes = bytes
      switch self {
      case .empty: return []
      case .headerOnly: return Array(bytes.prefix(40))
      case .truncated: return Array(bytes.dropLast(bytes.count / 3))
      case .longer: return bytes + [0]
      case .flippedInMagic: bytes[3] ^= 0x10
      case .flippedInKey: bytes[48] ^= 0x01
      case .flippedInBinary: bytes[bytes.count - 9] ^= 0x80
      case .lengthsBeyondTheFile: for i in 8..<40 { bytes[i] = 0xFF }
      case .noise: bytes = bytes.indices.map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
      case .folderInItsPlace: return nil
      case .entryOfAnotherProgram: return other
      }
      return bytes
    }
  }

  @Test(arguments: Machine.devices, Damage.allCases)
  func damagedEntriesAreRebuilt(device: OpenCLDeviceInfo, damage: Damage) throws {
    try Machine.withTemporaryFolder { folder in
      let cache = ProgramCache(folder: folder)
      let context = try Context(device: device)
      _ = try build(context, cache)
      let path = try #require(try entries(folder).first)
      _ = try build(context, cache, options: "-D UNUSED=1")
      let otherPath = try #require(try entries(folder).first { $0 != path })
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let other = [UInt8](try Data(contentsOf: URL(fileURLWithPath: otherPath)))
      if let damaged = damage.apply(bytes, other: other) {
        try Data(damaged).write(to: URL(fileURLWithPath: path))
        #expect(try build(context, cache).cameFromCache == false)
        #expect(try build(context, cache).cameFromCache)
      } else {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path + "/in", withIntermediateDirectories: true)
        #expect(try build(context, cache).cameFromCache == false)
      }
    }
  }

  /// Ways in which somebody else could have written what is in the cache.
  enum Exposure: CaseIterable {
    case folderForTheGroup, folderForAll, folderOfAnother, linkedFolder
    case entryForTheGroup, entryForAll, entryOfAnother, linkedEntry

    /// Only the superuser can give something away.
    static var possible: [Exposure] {
      allCases.filter { geteuid() == 0 || $0 != .folderOfAnother && $0 != .entryOfAnother }
    }

    /// Whether the folder is to blame, so that nothing may be written there either.
    var isOfFolder: Bool {
      switch self {
      case .folderForTheGroup, .folderForAll, .folderOfAnother, .linkedFolder: true
      case .entryForTheGroup, .entryForAll, .entryOfAnother, .linkedEntry: false
      }
    }

    func apply(folder: String, entry: String) throws {
      let manager = FileManager.default
      switch self {
      case .folderForTheGroup: try #require(chmod(folder, 0o720) == 0)
      case .folderForAll: try #require(chmod(folder, 0o777) == 0)
      case .folderOfAnother: try #require(chown(folder, 12345, 12345) == 0)
      case .linkedFolder:
        try manager.moveItem(atPath: folder, toPath: folder + "-moved")
        try manager.createSymbolicLink(atPath: folder, withDestinationPath: folder + "-moved")
      case .entryForTheGroup: try #require(chmod(entry, 0o620) == 0)
      case .entryForAll: try #require(chmod(entry, 0o666) == 0)
      case .entryOfAnother: try #require(chown(entry, 12345, 12345) == 0)
      case .linkedEntry:
        try manager.moveItem(atPath: entry, toPath: folder + "/moved")
        try manager.createSymbolicLink(atPath: entry, withDestinationPath: folder + "/moved")
      }
    }
  }

  @Test(arguments: Machine.devices, Exposure.possible)
  func whatOthersCanWriteIsNotLoaded(device: OpenCLDeviceInfo, exposure: Exposure) throws {
    try Machine.withTemporaryFolder { parent in
      let cache = ProgramCache(folder: parent + "/cache")
      let context = try Context(device: device)
      _ = try build(context, cache)
      #expect(try build(context, cache).cameFromCache)
      try exposure.apply(folder: cache.folder, entry: try #require(try entries(cache.folder).first))
      let before = try entries(cache.folder).count
      #expect(try build(context, cache).cameFromCache == false)
      // An entry is replaced by one's own; a folder that others can write stays as it is.
      #expect(try build(context, cache).cameFromCache == !exposure.isOfFolder)
      if exposure.isOfFolder {
        _ = try build(context, cache, options: "-D UNUSED=1")
        #expect(try entries(cache.folder).count == before)
      }
    }
  }

  /// A binary that the driver does not understand, under a header in order.
  @Test(arguments: Machine.devices) func refusedBinariesAreRebuilt(device: OpenCLDeviceInfo) throws {
    try Machine.withTemporaryFolder { folder in
      let cache = ProgramCache(folder: folder)
      let context = try Context(device: device)
      _ = try build(context, cache)
      let path = try #require(try entries(folder).first)
      let url = URL(fileURLWithPath: path)
      var bytes = [UInt8](try Data(contentsOf: url))
      let keyLength = bytes[8..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
      let binary = [UInt8](repeating: 0x5A, count: 100)
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in binary { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      bytes = Array(bytes.prefix(40 + keyLength)) + binary
      for (offset, word) in [(24, UInt64(binary.count)), (32, hash)] {
        for i in 0..<8 { bytes[offset + i] = UInt8(truncatingIfNeeded: word >> UInt64(8 * i)) }
      }
      try Data(bytes).write(to: url)
      #expect(try build(context, cache).cameFromCache == false)
      #expect(try build(context, cache).cameFromCache)
    }
  }

  @Test(arguments: Machine.devices, ["/proc/epads", "/dev/null/epads", ""])
  func unwritableFoldersDoNotMatter(device: OpenCLDeviceInfo, folder: String) throws {
    let cache = ProgramCache(folder: folder)
    let context = try Context(device: device)
    #expect(try build(context, cache).cameFromCache == false)
    #expect(try build(context, cache).cameFromCache == false)
  }

  @Test(arguments: Machine.devices) func theOldestEntriesGo(device: OpenCLDeviceInfo) throws {
    try Machine.withTemporaryFolder { folder in
      var cache = ProgramCache(folder: folder)
      let context = try Context(device: device)
      _ = try build(context, cache, options: "-D UNUSED=1")
      let first = try #require(try entries(folder).first)
      let size = try Data(contentsOf: URL(fileURLWithPath: first)).count
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -1000)], ofItemAtPath: first)
      _ = try build(context, cache, options: "-D UNUSED=2")
      let second = try #require(try entries(folder).first { $0 != first })
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -500)], ofItemAtPath: second)
      // Used again, the first is the younger one now.
      #expect(try build(context, cache, options: "-D UNUSED=1").cameFromCache)
      cache.capacity = 5 * size / 2
      _ = try build(context, cache, options: "-D UNUSED=3")
      #expect(try entries(folder).count == 2)
      #expect(FileManager.default.fileExists(atPath: first))
      #expect(!FileManager.default.fileExists(atPath: second))
    }
  }

  @Test func theFolderIsTheUsers() async {
    await #expect(processExitsWith: .success) {
      setenv("XDG_CACHE_HOME", "/tmp/caches", 1)
      setenv("HOME", "/home/somebody", 1)
      #expect(ProgramCache.standard()?.folder == "/tmp/caches/epads")
      setenv("XDG_CACHE_HOME", "relative", 1)
      #expect(ProgramCache.standard()?.folder == "/home/somebody/.cache/epads")
      unsetenv("XDG_CACHE_HOME")
      #expect(ProgramCache.standard()?.folder == "/home/somebody/.cache/epads")
      unsetenv("HOME")
      #expect(ProgramCache.standard() == nil)
    }
  }
}
