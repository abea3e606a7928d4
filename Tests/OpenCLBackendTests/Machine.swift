import Compute
import Foundation
import OpenCL
import OpenCLBackend
import Testing

/// The devices that the tests run on.
enum Machine {
  static let list = OpenCLDevices.list()
  static let devices = list.devices.filter(\.obstacles.isEmpty)

  /// Set to 1 where a missing device means that the machine is set up wrongly: in continuous integration.
  static let requiresDevice = ProcessInfo.processInfo.environment["EPADS_REQUIRE_OPENCL"] == "1"

  /// A folder of its own for a test, gone afterwards.
  static func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = NSTemporaryDirectory() + "/epads-opencl-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }
}

extension OpenCLDeviceInfo: CustomTestStringConvertible {
  public var testDescription: String { "\(name), \(driverVersion)" }
}

/// target[i] = factor * source[i] + summand.
let affineSource = """
  __kernel void affine(__global const float *source, __global float *target, float factor, int summand) {
    const size_t i = get_global_id(0);
    target[i] = factor * source[i] + summand;
  }
  """

@Suite struct DeviceTests {
  @Test(.enabled(if: Machine.requiresDevice)) func aDeviceIsThere() {
    #expect(!Machine.devices.isEmpty, "EPADS_REQUIRE_OPENCL=1, but \(Machine.list.problems.map(\.description))")
  }

  @Test func anEmptyListSaysWhy() {
    #expect(!Machine.list.devices.isEmpty || !Machine.list.problems.isEmpty)
  }

  @Test(arguments: Machine.list.devices) func limitsMakeSense(device: OpenCLDeviceInfo) {
    #expect(!device.name.isEmpty)
    #expect(device.version.hasPrefix("OpenCL "))
    #expect(device.languageVersion.hasPrefix("OpenCL C "))
    #expect(device.globalMemory >= device.maximumAllocation)
    #expect(device.maximumAllocation > 0)
    #expect(device.computeUnits > 0)
    #expect(device.maximumWorkGroupSize > 0)
    #expect(device.maximumWorkItemSizes.count >= 3)
    #expect(device.device.backend == "opencl")
    #expect(Set(device.device.details.map(\.label)).count == device.device.details.count)
  }
}
