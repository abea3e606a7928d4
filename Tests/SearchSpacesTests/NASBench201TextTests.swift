import SearchSpaces
import Testing
import TestSupport

/// A text that names no architecture, and where reading it stops.
struct Malformed: Sendable, CustomTestStringConvertible {
  var text: String
  var position: Int
  var reason: String

  init(_ text: String, _ position: Int, _ reason: String) {
    self.text = text
    self.position = position
    self.reason = reason
  }

  var testDescription: String { "'\(text)'" }

  static let all = [
    Malformed("none~0|", 0, "expected '|'"),
    Malformed("|", 1, "unknown operation ''"),
    Malformed("|max_pool_3x3~0|", 1, "unknown operation 'max_pool_3x3'"),
    Malformed(" |None~0|", 2, "unknown operation 'None'"),
    Malformed("|none ~0|", 1, "unknown operation 'none '"),
    Malformed("|none|", 5, "expected '~0'"),
    Malformed("|none~1|", 5, "expected '~0'"),
    Malformed("|none~", 5, "expected '~0'"),
    Malformed("|none~0", 7, "expected '|'"),
    Malformed("|none~00|", 7, "expected '|'"),
    Malformed("|none~0||", 8, "expected '+'"),
    Malformed("|none~0|none~1|", 8, "expected '+'"),
    Malformed("|none~0|+", 9, "expected '|'"),
    Malformed("|none~0|+|none~0|+", 17, "unknown operation ''"),
    Malformed("|none~0|+|none~0|none~0|", 21, "expected '~1'"),
    Malformed("|none~0|+|none~0|none~1|", 24, "expected '+'"),
    Malformed("|none~0|+|none~0|none~1|+|none~0|none~1|none~2", 46, "expected '|'"),
    Malformed("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|x", 47, "unexpected text after the third node"),
    Malformed(
      "\t|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|", 48, "unexpected text after the third node"),
    Malformed("|none~0|+|none~1|none~1|+|none~0|none~1|none~2|", 14, "expected '~0'"),
    Malformed("|none~0|+|none~1|none|+|none~0|none~1|none~2|", 14, "expected '~0'"),
    Malformed("|none~0|+|none~0|none~1|+|none~0|none~1|none~2| x", 47, "unexpected text after the third node"),
    // Positions count characters, not bytes.
    Malformed("|no\u{308}ne~0|", 1, "unknown operation 'no\u{308}ne'"),
    Malformed("|none~0|\u{1F600}", 8, "expected '+'"),
  ]
}

@Suite struct NASBench201TextTests {
  private let space = NASBench201()

  @Test(arguments: Malformed.all)
  func errorsTellTheirPlace(_ malformed: Malformed) {
    do {
      let architecture = try space.architecture(text: malformed.text)
      Issue.record("read as \(architecture.text)")
    } catch {
      #expect(error.text == malformed.text)
      #expect(error.position == malformed.position)
      #expect(error.reason.hasPrefix(malformed.reason), "\(error.reason)")
    }
  }

  /// Every way to cut a text short is an error no later than the cut.
  @Test func truncatedTextsAreErrors() {
    let text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
    for length in 0..<text.count {
      do {
        _ = try space.architecture(text: String(text.prefix(length)))
        Issue.record("the first \(length) characters were read")
      } catch {
        #expect((error.position ?? 0) <= length)
      }
    }
  }

  @Test func unknownOperationsNameTheKnownOnesAndStayShort() {
    let text = "|" + String(repeating: "x", count: 100_000)
    do {
      _ = try space.architecture(text: text)
      Issue.record("read")
    } catch {
      #expect(error.reason.contains("none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3"))
      #expect(error.description.count < 400)
    }
  }

  @Test func descriptionsPointAtTheirPlace() {
    let error = ArchitectureError(text: "|none|", position: 5, reason: "expected '~0'")
    #expect(error.description == "expected '~0' at character 6\n  |none|\n       ^")
    #expect(ArchitectureError(text: "9", reason: "bad").description == "bad: '9'")
    let lines = ArchitectureError(text: "|none\n|", position: 6, reason: "bad")
    #expect(lines.description == "bad at character 7\n  |none\\n|\n         ^")
    let escape = ArchitectureError(text: "\u{1B}[1m|x", position: 5, reason: "bad", advice: "write\ty")
    #expect(escape.description == "bad at character 6; write\\ty\n  \\u{1B}[1m|x\n            ^")
    #expect(ArchitectureError(text: "9", reason: "bad", advice: "write 8").description == "bad: '9'; write 8")
    // Of a long text what is near.
    let long = ArchitectureError(
      text: String(repeating: "-", count: 100) + "!" + String(repeating: "-", count: 100), position: 100, reason: "bad")
    let dashes = String(repeating: "-", count: 60)
    #expect(
      long.description
        == "bad at character 101\n  ...\(dashes)!\(dashes.dropLast())...\n  \(String(repeating: " ", count: 63))^")
  }

  @Test(arguments: [-1, 15_625, .min, .max])
  func indicesOutOfRange(index: Int) {
    do {
      _ = try space.architecture(index: index)
      Issue.record("index \(index) was taken")
    } catch {
      #expect(error.text == "\(index)")
      #expect(error.position == nil)
      #expect(error.reason == "index out of range 0...15624")
    }
  }

  /// One architecture in the ways that people write it.
  @Test(arguments: [
    "# (none)\n\(plain)", "# |none~0|\n7033 # best", "7033", " 7033 ", "\u{A0}7033\u{3000}", "'7033'", "\"7033\",",
    "7033,", "7033;", "+7033", "07033", plain,
    "'\(plain)',",
    "\"\(plain)\"", "\(plain);", "\u{2018}\(plain)\u{2019}", "\u{FEFF}\(plain)\u{200B}",
    plain.replacing("+", with: " + "), plain.replacing("+", with: "\u{A0}+\u{2007}"), plain.replacing("|", with: " | "),
    plain.replacing("+", with: "\n+\n"), "Structure(4 nodes with \(plain))", "(\(plain))",
    "2031-02-03T04:05:06+00:00 arch: \(plain)", "INFO | step 3 | arch = '\(plain)'", "best (so far): \(plain)",
    "|nor_conv_1x1~0|+|nor_conv_3x3~1|skip_connect~0|+|nor_conv_3x3~2|avg_pool_3x3~0|nor_conv_1x1~1|",
    "(3, 0, 4, 2, 3, 2)", "[3, 0, 4, 2, 3, 2]", "(3,0,4,2,3,2,),", "op_indices = [3, 0, 4, 2, 3, 2]",
    "'(3, 0, 4, 2, 3, 2)'",
    "array([3, 0, 4, 2, 3, 2])", "[3 0 4 2 3 2]", "tensor([[3, 0, 4, 2, 3, 2]])", nested,
    nested.replacing("(", with: "[").replacing(")", with: "]"), nested.replacing("'", with: "\""), "arch = \(nested)",
    "2031 INFO (\(nested.dropFirst().dropLast()))",
    "[(('nor_conv_1x1', 0),), (('nor_conv_3x3', 1), ('skip_connect', 0)), "
      + "(('nor_conv_3x3', 2), ('avg_pool_3x3', 0), ('nor_conv_1x1', 1))]",
  ])
  func allNotationsAreOneArchitecture(_ text: String) throws {
    let architecture = try space.architecture(text: text)
    #expect(architecture.index == 7033)
    #expect(architecture.text == Self.plain)
  }

  private static let plain =
    "|nor_conv_1x1~0|+|skip_connect~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
  private static let nested =
    "[(('nor_conv_1x1', 0),), (('skip_connect', 0), ('nor_conv_3x3', 1)), "
    + "(('avg_pool_3x3', 0), ('nor_conv_1x1', 1), ('nor_conv_3x3', 2))]"

  /// NASLib's order of edges and operations, all of it: each number on each edge.
  @Test func sixNumbersAreNASLibs() throws {
    let operations = ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"]
    for seed in 0..<200 {
      let numbers = (0..<6).map { (seed * 7 + $0 * (seed + 3)) % 5 }
      let names = numbers.map { operations[$0] }
      let text =
        "|\(names[0])~0|+|\(names[1])~0|\(names[3])~1|+|\(names[2])~0|\(names[4])~1|\(names[5])~2|"
      #expect(try space.architecture(text: "\(numbers)").text == text)
    }
  }

  @Test(arguments: [
    "", "  ", "foo", "# |none~0|", "#7|x|+|x~2\r',", "# (3, 0, 4, 2, 3, 2)", "epads score --batch 4",
    "cat list.txt | epads score", "32:16:48:8:64", "1.5", "14746.0",
    "7033 7034",
    "Genotype(normal=[('sep_conv_3x3', 0)])", "{'normal': [('none', 0)]}", "\u{1F600}", "-", "DARTS_V2", "(a, b)",
    "0x10",
    "ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2])", String(repeating: "x", count: 100_000),
  ])
  func whatIsNoArchitectureIsShownOne(_ text: String) {
    let error = #expect(throws: ArchitectureError.self) { try space.architecture(text: text) }
    let shown = text.prefix(100).replacing("\r", with: "\\r")
    #expect(error?.text == text)
    #expect(error?.description.hasPrefix("no architecture of nasbench201: '\(shown)") == true)
    #expect(error?.description.contains("NATS-Bench's size space") == text.contains("32:16"))
    #expect(error?.description.hasSuffix("one is written \(space.example), or as an index from 0 to 15624") == true)
    #expect((error?.description.count ?? 1000) < 500)
  }

  @Test(arguments: ["15625", "-1", "99999999999999999999999", "'15625',", "-7033"])
  func textsOfIndicesOutOfRange(_ text: String) {
    let error = #expect(throws: ArchitectureError.self) { try space.architecture(text: text) }
    #expect(error?.description == "index out of range 0...15624: '\(text)'")
  }

  @Test(arguments: [
    ("(3, 0, 4, 2, 3)", 14, "an architecture in numbers has six, of the edges 0-1, 0-2, 0-3, 1-2, 1-3 and 2-3, not 5"),
    ("[3, 0, 4, 2, 3, 2, 1]", 19, "an architecture in numbers has six"),
    ("(3, 0, 4, 2, 3, 5)", 16, "an operation as a number"),
    ("(3, 0, 4, 2, 3, 2) x", 19, "unexpected text after the architecture"), ("(3, 0, 4.5)", 8, "expected a number"),
    ("[(('nor_conv_5x5', 0),)]", 4, "unknown operation 'nor_conv_5x5'"),
    ("[(('none', 1),)]", 11, "node 1 reads one of"),
    ("[(('none', 0),)]", 15, "an architecture has three nodes, not 1"),
    ("[(('none',),)]", 10, "an edge has an operation"),
    ("[(('none', 0),), (('none', 0), ('none', 0))]", 40, "node 2 reads node 0 twice"),
    ("[(('none', 0),), (('none', 0),)]", 30, "node 2 lacks the edge from node 1"),
    ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|)", 47, "unexpected text after the third node"),
    ("|none|none~0|+", 5, "expected '~0'"),
  ])
  func brokenListsAreRefusedWithTheirPlace(_ text: String, _ position: Int, _ reason: String) {
    let error = #expect(throws: ArchitectureError.self) { try space.architecture(text: text) }
    #expect(error?.position == position)
    #expect(error?.reason.hasPrefix(reason) == true, "\(error?.reason ?? "")")
  }

  @Test func unknownOperationsBringTheNearestToMind() {
    for (name, nearest) in [("conv_3x3", "nor_conv_3x3"), ("skip", "skip_connect"), ("Nor_Conv_1x1", "nor_conv_1x1")] {
      let error = #expect(throws: ArchitectureError.self) { try space.architecture(text: "|\(name)~0|") }
      #expect(error?.reason.hasSuffix("; did you mean '\(nearest)'?") == true)
    }
  }

  @Test func surroundingSpaceIsIgnored() throws {
    let text = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    let plain = try space.architecture(text: text)
    #expect(try space.architecture(text: "\r\n\t \(text) \n") == plain)
    #expect(plain.text == text)
  }

  @Test func everyIndexAndItsTextNameOneArchitecture() throws {
    var texts = Set<String>()
    for index in 0..<space.count {
      let architecture = try space.architecture(index: index)
      #expect(architecture.index == index)
      let read = try space.architecture(text: architecture.text)
      #expect(read == architecture)
      let edges = try NASBench201.edges(of: architecture.text)
      #expect(NASBench201.text(of: edges) == architecture.text)
      texts.insert(architecture.text)
    }
    #expect(space.count == 15_625)
    #expect(texts.count == space.count)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomEdgesSurviveTheirText(seed: UInt64) throws {
    let edges = RandomCases.nasBench201Edges(seed: seed)
    #expect(try NASBench201.edges(of: RandomCases.nasBench201Text(seed: seed)) == edges)
  }
}
