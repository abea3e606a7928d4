import Accuracies
import ArchitectureLists
import Files
import SearchSpaces
import TestSupport
import Testing

@Suite struct MeasuredArchitecturesTests {
  private let folder: ScratchFolder
  private let space = NASBench201()

  init() throws { folder = try ScratchFolder() }

  private func measured(
    _ text: String, accuracies: [String] = [], published: [String] = []
  ) throws -> MeasuredArchitectures {
    try MeasuredArchitectures(
      ArchitectureList(path: folder.write(text, "table"), of: space), of: space, accuracies: accuracies,
      published: published)
  }

  @Test func columnsWithAccInTheirNamesAreAccuracies() throws {
    let measured = try measured("index,val_accuracy,loss,Acc2\n3,90.5,1,80\n5,91,2,81\n")
    #expect(measured.architectures.map(\.key.index) == [3, 5])
    #expect(measured.truth.dataSets == ["val_accuracy", "Acc2"])
    #expect(measured.truth.accuracies(dataSet: "val_accuracy") == [90.5, 91])
    #expect(measured.truth.accuracy(of: measured.architectures[1].key, dataSet: "Acc2") == 81)
    #expect(measured.truth.accuracy(of: try space.architecture(index: 4).key, dataSet: "Acc2") == nil)
    #expect(measured.truth.accuracy(index: 3, dataSet: "Acc2") == nil)
    #expect(measured.truth.title(of: "Acc2") == "Acc2")
    #expect(measured.truth.source.hasSuffix("table'"))
    #expect(measured.incomplete == 0 && measured.repeated == 0)
  }

  @Test func namedColumnsAreTaken() throws {
    let text = "index,acc,test,nwot,snip\n3,1,90,0.5,7\n5,2,80,0.25,8\n"
    let measured = try measured(text, accuracies: ["test"], published: ["snip", "nwot"])
    #expect(measured.truth.dataSets == ["test"])
    #expect(measured.truth.published == ["snip", "nwot"])
    #expect(measured.truth.published("nwot", of: measured.architectures[0].key) == 0.5)
    #expect(measured.truth.published("acc", of: measured.architectures[0].key) == nil)
  }

  @Test func whatIsIncompleteIsLeftOutAndWhatIsRepeatedIsAveraged() throws {
    let measured = try measured("index,acc,acc2\n3,90,1\n5,,1\n7,nan,1\n3,92,2\n9,1,inf\n3,94,6\n4,80,\n8,70,1\n")
    #expect(measured.architectures.map(\.key.index) == [3, 8])
    #expect(measured.truth.accuracies(dataSet: "acc") == [92, 70])
    #expect(measured.truth.accuracies(dataSet: "acc2") == [3, 1])
    #expect(measured.incomplete == 4 && measured.repeated == 2)
  }

  @Test func aTableWithoutAccuraciesSaysWhatItHas() throws {
    let error = #expect(throws: NoAccuracyColumn.self) { try measured("index,test\n3,90\n") }
    #expect(error?.columns == ["test"])
    #expect(error?.description.hasSuffix("(acc, val_acc, test_accuracy); there are test") == true)
  }

  @Test(arguments: [
    ("index,test\n3,90\n", ["acc"], "has no column 'acc'; there are test"),
    ("index,acc\n3,\n", [], "has an accuracy"), ("index,acc\n3,x\n", [], "line 2: 'x' in column 'acc' is no number"),
    ("acc\n3\n", [], "is called an accuracy"),
  ])
  func whatCannotBeUsedIsAnError(text: String, accuracies: [String], reason: String) throws {
    let error = #expect(throws: (any Error).self) { try measured(text, accuracies: accuracies) }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(reason), "\(description)")
  }

  @Test func numbersThatAreNoPercentagesAreDoubted() throws {
    #expect(try measured("index,acc\n3,90\n5,91\n").doubts.isEmpty)
    let shares = try measured("index,acc\n3,0.931\n5,0.5\n")
    #expect(shares.doubts.isEmpty && shares.shares == ["acc"])
    #expect(shares.truth.accuracies(dataSet: "acc") == [93.1, 50])
    #expect(try measured("index,acc\n3,0.9\n5,0.5\n7,93\n").doubts.first?.contains("2 of 3 numbers") == true)
    #expect(try measured("index,acc\n3,-1\n5,9e+7\n7,93\n").doubts.first?.contains("2 of 3 numbers") == true)
  }
}
