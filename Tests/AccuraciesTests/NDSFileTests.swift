import Accuracies
import ArchitectureLists
import Files
import Foundation
import NetworkGraph
import SearchSpaces
import TestSupport
import Testing

/// Small files in the layout of the published ones.
@Suite struct NDSFileTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func read(_ text: String) throws -> NDSFile { try NDSFile(path: folder.write(text, "nds.json")) }

  private func expectError(_ text: String, _ reason: String, at location: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: FileError.self, sourceLocation: location) { _ = try read(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")", sourceLocation: location)
  }

  private static let basic = """
    {"job_id": 7, "rng_seed": 1, "exp_mem": 0.3, "params": 594138, "flops": 184519578.0,
     "net": {"block_type": "res_basic_block", "ds": [1, 12, 12, 12], "ss": [1, 1, 2, 2], "ws": [16, 24, 24, 40],
             "bot_muls": [], "num_gs": [], "unknown": {"a": [[], {}, null, true, "x"]}},
     "optim": {"base_lr": 0.1, "wd": 0.0005, "max_ep": 2}, "prec_time": {"train_fw_bw": 0.1},
     "train_ep_loss": [NaN, Infinity, -Infinity, 1e-3], "test_ep_top1": [50.5, 6.51], "min_test_top1": 6.5}
    """
  private static let bottleneck = """
    {"test_ep_top1": [9.61], "net": {"num_gs": [1, 2.0, 1, 2], "ws": [16, 64, 128, 16], "ss": [1, 1, 2, 2],
     "ds": [1, 16, 1, 4], "bot_muls": [0.0, 0.25, 0.25, 0.25], "block_type": "res_bottleneck_block"},
     "params": 83002, "flops": 69890986}
    """
  private static let vanilla = """
    {"net": {"block_type": "double_plain_block", "ds": [1, 12, 12, 12], "ss": [1, 1, 2, 2], "ws": [16, 24, 32, 40],
     "bot_muls": null}, "test_ep_top1": [], "params": null, "flops": null}
    """
  private static let cells = """
    {"net": {"genotype": {"normal": [["sep_conv_3x3", 0], ["skip_connect", 1]], "normal_concat": [2],
     "reduce": [["max_pool_3x3", 0], ["none", 1.0], ["conv_7x1_1x7", 2], ["dil_conv_5x5", 0]], "reduce_concat": [2, 3]},
     "width": 16.0, "depth": 12, "aux": true, "drop_prob": 0.2}, "test_ep_top1": [12.5]}
    """

  @Test func aListOfEntries() throws {
    let file = try read("[\(Self.basic), \(Self.bottleneck),\n\(Self.vanilla), \(Self.cells)]\n")
    let texts: [String] = [
      "ResNet(block=res_basic_block, ds=[1, 12, 12, 12], ws=[16, 24, 24, 40], ss=[1, 1, 2, 2])",
      "ResNet(block=res_bottleneck_block, ds=[1, 16, 1, 4], ws=[16, 64, 128, 16], ss=[1, 1, 2, 2], "
        + "bot_muls=[0.0, 0.25, 0.25, 0.25], num_gs=[1, 2, 1, 2])",
      "ResNet(block=vanilla_block, ds=[1, 12, 12, 12], ws=[16, 24, 32, 40], ss=[1, 1, 2, 2])",
      "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=[2], reduce=[('max_pool_3x3', 0), "
        + "('none', 1), ('conv_7x1_1x7', 2), ('dil_conv_5x5', 0)], reduce_concat=[2, 3]) width=16 depth=12 auxiliary=1",
    ]
    #expect(file.architectures.map(\.text) == texts)
    #expect(file.entries.map(\.line) == [1, 5, 8, 9] && file.entries.map(\.number) == [1, 2, 3, 4])
    let accuracies: [Double?] = [93.49, 90.39, nil, 87.5]
    #expect(file.entries.map(\.accuracy) == accuracies)
    #expect(file.entries.map(\.parameters) == [594_138, 83_002, nil, nil])
    #expect(file.entries.map(\.flops) == [184_519_578, 69_890_986, nil, nil])
  }

  @Test func anObjectOfTwoLists() throws {
    let file = try read(#"{"other": [1, {"net": 2}], "top": [\#(Self.basic)], "mid": [\#(Self.vanilla)], "x": {}}"#)
    #expect(file.entries.map(\.accuracy) == [93.49, nil] as [Double?])
    let measured = try file.measured(space: NDSSpace().name)
    #expect(measured.architectures.count == 1 && measured.incomplete == 1)
    #expect(measured.truth.dataSets == ["test accuracy"])
    #expect(measured.truth.accuracy(of: measured.architectures[0].key, dataSet: "test accuracy") == 93.49)
  }

  @Test func countsAreCompared() throws {
    let wrong = Self.bottleneck.replacingOccurrences(of: "16, 64, 128, 16", with: "16, 64, 256, 16")
    let file = try read("[\(Self.basic), \(Self.bottleneck), \(wrong), \(Self.vanilla)]")
    let found = file.countDifferences(
      of: file.architectures, in: NDSSpace(),
      input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
    #expect(found == NDSFile.CountDifferences(3, parameters: 1, flops: 1))
  }

  @Test func whatIsWrongIsSaidWithItsPlace() throws {
    expectError("", "byte 1: expected a list of networks")
    expectError("7", "byte 1: expected a list of networks")
    expectError("[]", "no network in '")
    expectError("{}", "nds.json': the object has no list called top or mid")
    expectError("{\"arch\": 1}\n{\"arch\": 2}\n", "no network in '")
    expectError("index,acc\n1,2\n", "line 1, byte 1: expected a list of networks, or an object with lists called top")
    expectError(#"{"top": 7}"#, "byte 9: expected a list, not a number")
    expectError("[\(Self.basic)] x", "no value begins with 'x'")
    expectError("[\(Self.basic)] []", "unexpected text after the end")
    expectError(
      #"[{"net": {}}]"#, "line 1: entry 1 is no network: it has neither a genotype nor a block_type")
    expectError(#"[{"net": []}]"#, "entry 1 is no network: net is a list, not an object")
    expectError("[\n{\"net\": {\"width\": \"8\"}}]", "line 2: entry 1 is no network: width is a text")
    expectError(#"[{"net": {"width": 8.5}}]"#, "width is no whole number: '8.5'")
    expectError(#"[{"net": {"width": 1e300}}]"#, "width is no whole number: '1e+300'")
    expectError(#"[{"net": {"aux": 2}}]"#, "aux is true or false, or 1 or 0: '2.0'")
    expectError(#"[{"net": {"auxiliary": "no"}}]"#, "auxiliary is a text, not true or false")
    expectError(#"[{"net": {"genotype": 1}}]"#, "genotype is a number, not an object")
    expectError(#"[{"net": {"genotype": {"normal": {}}}}]"#, "normal is an object, not a list")
    expectError(#"[{"net": {"genotype": {"normal_concat": [true]}}}]"#, "normal_concat has an element that is true or")
    expectError(#"[{"net": {"ds": ["x"]}}]"#, "ds has an element that is a text, not a number")
    expectError(#"[{"net": {"block_type": "vanilla_block", "depths": [1]}}]"#, "ds is missing (found depths)")
    expectError(#"[{"net": {}, "test_ep_top1": 3}]"#, "test_ep_top1 is a number, not a list")
    expectError(#"[{"net": {}, "params": []}]"#, "params is a list, not a number")
    expectError(#"[{"net": {"genotype": {"normal": [["none"]]}}}]"#, "an edge is an operation and the state")
    expectError(#"[{"net": {"genotype": {"normal": [["none", 0, 1]]}}}]"#, "an edge is an operation and the state")
    expectError(#"[{"net": {"genotype": {}, "width": 8, "depth": 8}}]"#, "lacks normal or normal_concat")
    expectError(#"[{"net": {"genotype": {}}}]"#, "width or depth is missing")
    expectError("[\(Self.cells.replacingOccurrences(of: "skip_connect", with: "skip"))]", "unknown operation: 'skip'")
    expectError(
      "[\(Self.cells.replacingOccurrences(of: "\"depth\": 12", with: "\"depth\": 1200"))]", "a depth is from 1 to 100")
    expectError("[\(Self.basic.replacingOccurrences(of: "res_basic", with: "x"))]", "unknown block")
    expectError("[\(Self.basic.replacingOccurrences(of: "24, 24", with: "24"))]", "their lengths differ")
    expectError("[\(Self.basic.replacingOccurrences(of: "24, 24", with: "-1, 24"))]", "a width is from 1 to 8192: '-1'")
    expectError(
      "[\(Self.basic.replacingOccurrences(of: "[1, 12", with: "[2, 12"))]", "the first depth is that of the stem")
    let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
    expectError(#"[{"x": \#(deep)}]"#, "more than 64 objects and lists inside each other")
    for other in ["[{}]", #"[{"a": 1}, {"arch": "DARTS_V2"}]"#, "[1, 2]", #"{"top": [[]]}"#, "[null]"] {
      expectError(other, "' is no file of NDS: no entry has a member called net, which holds a network")
    }
    let long = "[" + Array(repeating: "1", count: 2000).joined(separator: ",") + "]"
    expectError(#"[{"net": {"ds": \#(long)}}]"#, "a list of more than 1000 elements")
    expectError(#"[{"\#(String(repeating: "x", count: 2 << 20))": 1}]"#, "a text of more than 1024 KiB")
    // What is passed over may be long.
    #expect(try read(#"[{"x": \#(long), \#(Self.basic.dropFirst())]"#).entries.count == 1)
  }

  /// A multiplier that stood in for those of another name would make another network.
  @Test(arguments: [
    (#""bms""#, #""num_gs""#, "bot_muls is missing (found bms)"), (#""bot_mul""#, #""gws""#, "(found bot_mul, gws)"),
    (#""bot_muls""#, #""gws""#, "num_gs is missing (found gws)"), (#""bot_muls""#, #""groups""#, "(found groups)"),
    (#""bot_muls": [], "x""#, #""num_gs""#, "bot_muls is missing (found x)"),
    (#""bot_muls": null, "y""#, #""z""#, "bot_muls is missing (found y, z)"),
  ])
  func listsOfOtherNamesAreNotGuessedAt(_ multipliers: String, _ groups: String, _ reason: String) throws {
    let entry = """
      [{"net": {"block_type": "res_bottleneck_block", "ds": [1, 2], "ws": [8, 24], "ss": [1, 1],
      \(multipliers): [0.0, 0.5], \(groups): [1, 4]}}]
      """
    expectError(entry, reason)
  }

  @Test func groupsAreOneWhereNothingSpeaksOfThem() throws {
    let file = try read(
      #"[{"net": {"block_type": "res_bottleneck_block", "ds": [1,2], "ws": [8, 9], "ss": [1, 1], "bot_muls": [0, 1]}}]"#
    )
    #expect(file.architectures[0].text.hasSuffix("bot_muls=[0.0, 1.0], num_gs=[1, 1])"))
  }

  @Test(arguments: [
    (#""aux": 0"#, 0), (#""aux": 1"#, 1), (#""aux": 1.0"#, 1), (#""auxiliary": 1"#, 1), (#""aux": null"#, 0),
  ])
  func auxiliaryHeadsMayBeNumbers(_ member: String, _ value: Int) throws {
    let file = try read("[\(Self.cells.replacing(#""aux": true"#, with: member))]")
    #expect(file.architectures[0].text.hasSuffix("auxiliary=\(value)"))
  }

  /// An entry that is no network does not keep the others from being read.
  @Test func brokenEntriesSayWhy() throws {
    let broken = Self.bottleneck.replacing("bot_muls", with: "bms")
    let file = try read("[\(broken),\n{\"x\": 1},\n\(Self.basic), 7,\n{\"net\": 3, \"params\": {}}, \(Self.vanilla)]")
    #expect(file.entries.map(\.line) == [1, 4, 5, 9, 10, 10])
    let reasons: [String?] = file.entries.map { entry in
      if case .failure(let error) = entry.architecture { error.reason } else { nil }
    }
    #expect(
      reasons == [
        "bot_muls is missing (found bms)", "it has no member called net", nil, "it is a number, not an object",
        "params is an object, not a number", nil,
      ])
    #expect(file.architectures.count == 2)
    let measured = try file.measured(space: "nds")
    #expect(measured.architectures.count == 1 && measured.incomplete == 1)
    let found = file.countDifferences(
      of: file.architectures, in: NDSSpace(), input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
    #expect(found == NDSFile.CountDifferences(1))
  }

  @Test func aFileThatIsNoTextIsNamed() throws {
    for (bytes, name) in [
      ([0x50, 0x4B, 0x03, 0x04], "a zip archive: unpack it"), ([0x1F, 0x8B, 0x08], "a gzip archive"),
    ] {
      let path = try folder.write(Data(bytes.map(UInt8.init) + [UInt8](repeating: 0, count: 100)), "nds.json")
      let error = #expect(throws: FileError.self) { try NDSFile(path: path) }
      #expect(error?.description.contains("'\(path)' is \(name)") == true)
    }
    #expect(try read("\u{FEFF}[\(Self.basic)]").architectures.count == 1)
  }

  /// Every beginning of a file is refused, wherever it is cut.
  @Test func aFileThatIsCutIsAnError() throws {
    let whole = "[\(Self.basic), \(Self.cells)]"
    for length in 0..<whole.utf8.count {
      let cut = String(decoding: whole.utf8.prefix(length), as: UTF8.self)
      #expect(throws: FileError.self) { try read(cut) }
    }
  }

  /// Whatever a file holds, it is read or refused.
  @Test func brokenFilesNeverTrap() throws {
    let whole = Array(#"{"top": [\#(Self.basic), \#(Self.cells)], "mid": [\#(Self.bottleneck)]}"#.utf8)
    for change in 0..<1500 {
      var bytes = whole
      // A byte here and there, in places that no two changes share.
      for step in 0...change % 3 {
        let place = (change * 7919 + step * 104_729) % bytes.count
        switch change % 4 {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8(change % 256)
        default: bytes.insert(Array("\"\\,[]{}:-9eN".utf8)[change % 12], at: place)
        }
      }
      _ = try? NDSFile(path: folder.write(Data(bytes), "nds.json"))
    }
  }

  @Test func filesThatAreNone() throws {
    let error = #expect(throws: FileError.self) { try NDSFile(path: folder.file("none")) }
    #expect(error?.code == .cannotOpen)
    #expect(throws: FileError.self) { try NDSFile(path: folder.path) }
  }
}
