import Compute
import Foundation
import OpenCL
import OpenCLBackend
import Testing

/// Every way in which there can be no OpenCL.
@Suite struct LoadingTests {
  @Test func absentLibrary() {
    let error = #expect(throws: OpenCLError.self) { try OpenCLLibrary(path: "/nonexistent/libOpenCL.so.1") }
    #expect(error?.code == .libraryAbsent)
    #expect(error?.description.contains("EPADS_OPENCL_LIBRARY") == true)
  }

  @Test func fileThatIsNoLibrary() throws {
    try Machine.withTemporaryFolder { folder in
      try Data("no library".utf8).write(to: URL(fileURLWithPath: folder + "/libOpenCL.so.1"))
      let error = #expect(throws: OpenCLError.self) { try OpenCLLibrary(path: folder + "/libOpenCL.so.1") }
      #expect(error?.code == .libraryAbsent)
    }
  }

  @Test func libraryWithoutOpenCL() {
    let error = #expect(throws: OpenCLError.self) { try OpenCLLibrary(path: "libm.so.6") }
    #expect(error?.code == .functionMissing)
    #expect(error?.call == "clGetPlatformIDs")
    #expect(error?.description.contains("libm.so.6") == true)
  }

  @Test func everyFunctionHasAName() {
    #expect(OpenCLLibrary.functionNames.count == 30)
    #expect(Set(OpenCLLibrary.functionNames).count == 30)
  }

  // The process decides once which library and which drivers it uses, so these need processes of their own.

  @Test func environmentNamesTheLibrary() async {
    await #expect(processExitsWith: .success) {
      setenv("EPADS_OPENCL_LIBRARY", "/nonexistent/libOpenCL.so.1", 1)
      let list = OpenCLDevices.list()
      #expect(list.devices.isEmpty)
      #expect(list.problems.map(\.code) == [.libraryAbsent])
      #expect(list.problems.first.map { BackendError($0).code } == .deviceUnavailable)
      // The same answer again.
      #expect(throws: OpenCLError.self) { try OpenCLLibrary.load() }
    }
  }

  @Test(.enabled(if: (try? OpenCLLibrary.load()) != nil)) func noDriverIsRegistered() async {
    await #expect(processExitsWith: .success) {
      let folder = NSTemporaryDirectory() + "/epads-no-drivers-\(getpid())"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      setenv("OCL_ICD_VENDORS", folder, 1)
      let list = OpenCLDevices.list()
      #expect(list.devices.isEmpty)
      #expect(list.problems.map(\.code) == [.noPlatform])
      #expect(list.problems.first?.description.contains("install") == true)
    }
  }

  @Test(.enabled(if: (try? OpenCLLibrary.load()) != nil)) func driverThatPointsNowhere() async {
    await #expect(processExitsWith: .success) {
      let folder = NSTemporaryDirectory() + "/epads-broken-drivers-\(getpid())"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Data("/nonexistent/libdriver.so\n".utf8).write(to: URL(fileURLWithPath: folder + "/broken.icd"))
      setenv("OCL_ICD_VENDORS", folder, 1)
      let list = OpenCLDevices.list()
      #expect(list.devices.isEmpty)
      #expect(list.problems.map(\.code) == [.noPlatform])
    }
  }
}
