import CPUBackend
import Foundation
import Scoring
import SearchSpaces
import Testing

/// The example of README.md and of the library's page of documentation: it compiles here as it stands there.
@Suite struct LibraryExampleTests {
  private func score() throws -> Double {
    // Example
    let space = NASBench201()
    let images = try Images.deadLeaves(.cifar10, count: 128)
    let scorer = Scorer(backend: try CPUBackend(), images: images, sigma: 1, proxies: [.epads])
    let network = try space.network(of: space.architecture(index: 0), input: DataSet.cifar10.shape, classes: 10)
    // End
    return scorer.score(network, seed: 1).epads ?? .nan
  }

  @Test func givesAScore() throws { #expect(try score().isFinite) }

  @Test(arguments: ["README.md", "Sources/Scoring/Scoring.docc/Scoring.md"])
  func isTheSame(file: String) throws {
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let lines = try String(contentsOf: here, encoding: .utf8).split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let first = try #require(lines.firstIndex(of: "// Example"))
    let last = try #require(lines.firstIndex(of: "// End"))
    let example = lines[(first + 1)..<last] + ["print(scorer.score(network, seed: 1).epads ?? .nan)"]
    let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
    #expect(text.contains("\n" + example.joined(separator: "\n") + "\n"))
  }
}
