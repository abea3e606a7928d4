import Foundation
import SearchSpaces
import TestSupport
import Testing

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
      #expect(error.description.count < 500)
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
