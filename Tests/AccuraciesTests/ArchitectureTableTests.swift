import Accuracies
import Files
import Foundation
import SearchSpaces
import TestSupport
import Testing

/// Files that list architectures, in every form.
@Suite struct ArchitectureTableTests {
  private let folder: ScratchFolder
  private let space = NASBench201()

  init() throws { folder = try ScratchFolder() }

  private func table(_ text: String) throws -> ArchitectureTable {
    try ArchitectureTable(path: folder.write(text, "table"))
  }

  private func indices(_ text: String) throws -> [Int?] { try table(text).architectures(of: space).map(\.index) }

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

  @Test func genotypesInALineAreNoTable() throws {
    let line = "Genotype(normal=[('none', 0), ('none', 1)], normal_concat=[2])"
    let table = try table(line + "\n")
    #expect(table.columns == ["arch"])
    #expect(table.records.map(\.cells) == [[line]])
  }

  @Test func cellsAndLinesAreKept() throws {
    let csv = try table("arch,note,acc\n\"3\",\"a\r\nb\",\n4,\"\"\"\",2.5\n")
    #expect(csv.columns == ["arch", "note", "acc"])
    #expect(csv.records.map(\.line) == [2, 4])
    #expect(csv.records.map { $0.cells[1] } == ["a\r\nb", "\""])
    #expect(try csv.numbers("acc") == [nil, 2.5])
    #expect(try csv.numbers("ACC") == [nil, 2.5])
    let json = try table(
      #"[{"arch":3,"a":true,"b":"\"\\\/\b\f\n\r\té\ud83d\ude00"},"# + "\n" + #"{"acc":-1.5e0,"arch":4}]"#)
    #expect(json.columns == ["arch", "a", "b", "acc"])
    #expect(json.records.map(\.line) == [1, 2])
    #expect(json.records[0].cells == ["3", "true", "\"\\/\u{8}\u{C}\n\r\té😀", nil])
    #expect(try json.numbers("acc") == [nil, -1.5])
  }

  @Test func whatIsWrongIsSaidWithItsLine() throws {
    expectError("", "no architecture in '")
    expectError("# nothing\n\n", "no architecture in '")
    expectError("arch,acc\n", "no architecture in '")
    expectError("[]", "no column of '")
    expectError("[{\"net\":1}]", "there are net")
    expectError("0\nfoo\n", "', line 2: no architecture of nasbench201: 'foo'")
    expectError("0\n99999\n", "', line 2: index out of range")
    expectError("arch,acc\n0,1\n\"x\n\",2\n", "', line 3: no architecture of nasbench201")
    expectError("arch,acc\n0,1\n2\n", "', line 3: 1 fields where the first line has 2")
    expectError("arch,acc\n0,1\n ,2\n", "', line 3: no architecture")
    expectError("arch,acc\n0,1\n\"5,2\n7,1\n", "', line 3: a quote that is not closed")
    expectError("arch,acc\n0,1\n\"5\"x,2\n", "', line 3: text after the closing quote")
    expectError("arch,acc\n0,1\n5\"x,2\n", "', line 3: a quote inside a field")
    expectError("{\"arch\":1}\n{\"arch\":}\n", "', line 2, byte 20: no value begins with '}'")
    expectError("{\"arch\":1}\n7", "', line 2, byte 12: expected an object, not a number")
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
    let error = #expect(throws: FileError.self) { try table("arch,acc\n0,1\n1,good\n").numbers("acc") }
    #expect(error?.description.hasSuffix("', line 3: 'good' in column 'acc' is no number") == true)
    #expect(throws: FileError.self) { try table("arch,acc\n0,1\n").numbers("loss") }
  }

  @Test func whatIsNoUTF8IsAnError() throws {
    for (bytes, reason) in [
      ([0x33, 0x0A, 0xFF, 0x0A] as [UInt8], "is no UTF-8 text"),
      (Array("arch,x\n3,".utf8) + [0xFF], "line 2: a field that is not UTF-8"),
      (Array("{\"arch\":\"".utf8) + [0xFF, 0x22, 0x7D], "a text that is not UTF-8"),
    ] {
      let file = try folder.write(Data(bytes), "table")
      let error = #expect(throws: FileError.self) { try ArchitectureTable(path: file) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
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
        _ = try? ArchitectureTable(path: file).architectures(of: space)
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
