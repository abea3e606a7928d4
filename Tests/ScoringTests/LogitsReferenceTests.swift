import CPUBackend
import Compute
import Foundation
import NetworkGraph
import Scoring
import SearchSpaces
import Testing

/// Agreement of logits in evaluation mode at initialisation with the reference implementation in PyTorch, in float64.
/// Tests/Fixtures/make_fixtures.py makes the file.
@Suite struct LogitsReferenceTests {
  struct Fixture: Decodable {
    struct Reference: Decodable {
      var arch: String
      var dataset: DataSet
      /// The most that a logit differs from the bias of the classifier. Nothing keeps activations from shrinking, so in
      /// some networks an error of all that comes before the classifier would not show beside logits of 0.1.
      var signal: Double
      /// [image][class].
      var logits: [Double]
      // Of cell networks.
      var isForImageNet: Bool?
      var width: Int?
      var depth: Int?
      var auxiliary: Bool?
    }

    var batch: Int
    var seed: UInt64
    var architectures: [Reference]
  }

  static let backends: [CPUBackend] = InstructionSet.available.flatMap { set in
    [1, 2].compactMap { threads in try? CPUBackend(threads: threads, instructionSet: set) }
  }

  static func fixture() throws -> Fixture {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Fixture.self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/logits.json")))
  }

  private func network(of reference: Fixture.Reference) throws -> Network {
    let dataSet = reference.dataset
    guard let width = reference.width, let depth = reference.depth else {
      let space = NASBench201()
      return try space.network(
        of: space.architecture(text: reference.arch), input: dataSet.shape, classes: dataSet.classes)
    }
    let space = CellSpace(
      .darts,
      macroArchitecture: CellNetwork(
        width: width, depth: depth, hasAuxiliaryHead: reference.auxiliary == true,
        hasImageNetStem: reference.isForImageNet == true))
    return try space.network(
      of: space.architecture(text: reference.arch), input: dataSet.shape, classes: dataSet.classes)
  }

  @Test func everyInstructionSetIsTested() {
    #expect(Self.backends.count == 2 * InstructionSet.available.count)
  }

  @Test func logitsAgreeWithPyTorch() throws {
    let fixture = try Self.fixture()
    #expect(fixture.architectures.count >= 45)
    #expect(fixture.architectures.count { $0.signal > 0.005 } >= 30)
    for reference in fixture.architectures {
      let plan = try Plan(try network(of: reference), measurement: .logits, batch: fixture.batch, seed: fixture.seed)
      let images = try Images.deadLeaves(reference.dataset, count: fixture.batch).batch()
      for backend in Self.backends {
        let logits = try backend.inference(of: plan).logits(of: images)
        let comment = Comment(rawValue: "\(reference.arch), \(backend.instructionSet), \(backend.threads) threads")
        try #require(logits.count == reference.logits.count, comment)
        let error = zip(logits, reference.logits).map { abs(Double($0) - $1) }.max() ?? .infinity
        // The second is what rounding of sums with the bias brings.
        #expect(error <= 1e-5 * reference.signal + 2e-7, comment)
      }
    }
  }
}
