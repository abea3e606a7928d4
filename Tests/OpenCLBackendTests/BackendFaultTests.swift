import BackendSelection
import CPUBackend
import Compute
import Foundation
import NetworkGraph
import OpenCL
import OpenCLBackend
import SearchSpaces
import Synchronization
import TestSupport
import Testing

// Within the suite of faults, whose tests take turns: counts and faults of the library are the process's.
extension FaultTests {
  /// Calls of a whole backend that fail: an error that names the call, no handle left, and the backend goes on.
  @Suite struct BackendFaultTests {
    /// A plan that is small and takes every kernel, and one that makes every buffer grow.
    static let work = Result { () throws -> [(plan: Plan, images: ImageBatch, counts: Counts)] in
      let space = NASBench201(channels: 8, cellsPerStage: 1)
      let text = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|+|none~0|nor_conv_1x1~1|skip_connect~2|"
      let network = try space.network(
        of: space.architecture(text: text), input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
      return try [(Measurement.distances, 2), (.agreement, 5)].map { measurement, batch in
        let plan = try Plan(network, measurement: measurement, batch: batch, seed: 1)
        let images = RandomCases.images(for: plan, seed: 1)
        return (plan, images, try ScalarBackend().run(plan, images: images).counts)
      }
    }

    /// Failures that are dealt with and need not be told: the cache's, and those of releasing.
    private static func isAbsorbed(_ function: String) -> Bool {
      ["clCreateProgramWithBinary", "clGetProgramInfo", "clGetProgramBuildInfo"].contains(function)
        || function.hasPrefix("clRelease")
    }

    /// What finds devices, what measures, and what a run has no use for unless it fails; a run makes all others.
    private static let unused: Set<String> = [
      "clGetPlatformIDs", "clGetPlatformInfo", "clGetDeviceIDs", "clGetDeviceInfo", "clGetProgramBuildInfo",
      "clGetKernelWorkGroupInfo", "clEnqueueCopyBuffer", "clFinish", "clWaitForEvents", "clGetEventProfilingInfo",
      "clReleaseEvent",
    ]

    private func expectWork(on backend: any Backend) throws {
      for (plan, images, counts) in try Self.work.get() {
        #expect(try backend.run(plan, images: images).counts == counts)
      }
    }

    private func runWork(on backend: any Backend) throws(BackendError) -> [Counts] {
      guard let work = try? Self.work.get() else { return [] }
      var counts: [Counts] = []
      for (plan, images, _) in work { counts.append(try backend.run(plan, images: images).counts) }
      return counts
    }

    @Test(arguments: OpenCLBackend.Variant.allCases)
    func everyFunctionMayFail(variant: OpenCLBackend.Variant) throws {
      let faulty = try FaultTests.faulty.get()
      let info = try faulty.library.devices()[0]
      let expected = try Self.work.get().map(\.counts)
      try Machine.withTemporaryFolder { folder in
        // From sources where they are what fails, else from the cache, which is filled here.
        _ = try runWork(on: OpenCLBackend(info, variant: variant, cache: ProgramCache(folder: folder)))
        var failing: Set<String> = []
        for function in OpenCLLibrary.functionNames {
          let isOfSources = ["clCreateProgramWithSource", "clBuildProgram", "clGetProgramInfo"].contains(function)
          func makeBackend() throws(BackendError) -> OpenCLBackend {
            let cache =
              switch function {
              case "clGetProgramInfo": ProgramCache(folder: folder + "/\(UInt32.random(in: 0...UInt32.max))")
              default: isOfSources ? nil : ProgramCache(folder: folder)
              }
            return try OpenCLBackend(info, variant: variant, cache: cache)
          }
          faulty.reset()
          _ = try runWork(on: makeBackend())
          let made = faulty.calls(function)
          guard made > 0 else { continue }
          failing.insert(function)
          for call in Set([1, (made + 1) / 2, made]).sorted() {
            faulty.reset()
            #expect(faulty.fail(function, call: call, status: FaultTests.outOfResources))
            let place: Comment = "\(function), call \(call) of \(made)"
            do throws(BackendError) {
              let backend = try makeBackend()
              do throws(BackendError) {
                #expect(try runWork(on: backend) == expected, place)
                #expect(Self.isAbsorbed(function), place)
              } catch {
                #expect(error.reason.contains(function), place)
                #expect(error.code == .deviceFailed, place)
                // The fault is over, and nothing of it is left.
                #expect(throws: Never.self, place) { try expectWork(on: backend) }
              }
            } catch {
              #expect(error.reason.contains(function), place)
              #expect(error.code == .deviceFailed, place)
            }
            #expect(faulty.live == 0, place)
          }
        }
        let unused = Set(OpenCLLibrary.functionNames).subtracting(failing)
        #expect(unused == Self.unused)
      }
    }

    @Test func memoryThatRunsOutIsNamed() throws {
      let faulty = try FaultTests.faulty.get()
      faulty.reset()
      let backend = try OpenCLBackend(try faulty.library.devices()[0])
      let memoryAllocationFailure: Int32 = -4
      #expect(faulty.fail("clCreateBuffer", call: 2, status: memoryAllocationFailure))
      let error = #expect(throws: BackendError.self) { try runWork(on: backend) }
      #expect(error?.code == .outOfMemory)
      try expectWork(on: backend)
    }

    // MARK: - Trying again and falling back

    /// A resilient backend with the lines that it wrote.
    /// Times that cannot be had are an error, and runs go on as before.
    @Test(arguments: ["clGetEventProfilingInfo", "clGetKernelWorkGroupInfo", "clEnqueueNDRangeKernel"])
    func kernelTimesMayFail(function: String) throws {
      let faulty = try FaultTests.faulty.get()
      faulty.reset()
      let backend = try OpenCLBackend(try faulty.library.devices()[0])
      let work = try Self.work.get()
      #expect(try !backend.kernelTimes(of: work[0].0, images: work[0].1).isEmpty)
      faulty.reset()
      #expect(faulty.fail(function, call: 3, status: FaultTests.outOfResources))
      let error = #expect(throws: BackendError.self) {
        try backend.kernelTimes(of: work[0].0, images: work[0].1)
      }
      #expect(error?.code == .deviceFailed)
      #expect(error?.reason.contains(function) == true)
      faulty.reset()
      try expectWork(on: backend)
    }

    private func resilient(fallsBack: Bool) throws -> (backend: ResilientBackend, notes: () -> [String]) {
      let faulty = try FaultTests.faulty.get()
      faulty.reset()
      let info = try faulty.library.devices()[0]
      let notes = Notes()
      let make: @Sendable () throws(BackendError) -> any Backend = { () throws(BackendError) -> any Backend in
        try OpenCLBackend(info)
      }
      let backend = ResilientBackend(
        try make(), make: make, fallback: fallsBack ? try CPUBackend(threads: 1) : nil, note: { notes.append($0) })
      return (backend, { notes.lines })
    }

    @Test(
      arguments: ["clEnqueueNDRangeKernel", "clEnqueueReadBuffer", "clCreateBuffer", "clSetKernelArg"], [true, false])
    func oneFailureIsTriedAgain(function: String, fallsBack: Bool) throws {
      let faulty = try FaultTests.faulty.get()
      let (backend, notes) = try resilient(fallsBack: fallsBack)
      #expect(faulty.fail(function, call: 2, status: FaultTests.outOfResources))
      try expectWork(on: backend)
      #expect(backend.device.backend == "opencl")
      #expect(notes().count == 1)
      #expect(notes().first?.contains(function) == true)
      #expect(notes().first?.contains("works again") == true)
    }

    @Test(arguments: ["clEnqueueNDRangeKernel", "clEnqueueReadBuffer", "clCreateContext", "clCreateBuffer"])
    func aDeviceThatIsLostIsLeftToTheCPU(function: String) throws {
      let faulty = try FaultTests.faulty.get()
      let (backend, notes) = try resilient(fallsBack: true)
      // A context is made for the second try only.
      if function == "clCreateContext" {
        #expect(faulty.fail("clEnqueueReadBuffer", call: 1, status: FaultTests.outOfResources))
      }
      #expect(faulty.fail(function, from: 1, status: FaultTests.outOfResources))
      try expectWork(on: backend)
      #expect(backend.device.backend == "cpu")
      #expect(notes().count == 1)
      #expect(notes().first?.contains(function) == true)
      #expect(notes().first?.contains("cpu goes on") == true)
      // For good, although the device would work again.
      faulty.reset()
      try expectWork(on: backend)
      #expect(backend.device.backend == "cpu")
      #expect(faulty.calls("clEnqueueNDRangeKernel") == 0)
    }

    @Test func aChoiceIsNotReplaced() throws {
      let faulty = try FaultTests.faulty.get()
      let (backend, notes) = try resilient(fallsBack: false)
      #expect(faulty.fail("clEnqueueNDRangeKernel", from: 3, status: FaultTests.outOfResources))
      for _ in 1...2 {
        let error = #expect(throws: BackendError.self) { try runWork(on: backend) }
        #expect(error?.code == .deviceFailed)
        #expect(error?.reason.contains("clEnqueueNDRangeKernel") == true)
      }
      #expect(notes().isEmpty)
      faulty.reset()
      try expectWork(on: backend)
      #expect(backend.device.backend == "opencl")
    }
  }
}

/// Lines that were noted.
private final class Notes: Sendable {
  private let stored = Mutex<[String]>([])

  var lines: [String] { stored.withLock { $0 } }
  func append(_ line: String) { stored.withLock { $0.append(line) } }
}
