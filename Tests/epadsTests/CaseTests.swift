import Foundation
import TestSupport
import Testing

/// Inputs in the shapes that people have them.
@Suite struct CaseTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String) async throws -> Program.Outcome {
    try await epads(line: arguments, directory: folder.path)
  }

  // MARK: - Inputs that were handed over

  /// What happens with a handed-over file: text of the output, or of the message of an error of status 2.
  enum Expected: Sendable {
    case output(String)
    case said(String, String)
    case refused(String)
  }

  private static let correlate = "correlate --batch 8 --proxies epads --resamples 0 --from"
  private static let genotypes = "score --space darts --width 4 --depth 3 --batch 4 --from"
  private static let score = "score --batch 4 --from"
  private static let nds = "score --batch 4 --nds"

  static let handedOver: [(command: String, file: String, expected: Expected)] = [
    (correlate, "k1-same-in-the-right-form.csv", .output("ePADS               0.515")),
    (correlate, "k1-row-number-and-arch_str.csv", .said("ePADS               0.515", "index and architecture differ")),
    (correlate, "k1-index-and-arch-disagree.csv", .said("ePADS               0.515", "differ in 16 rows")),
    (correlate, "k2-header-arch_str.csv", .output("ePADS               0.515")),
    (correlate, "k2-semicolons.csv", .output("ePADS               0.515")),
    (correlate, "k2-tabs.tsv", .output("ePADS               0.515")),
    (correlate, "k3-keyed-by-architecture.json", .output("ePADS               0.515")),
    (correlate, "k3-columns-by-row-number.json", .refused("an object of values by row number, a table by columns")),
    (correlate, "k3-arch-member-is-a-list.json", .refused("line 1: 'arch' is a list, not a text")),
    (score, "k3-list-of-texts.json", .output("9908")),
    (genotypes, "k4-0-plain.txt", .output("20.7708")), (genotypes, "k4-1-pairs-a-node.txt", .output("20.7708")),
    (genotypes, "k4-2-weights.txt", .output("20.7708")), (genotypes, "k4-3-log-line.txt", .output("20.7708")),
    (genotypes, "k4-4-comma-at-the-end.txt", .output("20.7708")),
    (genotypes, "k4-8-several-lines.txt", .output("20.7708")),
    (genotypes, "k4-9-dictionary.txt", .output("20.7708")),
    (genotypes, "k4-11-no-break-space.txt", .output("20.7708")),
    (genotypes, "k4-6-operation-target-source.txt", .refused("operation, target and source")),
    (score, "k5-commands.txt", .refused("it is a command: run it in a shell")),
    (score, "k5-quotes.txt", .output(" 7033 ")), (score, "k5-blanks-around-plus.txt", .output(" 7033 ")),
    (score, "k5-six-numbers.txt", .output(" 7033 ")), (score, "k5-channels.txt", .refused("one is written |")),
    ("score --index 7033 --images", "k6-128-images.npy", .refused("is a NumPy file")),
    ("score --index 7033 --batch 64 --dataset cifar100 --images", "k6-64-images.npy", .refused("is a NumPy file")),
    ("score --index 7033 --images", "k6-the-same-128-images.bin", .output("30.7106")),
    (correlate, "k7-maccs-before-accuracy.csv", .output("\ntest_acc ")),
    (correlate, "k7-accuracy-as-share.csv", .said("ePADS               0.515", "are shares: taken times 100")),
    (correlate, "k7-all-equal.csv", .said("ePADS                   -", "are equal: there is nothing to rank")),
    (nds, "k8-new-names.json", .refused("bot_muls is missing (found bms")),
    (nds, "k8-old-names.json", .output("21.7512")),
    (nds, "k8-archive.zip", .refused("is a zip archive: unpack it")),
    (nds, "k8-auxiliary-as-number.json", .output("20.7708")),
  ]

  @Test(.enabled(if: SharedData.input("expected.md") != nil), arguments: handedOver)
  func handedOverInputs(command: String, file: String, expected: Expected) async throws {
    let path = try #require(SharedData.input(file)).path
    let outcome = try await run("\(command) \(path)")
    switch expected {
    case .output(let text):
      #expect(outcome.status == 0 && outcome.output.contains(text), "\(outcome.output)\(outcome.errors)")
    case .said(let text, let message):
      #expect(outcome.status == 0 && outcome.output.contains(text), "\(outcome.output)\(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
    case .refused(let message):
      outcome.expectError(2, message)
      #expect(outcome.errors.count < 1500)
    }
  }

  // MARK: - Lists

  /// Edges 3x3, skip, none; 1x1, none, average: made up.
  private static let one = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|"
  private static let other = "|skip_connect~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|none~0|skip_connect~1|nor_conv_3x3~2|"
  private static let both = [one, other]

  /// Each is the list of `one` and `other`.
  static let lists: [(kind: String, text: String)] = [
    ("lines", "\(one)\n\(other)\n"), ("CR alone", "\(one)\r\(other)\r"), ("CRLF", "\(one)\r\n\(other)"),
    ("a BOM", "\u{FEFF}\(one)\n\(other)\n"), ("quotes", "'\(one)'\n\"\(other)\"\n"),
    ("commas at the end", "\"\(one)\",\n\"\(other)\",\n"),
    ("blanks", "  \(one.replacing("+", with: " + "))  \n\n\t\(other)\n"),
    ("six numbers", "(2, 0, 3, 1, 1, 4)\n[0, 3, 1, 2, 0, 2]\n"),
    ("NASLib's", "[(2, 0, 3, 1, 1, 4), (0, 3, 1, 2, 0, 2)]"),
    ("lists of numbers", "[[2, 0, 3, 1, 1, 4],\n [0, 3, 1, 2, 0, 2]]"),
    ("Arch_Str", "n,Arch_Str,val\n1,\(one),2\n2,\(other),3\n"),
    ("architecture_string", "architecture_string,x\n\(one),2\n\(other),3\n"),
    ("an unknown name", "model,score\n\(one),2\n\(other),3\n"),
    ("quoted names", "\"arch\",\"acc\"\r\n\"\(one)\",\"90\"\r\n\"\(other)\",\"91\"\r\n"),
    ("semicolons", "name;arch;acc\na;\(one);90,5\nb;\(other);91,25\n"), ("tabs", "arch\tacc\n\(one)\t1\n\(other)\t2\n"),
    ("sep=", "sep=;\r\narch;acc\r\n\(one);90,5\r\n\(other);91,0\r\n"), ("pairs", "\(one),90.5\n\(other),91\n"),
    ("pairs with tabs", "\(one)\t90.5\n\(other)\t91\n"), ("an index column of pandas", ",arch\n0,\(one)\n1,\(other)\n"),
    ("a list of texts", "[\"\(one)\",\n \"\(other)\"]"),
    ("a JSON list", "[{\"arch\":\"\(one)\"},{\"arch\":\"\(other)\"}]"),
    ("JSON lines", "{\"arch\":\"\(one)\",\"a\":[1]}\n{\"Architecture\":\"\(other)\"}\n"),
    ("keyed by architecture", "{\"\(one)\":{\"acc\":90,\"id\":1},\n\"\(other)\":{\"acc\":91,\"id\":2}}"),
    ("keyed, numbers", "{\"\(one)\":90,\"\(other)\":91}"),
    ("a list in an object", "{\"archs\":[\"\(one)\",\"\(other)\"]}"),
    ("comments", "# mine\n\(one)\n# theirs\n\(other)\n"), ("log lines", "INFO arch \(one)\nINFO arch \(other)\n"),
  ]

  @Test(arguments: lists) func theListIsRead(kind: String, text: String) async throws {
    try folder.write(text, "list")
    let outcome = try await run("score --from list --batch 2 --format jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try records(outcome.output).values("arch") == Self.both, "\(outcome.output)")
  }

  @Test(
    arguments: [
      ("{\"columns\":[\"arch\"],\"data\":[[\"\(one)\"]]}", "a table by columns, columns, data"),
      ("{\"arch\":{\"0\":\"\(one)\"},\"acc\":{\"0\":90}}", "an object of values by row number"),
      ("{\"arch\":[\"\(one)\"],\"acc\":[90]}", "a table by columns, arch, acc"),
      ("[{\"net\":{\"ds\":[1]},\"test_ep_top1\":[1]}]", "give the file with --nds"),
      ("resnet50\nvgg16\n", "no architecture of nasbench201: 'resnet50'"), ("weights.pth\n", "a file of weights"),
      ("DARTS_V2\n", "take --space darts"), ("model,acc\nresnet,90\n", "name one with --column"),
      ("index,model\n0,resnet-large\n1,resnet-small\n2,vgg-whatever\n", "counts its rows"),
      ("", "no architecture in 'list'"), ("arch,acc\n", "no architecture in 'list'"),
      ("{\"arch\":\n", "byte"), ("\u{89}PNG", "no architecture"),
    ])
  func whatIsNoListIsNamed(text: String, message: String) async throws {
    try folder.write(text, "list")
    for command in ["score --from list", "rank --from list", "latency --from list"] {
      let outcome = try await run("\(command) --batch 2")
      outcome.expectError(2, message)
      #expect(outcome.errors.count < 1500)
    }
  }

  @Test(arguments: ["index", "idx", "arch_index", "Index"]) func indicesAreKnown(name: String) async throws {
    try folder.write("\(name),test_acc\n1462,90\n9,80\n14746,70\n", "list")
    let outcome = try await run("score --from list --batch 2 --format jsonl")
    #expect(try records(outcome.output).values("index") == [1462, 9, 14746])
  }

  @Test func namesAreTakenFromIDs() async throws {
    for text in ["id,arch\nA7,9\nB1,5\n", "[{\"id\":\"A7\",\"arch\":9},{\"id\":\"B1\",\"arch\":5}]"] {
      try folder.write(text, "list")
      let outcome = try await run("score --from list --batch 2 --format jsonl")
      #expect(try records(outcome.output).values("name") == ["A7", "B1"])
    }
  }

  // MARK: - Files of other kinds

  private static let binaries: [(name: String, bytes: [UInt8])] = [
    ("a NumPy file", [0x93] + Array("NUMPY\u{1}\u{0}".utf8)), ("a gzip archive", [0x1F, 0x8B, 8, 0]),
    ("a Python pickle", [0x80, 4, 0x95, 30, 0, 0, 0, 0, 0, 0, 0, 0x5D]),
    ("a zip archive", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [1, 0, 0, 0] + Array("x".utf8)),
    (
      "a NumPy archive",
      [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [9, 0, 0, 0] + Array("arr_0.npy".utf8)
    ),
  ]

  @Test(
    arguments: [
      "score --from FILE", "rank --from FILE", "latency --from FILE", "correlate --from FILE", "score --nds FILE",
      "score --index 9 --images FILE", "pareto --scores FILE", "search --samples 2 --scores FILE",
    ])
  func otherFilesAreNamed(command: String) async throws {
    for (name, bytes) in Self.binaries {
      try folder.write(Data(bytes + [UInt8](repeating: 0, count: 1 << 20)), "data")
      let outcome = try await run(command.replacing("FILE", with: "data"))
      outcome.expectError(2, name)
    }
  }

  // MARK: - Accuracies

  @Test(
    arguments: [
      ("arch,acc,acc_std,top5_acc,MACCs\n9,90,1,99,7\n5,80,2,98,8\n1462,93,1,99,9\n", ["acc", "top5_acc"], ""),
      ("index;val_acc\n9;90,5\n5;80,25\n1462;93\n", ["val_acc"], ""),
      ("arch,acc\n9,.9\n5,0.8\n1462,0.93\n", ["acc"], "'acc' are shares: taken times 100, as percent"),
      ("arch,acc\n9,90\n5,90\n1462,90\n", ["acc"], "all accuracies in 'acc' are equal"),
      ("9,90\n5,80\n1462,93\n", ["accuracy"], ""), ("arch,acc\n9,90\n9,92\n5,80\nfoo,1\n", ["acc"], "means"),
      ("arch,acc\n9,90\n5,\n1462,91\n", ["acc"], "left out: 1 entry of the file without a number"),
    ])
  func accuraciesAreFound(text: String, columns: [String], said: String) async throws {
    try folder.write(text, "list.csv")
    let outcome = try await run("correlate --from list.csv --batch 2 --resamples 0 --format csv --proxies epads")
    #expect(outcome.status == 0, "\(outcome.errors)")
    var found: [String] = []
    for record in table(csv: outcome.output) {
      let name = try #require(record["dataset"])
      if !found.contains(name) { found.append(name) }
    }
    #expect(found == columns)
    #expect(said.isEmpty || outcome.errors.contains(said), "\(outcome.errors)")
  }
}
