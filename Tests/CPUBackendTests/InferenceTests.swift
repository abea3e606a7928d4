import CPUBackend
import Compute
import NetworkGraph
import SearchSpaces
import TestSupport
import Testing

/// Logits in evaluation mode, against every operation of the network in double precision.
@Suite struct InferenceTests {
  private func expectLogits(
    _ network: Network, seed: UInt64, batches: [Int], _ backends: [CPUBackend],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for batch in batches {
      let plan = try Plan(network, measurement: .logits, batch: batch, seed: seed)
      let images = RandomCases.images(for: plan, seed: seed)
      let reference = GraphEvaluation(network, images: images, seed: seed, mode: .initialRunningStatistics).logits
      for backend in backends {
        let inference = try backend.inference(of: plan)
        // Twice: what a run leaves behind must not show.
        for _ in 0..<2 {
          let logits = try inference.logits(of: images)
          try #require(logits.count == reference.count, sourceLocation: sourceLocation)
          for (index, (logit, reference)) in zip(logits, reference).enumerated() {
            #expect(
              abs(Double(logit) - reference) <= 2e-5 * max(1, abs(reference)),
              """
              logit \(index) of \(batch) images, \(backend.instructionSet) on \(backend.threads) threads: \
              \(logit), not \(reference)
              """, sourceLocation: sourceLocation)
          }
        }
        #expect(inference.bytes == backend.memoryBound(of: plan))
        #expect(try inference.timed(images).steps.count == plan.steps.count)
      }
    }
  }

  private static let backends = InstructionSet.available.flatMap { set in
    [1, 3].compactMap { try? CPUBackend(threads: $0, instructionSet: set) }
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func randomNetworks(seed: UInt64) throws {
    // Alone, fewer than threads, a number that threads do not divide, and several chunks of two sizes.
    try expectLogits(RandomCases.network(seed: seed), seed: seed, batches: [1, 2, 5], Self.backends)
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func benchmarkNetworks(seed: UInt64) throws {
    let network = try NASBench201(channels: 16, cellsPerStage: 1).network(
      of: NASBench201().architecture(text: RandomCases.nasBench201Text(seed: seed)),
      input: TensorShape(channels: 3, height: 20, width: 12), classes: 10)
    try expectLogits(network, seed: seed, batches: [1, 3, 13], Self.backends)
  }

  /// The logits of an image are the same bits wherever it stands among others.
  @Test func imagesDoNotDependOnEachOther() throws {
    let network = try NASBench201(channels: 8, cellsPerStage: 1).network(
      of: NASBench201().architecture(index: 1462), input: TensorShape(channels: 3, height: 8, width: 8), classes: 7)
    let plan = try Plan(network, measurement: .logits, batch: 37, seed: 4)
    let images = RandomCases.images(for: plan, seed: 4)
    let count = images.shape.count
    let reversed = (0..<37).reversed().flatMap { images.values[$0 * count..<($0 + 1) * count] }
    let others = ImageBatch(shape: images.shape, count: 37, values: reversed)
    for backend in Self.backends {
      let inference = try backend.inference(of: plan)
      let logits = try inference.logits(of: images)
      let reordered = try inference.logits(of: others)
      for image in 0..<37 {
        #expect(logits[image * 7..<(image + 1) * 7] == reordered[(36 - image) * 7..<(37 - image) * 7])
      }
    }
  }

  /// Nothing reaches the classifier of a network of zeros: its logits are the bias.
  @Test func networksOfZeros() throws {
    let network = try NASBench201().network(
      of: NASBench201().architecture(text: NASBench201.text(of: Array(repeating: .none, count: 6))),
      input: TensorShape(channels: 3, height: 8, width: 8), classes: 10)
    try expectLogits(network, seed: 1, batches: [1, 4], Self.backends)
  }

  @Test func otherImagesAndPlansAreRefused() throws {
    let network = try RandomCases.network(seed: 1)
    let plan = try Plan(network, measurement: .logits, batch: 2, seed: 1)
    let backend = try CPUBackend(threads: 1)
    let other = try Plan(network, measurement: .logits, batch: 3, seed: 1)
    #expect(throws: BackendError.self) {
      try backend.inference(of: plan).logits(of: RandomCases.images(for: other, seed: 1))
    }
    #expect(throws: BackendError.self) { try backend.run(plan, images: RandomCases.images(for: plan, seed: 1)).counts }
  }

  @Test func thePeakIsThatOfAProcessor() throws {
    let peak = try CPUBackend(threads: 1).peakMultiplyAccumulates()
    #expect((1e8...1e13).contains(peak))
  }
}
