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
    Malformed("", 0, "expected '|'"),
    Malformed("  ", 2, "expected '|'"),
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
        #expect((error.position ?? .max) <= length)
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
    #expect(lines.description == "bad at character 7\n  |none |\n        ^")
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
