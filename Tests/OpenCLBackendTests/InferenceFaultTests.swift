import Compute
import NetworkGraph
import OpenCL
import OpenCLBackend
import SearchSpaces
import TestSupport
import Testing

// Within the suite of faults, whose tests take turns: counts and faults of the library are the process's.
extension FaultTests {
  /// Calls of an inference that fail: an error that names the call, no handle left, and the inference goes on.
  @Suite struct InferenceFaultTests {
    /// A plan that is small and takes every kernel.
    static let work = Result { () throws -> (plan: Plan, images: ImageBatch) in
      let space = NASBench201(channels: 8, cellsPerStage: 1)
      let text = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|+|none~0|nor_conv_1x1~1|skip_connect~2|"
      let network = try space.network(
        of: space.architecture(text: text), input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
      let plan = try Plan(network, measurement: .logits, batch: 2, seed: 1)
      return (plan, RandomCases.images(for: plan, seed: 1))
    }

    private static let inferenceCalls = [
      "clCreateCommandQueue", "clCreateBuffer", "clCreateKernel", "clSetKernelArg", "clEnqueueWriteBuffer",
      "clEnqueueNDRangeKernel", "clEnqueueReadBuffer", "clFlush", "clFinish", "clWaitForEvents",
      "clGetEventProfilingInfo", "clReleaseEvent", "clReleaseKernel", "clReleaseMemObject", "clReleaseCommandQueue",
    ]
    private static let peakCalls = [
      "clCreateCommandQueue", "clCreateBuffer", "clCreateKernel", "clSetKernelArg", "clEnqueueNDRangeKernel",
      "clWaitForEvents", "clGetEventProfilingInfo",
    ]

    /// The logits twice, with and without times.
    private func logits(of inference: any Inference, _ images: ImageBatch) throws(BackendError) -> [[Float]] {
      let first = try inference.logits(of: images)
      _ = try inference.timed(images)
      return [first, try inference.logits(of: images)]
    }

    private func expect(
      _ expected: [[Float]], of inference: any Inference, _ images: ImageBatch, _ place: Comment
    ) throws {
      #expect(try logits(of: inference, images) == expected, place)
    }

    @Test(arguments: OpenCLBackend.Variant.allCases)
    func everyCallOfAnInferenceMayFail(variant: OpenCLBackend.Variant) throws {
      let faulty = try FaultTests.faulty.get()
      let (plan, images) = try Self.work.get()
      let backend = try OpenCLBackend(try faulty.library.devices()[0], variant: variant)
      let expected = try logits(of: backend.inference(of: plan), images)
      let live = faulty.live
      for function in Self.inferenceCalls {
        faulty.reset()
        _ = try logits(of: backend.inference(of: plan), images)
        let made = faulty.calls(function)
        #expect(made > 0, "\(function)")
        for call in Set([1, (made + 1) / 2, made]).sorted() {
          faulty.reset()
          #expect(faulty.fail(function, call: call, status: FaultTests.outOfResources))
          let place: Comment = "\(function), call \(call) of \(made)"
          func isExpected(_ error: BackendError) -> Bool {
            error.reason.contains(function) && error.code == .deviceFailed
          }
          do throws(BackendError) {
            let inference = try backend.inference(of: plan)
            do throws(BackendError) {
              #expect(try logits(of: inference, images) == expected, place)
              #expect(function.hasPrefix("clRelease"), place)
            } catch {
              #expect(isExpected(error), place)
              // The fault is over, and nothing of it is left.
              #expect(throws: Never.self, place) { try expect(expected, of: inference, images, place) }
            }
          } catch {
            #expect(isExpected(error), place)
          }
          #expect(faulty.live == live, place)
        }
      }
    }

    @Test(arguments: peakCalls)
    func everyCallOfAPeakMayFail(function: String) throws {
      let faulty = try FaultTests.faulty.get()
      let backend = try OpenCLBackend(try faulty.library.devices()[0])
      #expect(try backend.peakMultiplyAccumulates() > 0)
      let live = faulty.live
      faulty.reset()
      #expect(faulty.fail(function, call: 1, status: FaultTests.outOfResources))
      let error = #expect(throws: BackendError.self) { try backend.peakMultiplyAccumulates() }
      #expect(error?.code == .deviceFailed)
      #expect(error?.reason.contains(function) == true)
      #expect(faulty.live == live)
      #expect(try backend.peakMultiplyAccumulates() > 0)
    }

    @Test func memoryThatRunsOutIsNamed() throws {
      let faulty = try FaultTests.faulty.get()
      let (plan, images) = try Self.work.get()
      let backend = try OpenCLBackend(try faulty.library.devices()[0])
      let memoryAllocationFailure: Int32 = -4
      for call in 1...6 {
        faulty.reset()
        #expect(faulty.fail("clCreateBuffer", call: call, status: memoryAllocationFailure))
        let error = #expect(throws: BackendError.self) { try backend.inference(of: plan) }
        #expect(error?.code == .outOfMemory)
      }
      #expect(throws: Never.self) { try logits(of: backend.inference(of: plan), images) }
    }

    /// Several inferences hold what each needs, and give it back.
    @Test func inferencesAreReleased() throws {
      let faulty = try FaultTests.faulty.get()
      faulty.reset()
      let (plan, images) = try Self.work.get()
      let backend = try OpenCLBackend(try faulty.library.devices()[0])
      _ = try backend.inference(of: plan)
      let live = faulty.live
      for _ in 1...3 {
        let inferences = try (1...3).map { _ in try backend.inference(of: plan) }
        for inference in inferences { _ = try inference.logits(of: images) }
        withExtendedLifetime(inferences) { #expect(faulty.live > live) }
      }
      #expect(faulty.live == live)
    }
  }
}
