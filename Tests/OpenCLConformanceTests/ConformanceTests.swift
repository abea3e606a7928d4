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

/// Backends on every OpenCL device found, with either variant of the kernels.
enum Found {
  struct Candidate: Sendable {
    var backend: OpenCLBackend
    var label: String
  }

  static let list = OpenCLDevices.list()
  static let suitable = list.devices.filter { $0.unsuitability == nil }
  static let results: [Result<Candidate, BackendError>] = suitable.flatMap { info in
    OpenCLBackend.Variant.allCases.map { variant in
      Result { () throws(BackendError) in
        Candidate(backend: try OpenCLBackend(info, variant: variant), label: "\(info.name), \(variant)")
      }
    }
  }
  /// A device that bears several busy queues; PoCL does not always.
  static let overlapping = suitable.first { $0.platformName != "Portable Computing Language" }
  static let candidates = results.compactMap { try? $0.get() }

  /// Set to 1 where a missing device means that the machine is set up wrongly: in continuous integration.
  static let isRequired = ProcessInfo.processInfo.environment["EPADS_REQUIRE_OPENCL"] == "1"
}

@Suite struct OpenCLDeviceTests {
  @Test(.enabled(if: Found.isRequired)) func aSuitableDeviceIsThere() {
    let reasons = Found.list.problems.map(\.description) + Found.list.devices.compactMap(\.unsuitability)
    #expect(!Found.candidates.isEmpty, "EPADS_REQUIRE_OPENCL=1, but \(reasons)")
  }

  /// A device that passes for suitable must not drop out of the suite because its kernels do not compile.
  @Test func everyVariantIsMade() throws {
    for result in Found.results { _ = try result.get() }
  }
}

/// Equality of every integer between the scalar reference and every OpenCL device found.
@Suite(.enabled(if: !Found.candidates.isEmpty)) struct OpenCLConformanceTests {
  private func differences(
    _ conformanceCase: ConformanceCase, from reference: any Backend = ScalarBackend()
  ) throws -> [String] {
    try conformanceCase.differences(of: Found.candidates.map { ($0.label, $0.backend) }, from: reference)
  }

  /// What only networks from files have.
  @Test(arguments: ConformanceCase.TensorOperation.allCases)
  func tensorOperations(operation: ConformanceCase.TensorOperation) throws {
    #expect(try differences(.tensorOperation(operation)) == [])
  }

  @Test(arguments: ConformanceCase.functions)
  func functions(function: Function) throws {
    #expect(try differences(.function(function)) == [])
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func randomNetworks(seed: UInt64) throws {
    #expect(try differences(.randomNetwork(seed: seed)) == [])
  }

  /// Small enough for a simulator, too: Tests/oclgrind.sh.
  @Test(arguments: ConformanceCase.Operation.allCases, [1, 2])
  func operations(operation: ConformanceCase.Operation, batch: Int) throws {
    #expect(try differences(.operation(operation, batch: batch)) == [])
  }

  @Test(arguments: ConformanceCase.Operation.allCases)
  func operationsOnManyImages(operation: ConformanceCase.Operation) throws {
    #expect(try differences(.operation(operation, batch: 257)) == [])
  }

  @Test(arguments: [3, 11, 48])
  func branches(channels: Int) throws {
    #expect(try differences(.branches(channels: channels, batch: 2)) == [])
  }

  @Test func branchesOnManyImages() throws {
    #expect(try differences(.branches(channels: 13, batch: 40)) == [])
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func nasBench201(seed: UInt64) throws {
    #expect(try differences(.nasBench201(seed: seed)) == [])
  }

  @Test(arguments: 0..<3 as Range<UInt64>)
  func wholeNASBench201(seed: UInt64) throws {
    let architecture = try NASBench201().architecture(text: RandomCases.nasBench201Text(seed: seed))
    // The scalar reference would take minutes; the CPU backend equals it.
    #expect(try differences(.wholeNASBench201(architecture, size: 32, seed: seed), from: CPUBackend(threads: 2)) == [])
  }

  @Test(arguments: [0x1p20, 0x1p26, 0x1p-20, 0x1p-60] as [Float])
  func largeAndSmallActivations(scale: Float) throws {
    #expect(try differences(.scaled(by: scale)) == [])
  }

  /// Runs of plans that differ, more at once than the backend takes.
  @Test func severalRunsAtOnce() throws {
    for variant in OpenCLBackend.Variant.allCases {
      let width = Found.overlapping == nil ? 1 : 3
      let backend = try OpenCLBackend(
        Found.overlapping ?? Found.suitable[0], variant: variant, concurrentRuns: width)
      #expect(backend.concurrentRuns == width)
      let cases = try (0..<6 as Range<UInt64>).map { try ConformanceCase.nasBench201(seed: $0) }
      let work = cases.flatMap { conformanceCase in
        conformanceCase.plans.map { ($0, conformanceCase.images(for: $0)) }
      }
      let expected = try work.map { try ScalarBackend().run($0, images: $1).counts }
      let found = Mutex<[Int: Counts]>([:])
      DispatchQueue.concurrentPerform(iterations: 2 * work.count) { number in
        let (plan, images) = work[number % work.count]
        let counts = try? backend.run(plan, images: images).counts
        found.withLock { $0[number] = counts }
      }
      for number in 0..<2 * work.count {
        #expect(found.withLock { $0[number] } == expected[number % work.count], "\(variant), run \(number)")
      }
    }
  }

  /// What a run launches, with times and the work of its convolutions, and runs are what they were afterwards.
  @Test func kernelsAreTimed() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 8, height: 9, width: 6))
    var value = builder.input
    // 3x3 with Winograd's algorithm, 1x1 directly.
    for (layer, kernel) in [3, 1].enumerated() {
      value = builder.relu("\(layer).0", of: value)
      value = try builder.convolution(
        "\(layer).1", of: value,
        Convolution(outputChannels: 24, kernel: Extent(kernel), padding: Extent(kernel / 2)))
      value = builder.batchNormalization("\(layer).2", of: value)
    }
    let network = builder.network(output: builder.relu("2.0", of: value))
    let plan = try Plan(network, measurement: .distances, batch: 3, seed: 1)
    let images = RandomCases.images(for: plan, seed: 1)
    let expected = try ScalarBackend().run(plan, images: images).counts
    for candidate in Found.candidates {
      let times = try candidate.backend.kernelTimes(of: plan, images: images)
      func work(_ prefix: String) -> (launches: Int, multiplyAccumulates: Int) {
        times.filter { $0.kernel.hasPrefix(prefix) }.reduce(into: (0, 0)) {
          $0.0 += $1.launches
          $0.1 += $1.multiplyAccumulates
        }
      }
      // 6 images of 3 x 2 tiles, 36 products each of 8 channels for 24; 54 outputs of 24 channels for 24.
      #expect(work("convolve_winograd") == (1, 6 * 6 * 36 * 8 * 24), "\(candidate.label)")
      #expect(work("convolve ") == (1, 6 * 54 * 24 * 24), "\(candidate.label)")
      #expect(work("sum_terms").launches == 3, "\(candidate.label)")
      #expect(work("finish_statistics").launches == 2, "\(candidate.label)")
      #expect(times.allSatisfy { $0.seconds >= 0 && $0.launches > 0 }, "\(candidate.label)")
      #expect(times.map(\.seconds) == times.map(\.seconds).sorted(by: >), "\(candidate.label)")
      #expect(try candidate.backend.run(plan, images: images).counts == expected, "\(candidate.label)")
    }
    // A processor's own loops have no clock of their own.
    #expect(!((try CPUBackend(threads: 1) as any Backend) is any KernelProfiling))
  }

  @Test func activationsOutOfRangeAreErrors() throws {
    for (plan, images) in try ConformanceCase.imagesOutOfRange() {
      for candidate in Found.candidates {
        let error = #expect(throws: BackendError.self, "\(candidate.label)") {
          try candidate.backend.run(plan, images: images).counts
        }
        #expect(error?.code == .valueOutOfRange, "\(candidate.label)")
      }
    }
  }
}
