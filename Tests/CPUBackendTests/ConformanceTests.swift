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

  static func expectEqualCounts(
    _ network: Network, measurement: Measurement, batch: Int, seed: UInt64, scale: Float = 1,
    backends: [CPUBackend] = Self.backends
  ) throws {
    let plan = try Plan(network, measurement: measurement, batch: batch, seed: seed)
    var images = RandomCases.images(for: plan, seed: seed)
    if scale != 1 {
      images = ImageBatch(shape: images.shape, count: images.count, values: images.values.map { $0 * scale })
    }
    let expected = try ScalarBackend().run(plan, images: images)
    for backend in backends {
      let counts = try backend.run(plan, images: images)
      #expect(
        counts == expected, "\(backend.instructionSet), \(backend.threads) threads, \(measurement), seed \(seed)")
    }
  }

  @Test func everyInstructionSetIsTested() {
    #expect(Self.backends.count == 2 * InstructionSet.available.count + 2)
    #expect(InstructionSet.available.first == .scalar || InstructionSet.available == [.scalar])
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func randomNetworks(seed: UInt64) throws {
    let network = try RandomCases.network(seed: seed)
    try Self.expectEqualCounts(network, measurement: .distances, batch: 3, seed: seed)
    try Self.expectEqualCounts(network, measurement: .agreement, batch: 5, seed: seed)
  }

  @Test(arguments: [1, 2, 257])
  func batchSizes(batch: Int) throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 5, width: 7))
    let convolved = try builder.convolution(
      "a", of: builder.input, Convolution(outputChannels: 20, kernel: Extent(3), stride: Extent(2), padding: Extent(1)))
    let normalized = builder.batchNormalization("b", of: convolved)
    let network = builder.network(output: builder.rectifier("c", of: normalized))
    try Self.expectEqualCounts(network, measurement: .distances, batch: batch, seed: 7)
    try Self.expectEqualCounts(network, measurement: .agreement, batch: batch, seed: 7)
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func nasBench201(seed: UInt64) throws {
    // The real widths, one cell a stage.
    let space = NASBench201(channels: 16, cellsPerStage: 1)
    let network = try space.network(
      of: space.architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 12, width: 12), classes: 10)
    try Self.expectEqualCounts(network, measurement: .distances, batch: 2, seed: seed)
    try Self.expectEqualCounts(network, measurement: .agreement, batch: 3, seed: seed)
  }

  @Test(arguments: [32, 16])
  func wholeNASBench201(size: Int) throws {
    let space = NASBench201()
    let network = try space.network(
      of: space.architecture(index: 0), input: TensorShape(channels: 3, height: size, width: size), classes: 10)
    let fast = Self.backends.filter { $0.instructionSet != .scalar }
    try Self.expectEqualCounts(network, measurement: .distances, batch: 2, seed: 1, backends: fast)
  }

  @Test(arguments: [0x1p20, 0x1p26, 0x1p-20, 0x1p-60] as [Float])
  func largeAndSmallActivations(scale: Float) throws {
    // All-skip cells double and double again; their statistics need the coarse integers.
    let space = NASBench201(channels: 8, cellsPerStage: 3)
    let text = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|nor_conv_1x1~2|"
    let network = try space.network(
      of: space.architecture(text: text), input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
    try Self.expectEqualCounts(network, measurement: .distances, batch: 4, seed: 1, scale: scale)
  }

  @Test func activationsOutOfRangeAreErrors() throws {
    var builder = NetworkBuilder(input: TensorShape(channels: 3, height: 6, width: 6))
    let convolved = try builder.convolution("a", of: builder.input, Convolution(outputChannels: 8, kernel: Extent(1)))
    let normalized = builder.batchNormalization("b", of: convolved)
    let network = builder.network(output: builder.rectifier("c", of: normalized))
    let plan = try Plan(network, measurement: .agreement, batch: 4, seed: 1)
    for value in [Float.nan, .infinity, 1e30, -1e30] {
      var values = RandomCases.images(for: plan, seed: 1).values
      values[17] = value
      let images = ImageBatch(shape: plan.buffers[plan.input].shape, count: 4, values: values)
      for backend in Self.backends as [any Backend] + [ScalarBackend()] {
        let error = #expect(throws: BackendError.self) { try backend.run(plan, images: images) }
        #expect(error?.code == .valueOutOfRange)
      }
    }
  }
}
