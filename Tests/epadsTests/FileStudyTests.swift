import Foundation
import TestSupport
import Testing

/// Architectures and accuracies of files: tables and NDS.
@Suite struct FileStudyTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  /// Twelve architectures; the accuracy grows with the index, and one has none.
  private static let accuracies =
    "index,val_acc,half\n" + (1...11).map { "\($0 * 1000),\(50 + $0),\(12 - $0)\n" }.joined() + "7,,3\n"

  @Test func aReportOfATableIsResumedAndPlotted() async throws {
    try folder.write(Self.accuracies, "table.csv")
    let study = "correlate --from table.csv --also half --batch 4 --resamples 0 --proxies epads --format csv"
    let whole = try await run("\(study) --output whole.jsonl --plot plot.svg")
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.errors.contains("left out: 1 entry of the file without a number in every column compared"))
    let entries = table(csv: whole.output)
    #expect(entries.map { $0["dataset"] } == Array(repeating: "val_acc", count: 8))
    #expect(entries.map { $0["predictor"] ?? "" }.suffix(2) == ["relu_units", "published_half"])
    #expect(entries.allSatisfy { $0["n"] == "11" })
    #expect(entries.last?["tau_b"] == "-1.0")
    #expect(folder.text("plot.svg").contains("ePADS, val_acc"))
    #expect(try rows(folder.text("whole.jsonl")).map(\.index) == (1...11).map { $0 * 1000 })

    let lines = folder.text("whole.jsonl").split(separator: "\n").prefix(4).joined(separator: "\n") + "\n"
    try folder.write(lines, "part.jsonl")
    let resumed = try await run("\(study) --output part.jsonl --resume")
    #expect(resumed.output == whole.output)
    #expect(resumed.errors.contains("resuming: 4 rows there, 7 left"))
    #expect(try rows(folder.text("part.jsonl")) == rows(folder.text("whole.jsonl")))
  }

  @Test func everyFormGivesTheSameReport() async throws {
    let pairs = (1...6).map { ($0 * 1000, 50 + $0 % 4) }
    try folder.write(pairs.map { "\($0.0),\($0.1)\n" }.joined(), "pairs.txt")
    try folder.write("Accuracy,arch\n" + pairs.map { "\"\($0.1)\",\($0.0)\n" }.joined(), "table.txt")
    let objects = pairs.map { "{\"index\": \($0.0), \"accuracy\": \($0.1)}" }
    try folder.write("[" + objects.joined(separator: ",\n") + "]", "list.txt")
    try folder.write(objects.joined(separator: "\n"), "lines.txt")
    var reports: Set<[String]> = []
    for name in ["pairs", "table", "list", "lines"] {
      let outcome = try await run("correlate --from \(name).txt --batch 2 --resamples 0 --proxies epads --format csv")
      #expect(outcome.status == 0, "\(outcome.errors)")
      reports.insert(outcome.lines.dropFirst().map { String($0.drop { $0 != "," }) })
    }
    #expect(reports.count == 1)
  }

  @Test func aSampleOfAFileIsOfTheFile() async throws {
    try folder.write(Self.accuracies, "table.csv")
    let study = "correlate --from table.csv --batch 2 --resamples 0 --proxies epads"
    for count in [3, 6] {
      #expect(try await run("\(study) --sample \(count) --output \(count).jsonl").status == 0)
    }
    let larger = try rows(folder.text("6.jsonl"))
    #expect(try larger.prefix(3) == rows(folder.text("3.jsonl"))[...])
    #expect(larger.allSatisfy { ($0.index ?? 1) % 1000 == 0 })
    try await run("\(study) --sample 12").expectError(2, "--sample 12 is more than the 11 architectures of the file")
  }

  @Test func rowsAreArchitectures() async throws {
    let first = try await run("score --index 3 --index 5 --batch 2 --format jsonl --output rows.jsonl")
    #expect(first.status == 0)
    let second = try await run("score --from rows.jsonl --batch 2 --format jsonl")
    #expect(try rows(second.output) == rows(folder.text("rows.jsonl")))
  }

  private static func genotypes(_ kernels: [String]) -> [String] {
    kernels.map { kernel in
      "\"Genotype(normal=[('\(kernel)', 0), ('skip_connect', 1)], normal_concat=[2], "
        + "reduce=[('\(kernel)', 0), ('max_pool_3x3', 1)], reduce_concat=range(2, 3))\""
    }
  }

  @Test func aRowSaysWhatSurroundsTheCells() async throws {
    let genotypes = Self.genotypes(["conv_3x3", "sep_conv_3x3", "sep_conv_5x5"])
    try folder.write(zip(genotypes, 80...82).map { "\($0),\($1)\n" }.joined(), "darts.csv")
    let study = "correlate --space darts --from darts.csv --batch 2 --resamples 0 --width 4 --output rows.jsonl"
    let outcome = try await run("\(study) --depth 3")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("darts (width 4, depth 3), dead-leaves images as cifar10, batch 2"))
    #expect(folder.text("rows.jsonl").split(separator: "\n").allSatisfy { $0.contains(#""macro":"width 4, depth 3""#) })
    try await run("\(study) --depth 4 --resume").expectError(
      1, "the macro architecture is width 4, depth 3 there and width 4, depth 4 here")
    try await run("\(study) --depth 3 --auxiliary --resume").expectError(
      1, "depth 3 there and width 4, depth 3, auxiliary")
  }

  @Test func aSpaceForImageNetHasItsImages() async throws {
    try folder.write("arch\n" + Self.genotypes(["conv_1x1"])[0] + "\n", "darts.csv")
    let outcome = try await run("score --space darts_in --from darts.csv --width 4 --depth 2 --batch 2 --format jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try rows(outcome.output).map(\.dataset) == ["imagenet"])
    let small = try await run(
      "score --space darts_in --from darts.csv --width 4 --depth 2 --batch 2 --format jsonl --dataset cifar100")
    #expect(try rows(small.output).map(\.dataset) == ["cifar100"])
  }

  private static let networks = """
    [{"net": {"block_type": "res_basic_block", "ds": [1, 1, 1], "ws": [8, 8, 16], "ss": [2, 1, 2]},
      "params": 5266, "flops": 1, "test_ep_top1": [90, 20.5]},
     {"net": {"block_type": "double_plain_block", "ds": [1, 1, 1], "ws": [8, 8, 16], "ss": [2, 2, 2]},
      "test_ep_top1": [90, 10.5]},
     {"net": {"block_type": "res_bottleneck_block", "ds": [1, 1, 1], "ws": [8, 16, 32], "ss": [2, 2, 2],
      "bot_muls": [0.0, 0.5, 0.5], "num_gs": [1, 2, 2]}, "test_ep_top1": [90, 15.5]}]
    """

  @Test func networksOfNDSAreScored() async throws {
    try folder.write(Self.networks, "nds.json")
    let outcome = try await run("score --nds nds.json --batch 2 --format jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let scored = try rows(outcome.output)
    #expect(scored.map(\.space) == ["nds", "nds", "nds"])
    #expect(scored[1].arch == "ResNet(block=vanilla_block, ds=[1, 1, 1], ws=[8, 8, 16], ss=[2, 2, 2])")
    #expect(
      outcome.errors.contains("warning: FLOPs of 1 of 1 network differ by more than 5 % from those in 'nds.json'"))
    #expect(!outcome.errors.contains("warning: parameters"))
    // By its text it is the same.
    let named = try await epads("score", "--space", "nds", scored[2].arch, "--batch", "2", "--format", "jsonl")
    #expect(try rows(named.output) == [scored[2]])
  }

  @Test func networksOfNDSAreCompared() async throws {
    try folder.write(#"{"top": [], "mid": \#(Self.networks)}"#, "nds.json")
    let study = "correlate --nds nds.json --batch 2 --resamples 0 --format jsonl --output rows.jsonl"
    let outcome = try await run(study)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(#""dataset":"test accuracy""#) && outcome.output.contains(#""n":3"#))
    let again = try await run("\(study) --resume")
    #expect(again.output == outcome.output)
    #expect(again.errors.contains("resuming: 3 rows there, 0 left"))
  }

  @Test(
    arguments: [
      ("correlate --space darts --sample 3", "the program carries no accuracies of darts: give them with --from FILE"),
      ("correlate --space pnas_in --all", "the program carries no accuracies of pnas_in"),
      ("correlate --accuracy x --sample 3", "--accuracy and --also name columns of a file"),
      ("correlate --from none --nds none", "give either --from or --nds"),
      ("correlate --from none --all --sample 3", "give either --all or --sample"),
      ("correlate --from none --also x --also x", "take every column once"),
      ("correlate --from none", "cannot read 'none': No such file"),
      ("correlate --nds none", "cannot read 'none': No such file"),
      ("score --nds none", "cannot read 'none': No such file"),
      (
        "score --nds nds.json --space nds_in",
        "stem: ResNets are built for images of CIFAR's size alone"
      ),
      ("score --nds none --space darts", "--nds takes --space nds or nds_in, not darts"),
      ("correlate --from table.csv --accuracy loss", "has no column 'loss'; there are val_acc, half"),
      ("correlate --from table.csv --also loss", "has no column 'loss'"),
      (
        "correlate --from list.txt",
        "no column of 'list.txt' is called an accuracy (acc, val_acc, test_accuracy): name one with --accuracy"
      ),
      ("correlate --strict --from broken.csv", "'broken.csv', line 3: index out of range"),
      ("score --strict --from broken.csv", "'broken.csv', line 3: index out of range"),
      ("score --nds broken.json", "'broken.json' is no file of NDS: no entry has a member called net"),
    ])
  func whatIsAskedWrongly(line: String, message: String) async throws {
    try folder.write(Self.accuracies, "table.csv")
    try folder.write("3\n5\n", "list.txt")
    try folder.write("index,acc\n3,90\n-1,80\n", "broken.csv")
    try folder.write(Self.networks, "nds.json")
    try folder.write("[{}]", "broken.json")
    try await run(line).expectError(2, message)
  }
}
