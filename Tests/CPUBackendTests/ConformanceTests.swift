import CPUBackend
import Compute
import NetworkGraph
import SearchSpaces
import TestSupport
import Testing

/// Equality of every integer between the scalar reference and the CPU backend, whatever the instruction set and the
/// number of threads.
@Suite struct ConformanceTests {
  /// Backends that share nothing but the contract, made once.
  static let backends: [CPUBackend] = InstructionSet.available.flatMap { set in
    (set == InstructionSet.available.last ? [1, 2, 3, 4] : [1, 2]).compactMap { threads in
      try? CPUBackend(threads: threads, instructionSet: set)
    }
  }

  private func differences(
    _ conformanceCase: ConformanceCase, backends: [CPUBackend] = Self.backends
  ) throws -> [String] {
    try conformanceCase.differences(of: backends.map { ("\($0.instructionSet), \($0.threads) threads", $0) })
  }

  @Test func everyInstructionSetIsTested() {
    #expect(Self.backends.count == 2 * InstructionSet.available.count + 2)
    #expect(InstructionSet.available.first == .scalar || InstructionSet.available == [.scalar])
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

  @Test(arguments: ConformanceCase.Operation.allCases, [1, 2, 257])
  func operations(operation: ConformanceCase.Operation, batch: Int) throws {
    #expect(try differences(.operation(operation, batch: batch)) == [])
  }

  /// The kernels that have a loop of their own, and some that have none.
  @Test(arguments: [Extent(3), Extent(5), Extent(7), Extent(9), Extent(5, 3), Extent(1, 7)], [1, 2, 3])
  func depthwiseConvolutions(kernel: Extent, dilation: Int) throws {
    for stride in 1...3 {
      #expect(try differences(.depthwise(kernel: kernel, dilation: dilation, stride: stride)) == [], "stride \(stride)")
    }
  }

  /// Rows of every length that is taken in another way.
  @Test(arguments: [Extent(1), Extent(1, 3), Extent(3)], 1...20)
  func denseConvolutions(kernel: Extent, width: Int) throws {
    for stride in kernel == Extent(3) ? 2...2 : 1...2 {
      #expect(try differences(.dense(kernel: kernel, stride: stride, width: width)) == [], "stride \(stride)")
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func nasBench201(seed: UInt64) throws {
    #expect(try differences(.nasBench201(seed: seed)) == [])
  }

  @Test(arguments: [32, 16])
  func wholeNASBench201(size: Int) throws {
    let architecture = try NASBench201().architecture(index: 0)
    let fast = Self.backends.filter { $0.instructionSet != .scalar }
    #expect(try differences(.wholeNASBench201(architecture, size: size, seed: 1), backends: fast) == [])
  }

  @Test(arguments: [0x1p20, 0x1p26, 0x1p-20, 0x1p-60] as [Float])
  func largeAndSmallActivations(scale: Float) throws {
    #expect(try differences(.scaled(by: scale)) == [])
  }

  @Test func activationsOutOfRangeAreErrors() throws {
    for (plan, images) in try ConformanceCase.imagesOutOfRange() {
      for backend in Self.backends as [any Backend] + [ScalarBackend()] {
        let error = #expect(throws: BackendError.self) { try backend.run(plan, images: images).counts }
        #expect(error?.code == .valueOutOfRange)
      }
    }
  }
}
