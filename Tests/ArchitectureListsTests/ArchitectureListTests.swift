import ArchitectureLists
import Files
import Foundation
import SearchSpaces
import TestSupport
import Testing

/// Files that list architectures, in every form.
@Suite struct ArchitectureListTests {
  private let folder: ScratchFolder
  private let space = NASBench201()

  init() throws { folder = try ScratchFolder() }

  private func list(_ text: String) throws -> ArchitectureList {
    try ArchitectureList(path: folder.write(text, "list"), of: space)
  }

  private func indices(_ text: String) throws -> [Int?] { try list(text).entries.map(\.key.index) }

  private func expectError(_ text: String, _ reason: String, at location: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: FileError.self, sourceLocation: location) { _ = try indices(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")", sourceLocation: location)
  }

  private static let three = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|skip_connect~2|"

  @Test(arguments: [
    "3\n5\n", "\u{FEFF}3\n5", "# three\r\n\r\n 3 \r\n5\r\n", "\(three)\n5\n",
    "index\n3\n5\n", "index,x\r\n3,a\r\n5,b\r\n", "\u{FEFF}INDEX,x\n3,a\n5,b", "\n\nx,Arch\n\n1,3\n\n2,5\n\n",
    "# from the paper\narch,index\n\(three),9\n5,9\n", "x,genotype\n\"a, \"\"b\"\"\nc\",3\n\"\",5\n",
    "3,85.2\n5,90\n", "\"\(three)\",85.2\n\"5\", nan\n", "# accuracies\n3,1e1\n5,2\n",
    "3;90,5\n5;91,25\n", "\(three);90,5\n5;91\n",
    #"[{"arch": 3}, {"arch": "5", "x": [1, {"y": null}]}]"#, #" {"arch":3}"# + "\n" + #"{"x":1,"arch":5}"#,
    #"[{"index":3,"x":"a"}][{"index":5}]"#, #"{"ARCH":"\u0033"}{"ARCH":"5"}"#,
  ])
  func everyFormIsRead(text: String) throws {
    #expect(try indices(text) == [3, 5])
  }

  @Test func architecturesArePreferredToIndices() throws {
    #expect(try indices("index,genotype,architecture\n7,8,3\n") == [3])
    #expect(try indices(#"{"index":7,"arch":3}"#) == [3])
  }

  /// Row numbers are no indices, and a column says what it holds by its cells where its name does not.
  @Test func columnsAreKnownByTheirContents() throws {
    for header in ["index,arch_str,acc", "index,Arch String,acc", "index,model,acc", "idx,network,acc"] {
      let list = try list("\(header)\n0,\(Self.three),1\n1,\(Self.three),2\n2,\(Self.three),3\n")
      #expect(list.entries.map(\.key.index) == [3, 3, 3], "\(header)")
      #expect(list.remarks.contains { $0.hasPrefix("index and architecture differ in 3 rows") })
    }
    expectError(
      "index,model,acc\n0,resnet-like-a,1\n1,resnet-like-b,2\n2,resnet-like-c,3\n", "counts its rows, and model")
    expectError("model,acc\nresnet,1\nvgg,2\n", "no column of '")
    let named = try ArchitectureList(
      path: folder.write("index,x\n7,3\n", "list"), of: space, column: "X")
    #expect(named.entries.map(\.key.index) == [3])
  }

  @Test func namesAndColumnsStay() throws {
    let table = try list("Name,arch,acc,n,note\nmine,3,93.50,007,\n,5,1.0e1,2.5,\"a, b\"\n")
    #expect(table.entries.map(\.name) == ["mine", nil])
    #expect(table.columns == ["acc", "n", "note"])
    #expect(table.entries[0].input == ["acc": .number(93.5), "n": .text("007")])
    #expect(table.entries[1].input == ["acc": .number(10), "n": .number(2.5), "note": .text("a, b")])
    #expect(table.entries.map(\.line) == [2, 3])
    let json = try list(#"[{"id": 7, "arch": 3, "deep": {"x": 1}, "acc": 1.5, "is": true}]"#)
    #expect(json.entries[0].name == "7")
    #expect(json.entries[0].input == ["acc": .number(1.5), "is": .boolean(true)])
    // Rows of this program hand on what their own list had said, and nothing else.
    let row =
      #"{"arch":"3","input":{"acc":93},"name":"mine","seed":1,"space":"nasbench201","status":"ok","version":"1"}"#
    #expect(try list(row).entries.map(\.input) == [["acc": .integer(93)]])
    #expect(try list(row).entries.map(\.name) == ["mine"])
  }

  /// An entry that names no architecture is one, too, and costs no other its row.
  @Test func brokenEntriesAreEntries() throws {
    func failures(_ text: String) throws -> [String?] { try list(text).entries.map(\.failure) }
    #expect(try failures("0\nfoo\n5\n").map { $0 == nil } == [true, false, true])
    #expect(try failures("0\nfoo\n5\n")[1]?.contains("', line 2: no architecture of nasbench201: 'foo'") == true)
    #expect(try failures("0\n99999\n")[1]?.contains("', line 2: index out of range") == true)
    let csv = try failures("arch,acc\n0,1\n2\n\"5,2\n7,1\n\"5\"x,2\n5\"x,2\n ,2\n8,3\n")
    #expect(csv.map { $0 == nil } == [true, false, false, true, false, false, false, true])
    #expect(csv[1]?.contains("line 3: 1 fields where the first line has 2") == true)
    #expect(csv[2]?.contains("line 4: a quote that is not closed") == true)
    #expect(csv[4]?.contains("line 6: text after the closing quote") == true)
    #expect(csv[5]?.contains("line 7: a quote inside a field") == true)
    #expect(csv[6]?.contains("line 8: no architecture in 'arch'") == true)
    let json = try failures("{\"arch\":1}\n{\"arch\":}\n{\"arch\":[1]}\n{\"x\":2}\n{\"arch\":5}\n")
    #expect(json.map { $0 == nil } == [true, false, false, false, true])
    #expect(json[1]?.contains("line 2: no JSON: byte 9: no value begins with '}'") == true)
    #expect(json[2]?.contains("line 3: 'arch' is a list, not a text") == true)
    #expect(json[3]?.contains("line 4: no member arch, architecture, genotype or index; there are x") == true)
    let document = try failures("[{\"arch\":1},\n[1],\ntrue]\n")
    #expect(document.map { $0 == nil } == [true, false, false])
    #expect(document[2]?.contains("line 3: true or false where an architecture is expected") == true)
  }

  @Test func multilineFieldsAndGenotypesAreOneEntry() throws {
    let csv = try list("arch,note,acc\n\"3\",\"a\r\nb\",\n4,\"\"\"\",2.5\n")
    #expect(csv.entries.map(\.line) == [2, 4])
    #expect(csv.entries.map { $0.input["note"] } == [.text("a\r\nb"), .text("\"")])
    #expect(try csv.numbers("acc") == [nil, 2.5])
    #expect(try csv.numbers("ACC") == [nil, 2.5])
    let genotype =
      "MINE = Genotype(\n  normal=[('none', 0), ('none', 1)],\n  normal_concat=[2],\n"
      + "  reduce=[('none', 0), ('none', 1)], reduce_concat=[2]\n)\n"
    let list = try ArchitectureList(
      path: folder.write("# two\n\(genotype)DARTS_V2\n\(genotype)", "list"), of: CellSpace(.darts))
    #expect(list.entries.map(\.name) == ["MINE", "DARTS_V2", "MINE"])
    #expect(list.entries.map(\.line) == [2, 7, 8])
    // What stays open is read line by line: nothing after it is lost.
    let open = try ArchitectureList(
      path: folder.write("MINE = Genotype(\n  normal=[('none', 0)],\nDARTS_V2\n", "list"), of: CellSpace(.darts))
    #expect(open.entries.map { $0.parsed != nil } == [false, false, true])
  }

  /// A quote before the architecture may hold a line end as well as one after it.
  @Test func aFieldOfSeveralLinesMayComeFirst() throws {
    let list = try list("name,arch,acc\n\"a\nb\",\(Self.three),93\nx,\(Self.three),92\n")
    #expect(list.entries.map(\.name) == ["a\nb", "x"])
    #expect(list.entries.map(\.line) == [2, 4])
  }

  @Test func noColumnHidesAnother() throws {
    let list = try list("arch,acc,acc,x\n3,1,2,3\n")
    #expect(list.columns == ["acc", "acc (2)", "x"])
    #expect(list.entries[0].input == ["acc": .integer(1), "acc (2)": .integer(2), "x": .integer(3)])
  }

  /// What only looks like a number, or would lose digits as one, stays a text.
  @Test(arguments: [
    ("7e12", InputValue.text("7e12")), ("12345e67", .text("12345e67")), ("1e-05", .number(1e-5)),
    ("1.5e+20", .number(1.5e20)), ("12345678901234567890", .text("12345678901234567890")), ("0x10", .text("0x10")),
    ("-3", .integer(-3)), ("93.10", .number(93.1)), ("nan", .text("nan")), ("+5", .text("+5")),
  ])
  func cellsAreNumbersOrTexts(cell: String, value: InputValue) throws {
    #expect(try list("arch,x\n3,\(cell)\n").entries[0].input == ["x": value])
  }

  @Test func indicesThatCountRowsAreDoubted() throws {
    func list(_ header: String, _ texts: [String]) throws -> ArchitectureList {
      try self.list(header + "\n" + texts.enumerated().map { "\($0),\($1)\n" }.joined())
    }
    #expect(throws: FileError.self) { try list("index,model", ["vgg", "resnet", "dense"]) }
    let named = try list("index,name", ["vgg", "resnet", "dense"])
    #expect(named.remarks.contains { $0.contains("count its rows from 0") })
    // Texts that come twice name no architecture, and other indices are indices.
    #expect(try list("index,dataset", ["cifar10", "cifar10", "cifar100"]).remarks.isEmpty)
    #expect(try self.list("index,model\n5,a\n7,b\n9,c\n").remarks.isEmpty)
  }

  @Test(arguments: [
    #"{"meta": {"a": 1}, "data": [{"arch": 3}, {"arch": 5}]}"#, #"{"0": {"arch": 3, "acc": 1}, "1": {"arch": 5}}"#,
    #"{"networks": [3, 5]}"#,
  ])
  func objectsAroundAListAreRead(text: String) throws { #expect(try indices(text) == [3, 5]) }

  @Test func whatIsNoListIsAnErrorWithItsLine() throws {
    expectError("", "no architecture in '")
    expectError("# nothing\n\n", "no architecture in '")
    expectError("arch,acc\n", "no architecture in '")
    expectError("[]", "no architecture in '")
    expectError("[{\"arch\":1}", "byte 12: expected ',' or ']'")
    expectError("[{\"arch\":\"x", "byte 12: the file ends in a text")
    expectError("[{\"arch\" 1}]", "byte 10: expected ':'")
    expectError("[{arch:1}]", "byte 3: no value begins with 'a'")
    expectError("[{\"arch\":1,}]", "byte 12: no value begins with '}'")
    expectError("[{\"arch\":tru}]", "'tru' is neither true nor false")
    expectError("[{\"arch\":1-2}]", "'1-2' is no number")
    expectError("[{\"arch\":\"\\x\"}]", "unknown escape 'x'")
    expectError("[{\"arch\":\"\\ud83d\"}]", "half of a surrogate pair")
    expectError("[{\"arch\":\"\\u12g4\"}]", "four hexadecimal digits")
    expectError("[{\"arch\":\"a\nb\"}]", "a control character in a text")
    expectError("[{\"x\":" + String(repeating: "[", count: 100), "more than 64 objects and lists inside each other")
    expectError("[{\"arch\":" + String(repeating: "1", count: 100), "a number of more than 64 digits")
    let error = #expect(throws: FileError.self) { try list("arch,acc\n0,1\n1,good\n").numbers("acc") }
    #expect(error?.description.hasSuffix("', line 3: 'good' in column 'acc' is no number") == true)
    #expect(throws: FileError.self) { try list("arch,acc\n0,1\n").numbers("loss") }
  }

  @Test func whatIsNoUTF8IsAnEntry() throws {
    for bytes in [[0x33, 0x0A, 0xC3, 0x28, 0x0A] as [UInt8], Array("arch,x\n3,1\n5,".utf8) + [0xFF]] {
      let list = try ArchitectureList(path: folder.write(Data(bytes), "list"), of: space)
      #expect(list.entries.map { $0.parsed != nil } == [true, false])
      #expect(list.entries[1].failure?.contains("UTF-8") == true)
    }
  }

  /// Whatever a file holds, it is read or refused.
  @Test func brokenFilesNeverTrap() throws {
    let whole = [
      "# c\narch,acc\n\"\(Self.three)\",\"8\"\"5\"\r\n5,90\n",
      #"[{"arch": 3, "x": [1.5e3, null, "\u00e9"]}, {"arch": true}]"#,
    ]
    var random = SplitMix(state: 7)
    for text in whole {
      for _ in 0..<400 {
        var bytes = Array(text.utf8)
        for _ in 0...random.next(4) {
          let place = random.next(bytes.count)
          switch random.next(3) {
          case 0: bytes[place] = UInt8(random.next(256))
          case 1: bytes.remove(at: place)
          default: bytes.insert(Array("\"\\,[]{}:#\n".utf8)[random.next(10)], at: place)
          }
        }
        let file = try folder.write(Data(bytes), "table")
        _ = try? ArchitectureList(path: file, of: space)
      }
    }
  }

  private struct SplitMix {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((value ^ value >> 31) % UInt64(bound))
    }
  }
}
