import Foundation
import OpenCL
import OpenCLBackend
import Testing

/// A binary of another driver or device must never be loaded: it may run and count wrongly.
@Suite struct ProgramCacheKeyTests {
  /// What a binary depends on, beside its sources and options.
  enum Part: String, CaseIterable {
    case name, vendor, driverVersion, version, platformName, platformVersion

    func change(_ device: inout OpenCLDeviceInfo) {
      switch self {
      case .name: device.name += " 2"
      case .vendor: device.vendor += " 2"
      case .driverVersion: device.driverVersion += " 2"
      case .version: device.version += " 2"
      case .platformName: device.platformName += " 2"
      case .platformVersion: device.platformVersion += " 2"
      }
    }
  }

  private func cameFromCache(
    _ device: OpenCLDeviceInfo, _ cache: ProgramCache, sources: [String] = [affineSource], options: String = ""
  ) throws -> Bool {
    try Context(device: device).program(sources: sources, options: options, cache: cache).cameFromCache
  }

  @Test(arguments: Machine.devices, Part.allCases)
  func anotherDriverOrDeviceCompilesAnew(device: OpenCLDeviceInfo, part: Part) throws {
    try Machine.withTemporaryFolder { (folder: String) throws in
      let cache = ProgramCache(folder: folder)
      #expect(try cameFromCache(device, cache) == false)
      #expect(try cameFromCache(device, cache))
      var other = device
      part.change(&other)
      #expect(try cameFromCache(other, cache) == false)
      // Each has its entry.
      #expect(try cameFromCache(other, cache))
      #expect(try cameFromCache(device, cache))
    }
  }

  /// What moves from one part to the next is another key.
  @Test(arguments: Machine.devices) func partsAreKeptApart(device: OpenCLDeviceInfo) throws {
    try Machine.withTemporaryFolder { (folder: String) throws in
      let cache = ProgramCache(folder: folder)
      var (one, other) = (device, device)
      (one.platformName, one.platformVersion) = ("ab", "c")
      (other.platformName, other.platformVersion) = ("a", "bc")
      #expect(try cameFromCache(one, cache) == false)
      #expect(try cameFromCache(other, cache) == false)
      let sources = [affineSource, "\n", "// end\n"]
      #expect(try cameFromCache(device, cache, sources: sources) == false)
      #expect(try cameFromCache(device, cache, sources: [affineSource + "\n", "", "// end\n"]) == false)
      #expect(try cameFromCache(device, cache, sources: sources))
      #expect(try cameFromCache(device, cache, sources: sources.reversed()) == false)
    }
  }

  /// An entry as large as the whole cache may be is kept, one larger is not, and a crash's leftovers go.
  @Test(arguments: Machine.devices) func theCapacityIsKept(device: OpenCLDeviceInfo) throws {
    try Machine.withTemporaryFolder { (folder: String) throws in
      let manager = FileManager.default
      _ = try cameFromCache(device, ProgramCache(folder: folder))
      let entry = try #require(try manager.contentsOfDirectory(atPath: folder).first)
      let size = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(entry)")).count
      try manager.removeItem(atPath: "\(folder)/\(entry)")
      for (name, age) in [("old", -7200.0), ("new", -60)] {
        let path = "\(folder)/x.clbinary.\(name).tmp"
        #expect(manager.createFile(atPath: path, contents: Data()))
        try manager.setAttributes([.modificationDate: Date(timeIntervalSinceNow: age)], ofItemAtPath: path)
      }
      #expect(manager.createFile(atPath: "\(folder)/notes", contents: Data(count: 9)))
      _ = try cameFromCache(device, ProgramCache(folder: folder, capacity: size - 1))
      #expect(try manager.contentsOfDirectory(atPath: folder).contains(entry) == false)
      _ = try cameFromCache(device, ProgramCache(folder: folder, capacity: size))
      // One that is too large does not drive out the others.
      let long = affineSource + String(repeating: "// long\n", count: 2000)
      _ = try cameFromCache(device, ProgramCache(folder: folder, capacity: size + 1000), sources: [long])
      let left = try manager.contentsOfDirectory(atPath: folder)
      #expect(Set(left) == [entry, "notes", "x.clbinary.new.tmp"])
    }
  }
}
