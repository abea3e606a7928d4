import CPUBackend
import Compute
import Foundation
import NetworkFiles
import NetworkGraph
import Scoring
import TestSupport
import Testing

/// The networks of ../shared/reference/networks, where they are: what PyTorch counted for each.
@Suite(.enabled(if: ReferenceCase.folder != nil)) struct ReferenceCaseTests {
  @Test(arguments: ReferenceCase.all) func agreesWithPyTorch(_ reference: ReferenceCase) throws {
    let file = try NetworkFile(path: reference.path)
    let backend = try CPUBackend()
    for (initialization, expected) in reference.results {
      let size = 32 * reference.upscale
      let network = try file.network(
        input: TensorShape(channels: 3, height: size, width: size), initialization: initialization
      ).network
      let images = try Images(file: reference.images, dataSet: .cifar10, count: reference.batch)
      let plan = try Plan(network, measurement: .distances, batch: reference.batch, seed: reference.seed)
      let batch = try images.perturbedBatch(sigma: reference.sigma, seed: reference.seed, network.inputShape)
      let counts = try backend.run(plan, images: batch).counts.sites
      try #require(counts.count == expected.count, "\(reference.name): sites")
      for (index, (found, site)) in zip(counts, expected).enumerated() {
        let kind = network[network.sites[index]].kind
        guard case .activation(let activation) = kind else { continue }
        #expect(activation.name.rawValue == site.function, "\(reference.name) \(initialization) \(index)")
        #expect(found.units == site.units, "\(reference.name) \(initialization) \(index)")
        #expect(
          abs(Double(found.d1 - site.d1)) <= 2 + 0.001 * Double(site.d1),
          "\(reference.name) \(initialization) \(index) \(site.function): d1 \(found.d1), not \(site.d1)")
        #expect(
          abs(Double(found.d2 - site.d2)) <= 2 + 0.001 * Double(site.d2),
          "\(reference.name) \(initialization) \(index) \(site.function): d2 \(found.d2), not \(site.d2)")
      }
      let score = try epads(counts)
      let wanted = try epads(expected.map { SiteCounts(name: "", units: $0.units, d1: $0.d1, d2: $0.d2) })
      #expect(abs(score - wanted) <= 1e-4, "\(reference.name) \(initialization): \(score), not \(wanted)")
    }
  }
}

/// A case: a file, and what PyTorch counted at each site.
struct ReferenceCase: CustomTestStringConvertible, Sendable {
  struct Site: Decodable, Sendable {
    var function: String
    var units: Int
    var d1: Int
    var d2: Int
  }

  private struct Result: Decodable {
    var sites: [Site]
  }

  private struct Document: Decodable {
    var batch: Int
    var upscale: Int
    var sigma: Double
    var seed: UInt64
    var images: String
    var `default`: Result
    var file: Result?
  }

  static let folder = SharedData.reference("networks/cases")

  static let all: [ReferenceCase] = {
    guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return [] }
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap {
      try? ReferenceCase(folder.appendingPathComponent($0))
    }
  }()

  let name: String
  let path: String
  let images: String
  let batch: Int
  let upscale: Int
  let sigma: Double
  let seed: UInt64
  let results: [(Initialization, [Site])]

  var testDescription: String { name }

  init(_ url: URL) throws {
    let document = try JSONDecoder().decode(Document.self, from: Data(contentsOf: url))
    name = url.deletingPathExtension().lastPathComponent
    path = url.deletingPathExtension().appendingPathExtension("onnx").path
    images = SharedData.url("images/\(document.images)")?.path ?? ""
    (batch, upscale, sigma, seed) = (document.batch, document.upscale, document.sigma, document.seed)
    results = [(.default, document.default.sites)] + (document.file.map { [(.file, $0.sites)] } ?? [])
  }
}
