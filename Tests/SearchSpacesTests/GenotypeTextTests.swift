import Foundation
import SearchSpaces
import TestSupport
import Testing

/// A text that is no genotype, with a mark at the place where reading it stops.
struct MalformedGenotype: Sendable, CustomTestStringConvertible {
  var text: String
  var position: Int
  var reason: String

  /// - Parameter marked: the text with a `^` before the culprit.
  init(_ marked: String, _ reason: String) {
    let parts = marked.split(separator: "^", maxSplits: 1, omittingEmptySubsequences: false)
    text = parts.joined()
    position = parts[0].count
    self.reason = reason
  }

  var testDescription: String { "'\(text.prefix(80).replacing("\n", with: " "))', \(reason)" }

  private static let normal = "normal=[('none', 0), ('none', 1)], normal_concat=[2]"
  private static let reduction = "reduce=[('none', 0), ('none', 1)], reduce_concat=[2]"

  /// A genotype with this in place of its normal cell.
  private static func normal(_ text: String) -> String { "Genotype(\(text), \(reduction))" }

  static let syntax = [
    MalformedGenotype("^", "expected 'Genotype(' or one of NASNet, AmoebaNet"),
    MalformedGenotype(" \n# a comment^", "expected 'Genotype('"),
    MalformedGenotype("^|none~0|", "expected 'Genotype('"),
    MalformedGenotype("^'Genotype'", "expected 'Genotype('"),
    MalformedGenotype("^0", "expected 'Genotype('"),
    MalformedGenotype("^Génotype(", "unknown genotype 'G' (known: NASNet"),
    MalformedGenotype("^DARTS_V3", "unknown genotype 'DARTS_V3' (known: NASNet"),
    MalformedGenotype("genotypes.^ENAS", "unknown genotype 'ENAS'"),
    MalformedGenotype("genotypes.^", "expected 'Genotype('"),
    MalformedGenotype("DARTS_V2 ^(", "unexpected text after the genotype"),
    MalformedGenotype("DARTS_V2 ^DARTS_V1", "unexpected text after the genotype"),
    MalformedGenotype("DARTS = PDARTS ^= PDARTS", "unexpected text after the genotype"),
    MalformedGenotype("DARTS =^", "expected 'Genotype('"),
    MalformedGenotype("Genotype^", "expected '('"),
    MalformedGenotype("Genotype ^[", "expected '('"),
    MalformedGenotype("Genotype(^", "expected one of normal, normal_concat, reduce, reduce_concat"),
    MalformedGenotype("Genotype(^[('none', 0)])", "expected one of normal"),
    MalformedGenotype("Genotype(^,)", "expected one of normal"),
    MalformedGenotype("Genotype(^)", "'normal' is missing"),
    MalformedGenotype("Genotype(^normla=[])", "unknown keyword 'normla' (known: normal, normal_concat"),
    MalformedGenotype("Genotype(normal^)", "expected '='"),
    MalformedGenotype("Genotype(\(normal)^)", "'reduce' is missing"),
    MalformedGenotype("Genotype(\(reduction), \(normal)^", "expected ',' or ')'"),
    MalformedGenotype("Genotype(\(reduction) ^\(normal))", "expected ',' or ')'"),
    MalformedGenotype("Genotype(\(reduction), ^reduce=[])", "'reduce' stands here for the second time"),
    MalformedGenotype("Genotype(\(normal), \(reduction)) ^)", "unexpected text after the genotype"),
    MalformedGenotype("Genotype(\(normal), \(reduction),^,)", "expected one of normal"),
    // Positions count characters, not bytes.
    MalformedGenotype("Genotype( # \u{1F600}\u{1F1E9}\u{1F1EA} e\u{301}\n ^é=", "expected one of normal"),
    MalformedGenotype("Genotype(\r\n\r\n^é=", "expected one of normal"),
    MalformedGenotype("Genotype(normal=^[\u{301}", "expected an operation and a state"),
  ]

  static let edges = [
    MalformedGenotype("Genotype(normal=^", "expected edges such as ('sep_conv_3x3', 0) in brackets or parentheses"),
    MalformedGenotype("Genotype(normal=^range(2))", "expected edges such as"),
    MalformedGenotype("Genotype(normal=[^]", "a cell has two edges a node, not 0 in all"),
    MalformedGenotype("Genotype(normal=[('none', 0)^])", "a cell has two edges a node, not 1 in all"),
    MalformedGenotype("Genotype(normal=[('none', 0), ['none', 1],^)]", "expected an operation and a state"),
    MalformedGenotype("Genotype(normal=[^'none', 0]", "expected an operation and a state in brackets or parentheses"),
    MalformedGenotype("Genotype(normal=[(^none, 0)]", "expected an operation in quotes"),
    MalformedGenotype("Genotype(normal=[(^(", "expected an operation in quotes"),
    MalformedGenotype("Genotype(normal=[(^0, 'none')]", "expected an operation in quotes"),
    MalformedGenotype("Genotype(normal=[(^'none, 0)]", "the quote is not closed on its line"),
    MalformedGenotype("Genotype(normal=[(^'none\", 0)]", "the quote is not closed on its line"),
    MalformedGenotype("Genotype(normal=[(^'none\n', 0)]", "the quote is not closed on its line"),
    MalformedGenotype("Genotype(normal=[('^', 0)]", "unknown operation '' (known: none, skip_connect, avg_pool_2x2"),
    MalformedGenotype("Genotype(normal=[('^sep_conv_4x4', 0)]", "unknown operation 'sep_conv_4x4' (known: none"),
    MalformedGenotype("Genotype(normal=[('^ none', 0)]", "unknown operation ' none'"),
    MalformedGenotype("Genotype(normal=[('none' ^0)]", "expected ',' or ')'"),
    MalformedGenotype("Genotype(normal=[('none', 0^]", "expected ',' or ')'"),
    MalformedGenotype("Genotype(normal=[['none', 0^)", "expected ',' or ']'"),
    MalformedGenotype("Genotype(normal=[('none', ^'0')]", "expected the number of a state"),
    MalformedGenotype("Genotype(normal=[('none', ^x)]", "expected the number of a state"),
    MalformedGenotype("Genotype(normal=[('none', ^-)]", "expected the number of a state"),
    MalformedGenotype("Genotype(normal=[('none', 0^.0)]", "expected ',' or ')'"),
    MalformedGenotype("Genotype(normal=[('none', 0^x0)]", "expected ',' or ')'"),
    MalformedGenotype("Genotype(normal=[('none'^)]", "an edge has an operation and a state"),
    MalformedGenotype("Genotype(normal=[('none', 0, ^1.0)]", "an edge has an operation and a state, nothing else"),
    MalformedGenotype(
      "Genotype(normal=[('none', ^2)", "node 2 reads state 2, which is not one of the states before it"),
    MalformedGenotype("Genotype(normal=[('none', ^-1)", "node 2 reads state -1, which is not one"),
    MalformedGenotype("Genotype(normal=[('none', 0), ('none', 0), ('none', 2), ('none', ^3)", "node 3 reads state 3"),
    MalformedGenotype("Genotype(normal=[('none', ^999999999)", "node 2 reads state 999999999"),
    MalformedGenotype("Genotype(normal=[('none', ^1000000000)", "a number has at most nine digits"),
    MalformedGenotype(
      "Genotype(normal=[('none', ^-\(String(repeating: "9", count: 999)))", "a number has at most nine digits"),
    MalformedGenotype(
      "Genotype(normal=[\(String(repeating: "('none', 0), ", count: 64))^('none', 0)", "a cell has at most 32 nodes"),
  ]

  static let concatenations = [
    MalformedGenotype("Genotype(normal_concat=^2)", "expected states, or range(first, end), in brackets"),
    MalformedGenotype("Genotype(normal_concat=[^])", "a cell concatenates no state"),
    MalformedGenotype("Genotype(normal_concat=[2, ^'3'])", "expected the number of a state"),
    MalformedGenotype("Genotype(normal_concat=[2 ^3])", "expected ',' or ']'"),
    MalformedGenotype("Genotype(normal_concat=[2^)", "expected ',' or ']'"),
    MalformedGenotype(
      "Genotype(normal_concat=[\(String(repeating: "2, ", count: 32))^2])", "a cell concatenates at most 32 states"),
    MalformedGenotype("Genotype(normal_concat=^list(range(2, 6)))", "expected states in brackets or parentheses"),
    MalformedGenotype("Genotype(normal_concat=range^)", "expected '('"),
    MalformedGenotype("Genotype(normal_concat=range^[2, 6])", "expected '('"),
    MalformedGenotype("Genotype(normal_concat=range(^))", "a range takes one to three numbers"),
    MalformedGenotype("Genotype(normal_concat=range(2, 6, 1, ^1))", "a range takes one to three numbers"),
    MalformedGenotype("Genotype(normal_concat=range(2, ^x))", "expected a number"),
    MalformedGenotype("Genotype(normal_concat=range(0, 10^**9))", "expected ',' or ')'"),
    MalformedGenotype("Genotype(normal_concat=range(2, 6, ^0))", "a range cannot have the step 0"),
    MalformedGenotype("Genotype(normal_concat=^range(0))", "a cell concatenates no state"),
    MalformedGenotype("Genotype(normal_concat=^range(6, 2))", "a cell concatenates no state"),
    MalformedGenotype("Genotype(normal_concat=^range(0, 999999999))", "a cell concatenates at most 32 states"),
    MalformedGenotype("Genotype(normal_concat=^range(-999999999, 999999999, 2))", "a cell concatenates at most 32"),
    MalformedGenotype("Genotype(normal_concat=^range(33))", "a cell concatenates at most 32 states"),
    MalformedGenotype("Genotype(normal_concat=range(0, ^1000000000))", "a number has at most nine digits"),
    MalformedGenotype(
      normal("normal_concat=[2, ^3], normal=[('none', 0), ('none', 1)]"),
      "the concatenation has state 3, which the cell lacks"),
    MalformedGenotype(
      normal("normal=[('none', 0), ('none', 1)], normal_concat=[^-1]"), "the concatenation has state -1"),
    MalformedGenotype(
      normal("normal=[('none', 0), ('none', 1)], normal_concat=^range(2, 6)"), "the concatenation has state 3"),
  ]
}

@Suite struct GenotypeTextTests {
  private static let plain =
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('none', 2), ('dil_conv_5x5', 0)], "
    + "normal_concat=[2, 3], reduce=[('max_pool_3x3', 1), ('conv_7x1_1x7', 1)], reduce_concat=[2])"

  @Test(arguments: MalformedGenotype.syntax + MalformedGenotype.edges + MalformedGenotype.concatenations)
  func errorsTellTheirPlace(_ malformed: MalformedGenotype) {
    do {
      let genotype = try Genotype(text: malformed.text)
      Issue.record("read as \(genotype.text)")
    } catch {
      #expect(error.text == malformed.text)
      #expect(error.position == malformed.position)
      #expect(error.reason.hasPrefix(malformed.reason), "\(error.reason)")
      #expect(error.description.count < 1000)
    }
  }

  /// Every way to cut a text short is an error no later than the cut.
  @Test func truncatedTextsAreErrors() {
    for length in 0..<Self.plain.count {
      do {
        _ = try Genotype(text: String(Self.plain.prefix(length)))
        Issue.record("the first \(length) characters were read")
      } catch {
        #expect((error.position ?? .max) <= length)
      }
    }
  }

  @Test func canonicalTextIsWhatPythonPrints() throws {
    #expect(try Genotype(text: Self.plain).text == Self.plain)
    #expect(try CellSpace(.darts).architecture(text: Self.plain).key == Architecture(text: Self.plain))
  }

  /// One genotype in the ways that people write it.
  @Test(arguments: [
    "  \(plain)\n",
    "NAME = \(plain)",
    "genotypes.\(plain)",
    "_x1=cnn . genotypes . \(plain) # the best so far",
    plain.replacing("'", with: "\""),
    plain.replacing(" ", with: ""),
    plain.replacing(" ", with: " \r\n\t\u{0B}\u{0C}"),
    plain.replacing(", ", with: " , ").replacing("(", with: " ( ").replacing("[", with: "[ # edges ) ] '\r"),
    plain.replacing("[2, 3]", with: "range(2, 4)"),
    plain.replacing("[2, 3]", with: "range ( 2, 4, 1, )").replacing("[2]", with: "range(2,3)"),
    plain.replacing("[2, 3]", with: "(2, 3,)").replacing("[2]", with: "(2)"),
    plain.replacing("[2, 3]", with: "range(2, 10, 1)").replacing("10", with: "4"),
    plain.replacing("(", with: "[").replacing(")", with: "]").replacing("Genotype[", with: "Genotype(")
      .dropLast() + ")",
    plain.replacing("[", with: "(").replacing("]", with: ",)"),
    plain.replacing("0)", with: "0,)").replacing("]", with: ", ]").dropLast() + ",)",
    """
    Genotype(
      reduce_concat=[2],
      normal_concat=[2, 3],
      reduce=[  # no (convolutions]
        ("max_pool_3x3", 1),
        ['conv_7x1_1x7', 1],
      ],
      normal=[
        ('sep_conv_3x3', 0),
        ('skip_connect', 1), ('none', 2), ('dil_conv_5x5', 0)
      ],
    )
    """,
  ])
  func allSpellingsAreOneGenotype(_ text: String) throws {
    #expect(try Genotype(text: text).text == Self.plain)
  }

  /// Ranges are Python's, and the order of the states is kept.
  @Test(arguments: [
    ("range(4)", [0, 1, 2, 3]), ("range(1, 4)", [1, 2, 3]), ("range(0, 4, 2)", [0, 2]), ("range(0, 3, 2)", [0, 2]),
    ("range(3, 1, -1)", [3, 2]), ("range(3, -1, -3)", [3, 0]), ("range(2, 3, 999999999)", [2]), ("[3, 2]", [3, 2]),
    ("(2, 2)", [2, 2]),
  ])
  func concatenations(_ text: String, _ states: [Int]) throws {
    let genotype = try Genotype(text: Self.plain.replacing("normal_concat=[2, 3]", with: "normal_concat=\(text)"))
    #expect(genotype.normal.concatenation == states)
  }

  @Test func theLongestTextIsRead() throws {
    let room = Genotype.maximumTextLength - Self.plain.utf8.count
    #expect(try Genotype(text: Self.plain + String(repeating: " ", count: room)).text == Self.plain)
    do {
      _ = try Genotype(text: Self.plain + String(repeating: " ", count: room + 1))
      Issue.record("read")
    } catch {
      #expect(error.position == nil)
      #expect(error.reason == "a genotype has at most 65536 bytes of text")
      #expect(error.description.count < 300)
    }
    do {
      _ = try Genotype(text: String(repeating: "x", count: Genotype.maximumTextLength))
      Issue.record("read")
    } catch {
      #expect(error.position == 0)
      #expect(error.description.count < 400)
    }
  }

  @Test(arguments: CellSpace.Family.allCases)
  func randomGenotypesSurviveTheirText(_ family: CellSpace.Family) throws {
    var draws = RandomCases.draws(seed: 2)
    let space = CellSpace(family)
    for _ in 0..<500 {
      let architecture = space.randomArchitecture(&draws)
      #expect(try space.architecture(text: architecture.text) == architecture)
    }
  }

  // MARK: - Known genotypes

  @Test(arguments: KnownGenotype.allCases)
  func namesStandForTheirGenotype(_ known: KnownGenotype) throws {
    let genotype = try Genotype(text: known.text)
    let name = known.rawValue
    for name in [name, name.uppercased(), "  \(name.lowercased())\n", "x = \(name)", "genotypes.\(name)"] {
      #expect(try Genotype(text: name) == genotype)
    }
    let architecture = try CellSpace(.pnas).architecture(text: known.rawValue)
    #expect(architecture.key == Architecture(text: genotype.text))
    #expect(KnownGenotype(name: "\(known.rawValue) ") == nil)
  }

  // MARK: - Published tables

  @Test(arguments: [("darts1000_cifar10.csv", 1000), ("nasbench301_surrogate.csv", 1218)])
  func everyRowOfTheTables(_ name: String, _ count: Int) throws {
    guard let file = SharedData.url("ground-truth/\(name)") else { return }
    var read = 0
    for row in try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline) {
      let fields = row.split(separator: "\"", omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let text = String(fields[1])
      // Both tables are written as Python prints, which is the canonical text.
      #expect(try Genotype(text: text).text == text)
      read += 1
    }
    #expect(read == count)
  }
}
