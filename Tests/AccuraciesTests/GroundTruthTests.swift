import Accuracies
import Foundation
import SearchSpaces
import Testing

@Suite struct GroundTruthTests {
  private let truth = GroundTruth.nasbench201

  @Test func describesItself() {
    #expect(truth.count == NASBench201().count)
    #expect(truth.space == NASBench201().name)
    #expect(truth.dataSets == ["cifar10", "cifar100", "imagenet16-120"])
    #expect(truth.source.contains("NATS-Bench") && truth.source.contains("200 epochs"))
    #expect(!truth.source.contains("\n"))
  }

  @Test(arguments: [("cifar10", 94.373), ("cifar100", 73.513), ("imagenet16-120", 47.311)])
  func maximaAreThePublishedOnes(dataSet: String, maximum: Double) throws {
    let best = try #require(truth.accuracies(dataSet: dataSet)?.max())
    #expect(abs(best - maximum) < 0.0005)
  }

  @Test(arguments: [
    (0, [85.8633, 81.9, 52.9133, 53.68, 26.6333, 25.7667]),
    (1, [93.66, 90.39, 70.2933, 70.16, 44.0333, 44]),
  ])
  func rowsAreTheBenchmarks(index: Int, expected: [Double]) {
    let row = truth.dataSets.flatMap { dataSet in
      GroundTruth.Split.allCases.map { truth.accuracy(index: index, dataSet: dataSet, split: $0) }
    }
    #expect(row == expected)
  }

  @Test func tablesAreFoundByTheirSpace() {
    for description in SpaceDescription.all {
      let truth = GroundTruth.builtIn(space: description.name)
      #expect(truth?.space == (description.name == "nasbench201" ? description.name : nil))
    }
    #expect(GroundTruth.builtIn(space: "")?.space == nil)
  }

  @Test func unknownIsNil() {
    #expect(truth.accuracy(index: -1, dataSet: "cifar10") == nil)
    #expect(truth.accuracy(index: 15625, dataSet: "cifar10") == nil)
    #expect(truth.accuracy(index: 0, dataSet: "mnist") == nil)
    #expect(truth.accuracies(dataSet: "mnist") == nil)
    let small = GroundTruth(
      space: "s", source: "none",
      columns: [
        GroundTruth.Column(dataSet: "a", split: .test): [1, 2, 3],
        GroundTruth.Column(dataSet: "a", split: .valid): [4, 5],
      ])
    #expect(small.count == 2)
    #expect(small.accuracies(dataSet: "a") == [1, 2])
    #expect(small.accuracy(index: 2, dataSet: "a") == nil)
    #expect(GroundTruth(space: "s", source: "none", columns: [:]).count == 0)
  }

  /// Every row against the table it was packed from, where that is present.
  @Test func everyRowIsTheBenchmarks() throws {
    let shared =
      ProcessInfo.processInfo.environment["EPADS_SHARED_DATA"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data").standardized
    let file = shared.appendingPathComponent("ground-truth/nasbench201.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return }
    let lines = text.split(whereSeparator: \.isNewline)
    let header = try #require(lines.first).split(separator: ",")
    var wrong = 0
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",")
      let index = try #require(Int(cells[0]))
      #expect(try NASBench201().architecture(index: index).text == cells[1])
      for (name, cell) in zip(header, cells).dropFirst(2).prefix(6) {
        let parts = name.split(separator: "_")
        let dataSet = parts[0] == "imagenet16" ? "imagenet16-120" : String(parts[0])
        let split = try #require(GroundTruth.Split(rawValue: String(parts[1])))
        if truth.accuracy(index: index, dataSet: dataSet, split: split) != Double(cell) { wrong += 1 }
      }
    }
    #expect(wrong == 0)
    #expect(lines.count == truth.count + 1)
  }
}
