import Accuracies
import ArchitectureLists
import SearchSpaces
import TestSupport
import Testing

/// Which columns are accuracies, by their names alone.
@Suite struct AccuracyColumnTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func measured(_ text: String) throws -> MeasuredArchitectures {
    let space = NASBench201()
    return try MeasuredArchitectures(
      ArchitectureList(path: folder.write(text, "table"), of: space), of: space, accuracies: [])
  }

  @Test(arguments: [
    "acc", "ACC", "val_acc", "test-acc", "testAcc", "Test Accuracy", "top1_acc", "top5_acc", "acc@1", "cifar10.acc",
    "accuracy (%)", "valAccuracy", "acc_mean", "mean accs",
  ])
  func accuracies(_ name: String) throws {
    #expect(try measured("index,\(name),x\n3,90.5,1\n5,80,2\n").truth.dataSets == [name])
  }

  @Test(arguments: [
    "MACCs", "maccs", "acc_std", "accStd", "acc_err", "acc_rank", "accelerator", "accumulated", "vacc", "acc_time",
    "accuracy_loss", "acc_epoch", "n_acc", "acc_ci_low", "balance", "test", "top1",
  ])
  func others(_ name: String) throws {
    #expect(throws: NoAccuracyColumn.self) { try measured("index,\(name)\n3,90.5\n5,80\n") }
    #expect(try measured("index,\(name),val_acc\n3,1,90.5\n5,2,80\n").truth.dataSets == ["val_acc"])
  }

  @Test func columnsOfTextsAreNone() throws {
    #expect(try measured("index,acc_source,acc\n3,paper,90\n5,own,80\n").truth.dataSets == ["acc"])
    #expect(try measured("index;acc\n3;90,5\n5;80,25\n").truth.accuracies(dataSet: "acc") == [90.5, 80.25])
  }

  @Test(arguments: [
    ("0.9", "0.5", [90.0, 50.0], ["acc"]), ("1", "0", [100, 0], ["acc"]), ("0.9", "1.5", [0.9, 1.5], []),
    ("90", "0.5", [90, 0.5], []), ("0", "0", [0, 0], []),
  ])
  func sharesBecomePercent(one: String, other: String, expected: [Double], shares: [String]) throws {
    let measured = try measured("index,acc\n3,\(one)\n5,\(other)\n")
    #expect(measured.truth.accuracies(dataSet: "acc") == expected)
    #expect(measured.shares == shares)
  }
}
