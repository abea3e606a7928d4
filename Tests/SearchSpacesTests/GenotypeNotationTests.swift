import SearchSpaces
import TestSupport
import Testing

/// Genotypes as others than DARTS's authors write them.
@Suite struct GenotypeNotationTests {
  private static let plain =
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('none', 2), ('dil_conv_5x5', 0)], "
    + "normal_concat=[2, 3], reduce=[('max_pool_3x3', 1), ('conv_7x1_1x7', 1)], reduce_concat=[2])"

  /// One genotype as other programs write it.
  @Test(arguments: [
    "2031-02-03 04:05:06,789 genotype = \(plain)", "INFO best: genotypes.\(plain)", "INFO #3 found \(plain);",
    "Genotype = namedtuple('Genotype', 'normal normal_concat reduce reduce_concat')\nMINE = \(plain)",
    "# was Genotype(normal=[('none', 0)])\n\(plain)", "\(plain),", "\(plain);", "'\(plain)',", "\"\(plain)\"",
    "\u{201C}\(plain)\u{201D}", "x: str = '\(plain)'", "{\"best\": \"\(plain)\"", "最好：\(plain)",
    plain.replacing(" ", with: "\u{A0}"), plain.replacing(" ", with: "\u{2007}\u{202F}\u{3000}\u{200B}\u{FEFF}"),
    "\u{FEFF}\(plain)", plain.replacing("'", with: "\u{2019}"), plain.replacing("'", with: "\\\""),
    plain.replacing("('", with: "(u'"),
    plain.replacing("0)", with: "0, 0.25)").replacing("1)", with: "1, 1e-3)").replacing("2)", with: "2, -.5)"),
    plain.replacing("0)", with: "0, np.float32(0.25))").replacing("1)", with: "np.int64(1), nan)"),
    plain.replacing("reduce", with: "reduction"), plain.replacing("Genotype(", with: "dict("),
    "MINE = cnn.genotypes.\(plain.replacing("reduce_", with: "reduction_"))",
    paired("Genotype(normal=[(@), (@)], normal_concat=[2, 3], reduce=((@),), reduce_concat=(2,))"),
    paired("Genotype(normal=[[@], [@]], normal_concat=[2, 3], reduce=[@], reduce_concat=[2])"),
    paired("Genotype(normal=[[@], [@]], normal_concat=[2, 3], reduce=[@], reduce_concat=[2])")
      .replacing("0)", with: "0, 0.5)"),
    paired("{'normal': [@, @], 'normal_concat': range(2, 4), 'reduce': [@], 'reduce_concat': [2]}"),
    paired("{'normal': [@, @], 'normal_concat': [2, 3], 'reduction': [@], 'reduction_concat': range(2, 3)},"),
    paired(#"MINE = {"normal": [@, @], "normal_concat": [2, 3], "reduce": [@], "reduce_concat": [2]}"#)
      .replacing("'", with: "\"").replacing("(", with: "[").replacing(")", with: "]"),
    paired(
      "INFO {  # the best\n 'reduce_concat': (2,), 'normal': ((@), (@)), 'normal_concat': (2, 3), 'reduce': ((@),)}"),
  ])
  func otherNotationsAreTheSameGenotype(_ text: String) throws {
    #expect(try Genotype(text: text).text == Self.plain)
  }

  /// A text with the edges of the plain one, node by node, in the place of each `@`.
  private static func paired(_ text: String) -> String {
    let nodes = [
      "('sep_conv_3x3', 0), ('skip_connect', 1)", "('none', 2), ('dil_conv_5x5', 0)",
      "('max_pool_3x3', 1), ('conv_7x1_1x7', 1)",
    ]
    var parts = text.split(separator: "@", omittingEmptySubsequences: false)[...]
    var result = String(parts.removeFirst())
    for (node, part) in zip(nodes, parts) { result += node + part }
    return result
  }

  @Test(arguments: [
    ("('sep_conv_4x4', 0)", "'sep_conv_3x3'"), ("('skip', 0)", "'skip_connect'"),
    ("('SEP_CONV_5x5', 0)", "'sep_conv_5x5'"),
    ("('sep_3x3', 0)", "'sep_conv_3x3'"), ("('maxpool_3x3', 0)", "'max_pool_3x3'"),
  ])
  func unknownOperationsBringTheNearestToMind(_ edge: String, _ nearest: String) {
    let error = #expect(throws: ArchitectureError.self) { try Genotype(text: "Genotype(normal=[\(edge)") }
    #expect(error?.reason.hasSuffix("; did you mean \(nearest)?") == true, "\(error?.reason ?? "")")
  }

  @Test(arguments: ["", "foo", "14746", "|none~0|", "32:16:48:8:64", "epads score --batch 4", "[1, 2]", "\u{1F600}"])
  func whatIsNoGenotypeIsShownOne(_ text: String) {
    for space in [CellSpace(.darts), CellSpace(.nasnet)] {
      let error = #expect(throws: ArchitectureError.self) { try space.architecture(text: text) }
      #expect(error?.description.contains("; a genotype is written Genotype(normal=[('sep_conv_3x3', 0)") == true)
      #expect(error?.description.contains("expected '|'") == false)
    }
  }

  @Test(arguments: [
    ("darts_v2", "DARTS_V2"), ("  'PDARTS',", "PDARTS"), ("genotypes.pc_darts_CIFAR", "PC_DARTS_cifar"),
    ("MINE_V1 = \(plain)", "MINE_V1"), ("INFO MINE = g.\(plain)", "MINE"), ("MINE = darts_v1", "MINE"),
    ("arch = darts_v1", "DARTS_V1"), ("genotypes.MINE\u{A0}=\u{A0}\(plain)", "MINE"),
    ("A_MINE = {'normal': [", "A_MINE"),
    ("best_arch = \(plain)", nil), ("Genotype = \(plain)", nil), ("2031 genotype = \(plain)", nil), (plain, nil),
    ("geno2 = \(plain)", nil), ("CELL = \(plain)", nil), ("x = \(plain)", nil), ("a == \(plain)", nil), ("foo", nil),
    ("", nil), ("= \(plain)", nil), ("\u{E9}MINE = \(plain)", nil), ("7 = \(plain)", nil), ("{", nil), ("a.b.", nil),
    ("MINE = foo", nil), ("a: str = '\(plain)'", nil), ("\(String(repeating: "X", count: 100)) = \(plain)", nil),
  ])
  func textsGiveNames(_ text: String, _ name: String?) {
    #expect(CellSpace(.darts).name(in: text) == name)
    #expect(NASBench201().name(in: text) == nil)
    #expect(NDSSpace().name(in: text + " width=3 depth=2") == CellSpace(.darts).name(in: text))
    #expect(NDSSpace().name(in: text) == nil)
    #expect(
      NDSSpace().name(in: text.replacing(Self.plain, with: "ResNet(")) == (text.contains(Self.plain) ? name : nil))
  }

  /// Whatever a text holds, it is read or refused, and a genotype that is read is read again from its own text.
  @Test func mutatedTextsNeverTrap() throws {
    let pieces = [
      "Genotype(", "{'normal': ", "dict(", "'", "\"", "\u{201C}", "\\", "\u{A0}", "#", "\n", "=", ".", ",", ";", "(",
      "[", "]",
      ")", "}", "0.5", "1", "np.int64(", "reduction", "\u{301}", "MINE", " width=3", "|", "~0", "+",
    ]
    var draws = RepeatableGenerator(seed: 3)
    for seed in 0..<6000 {
      let whole = [
        Self.plain, Self.paired("{'normal': [(@), (@)], 'reduction': [@]}"), NASBench201().example,
        "(3, 0, 4, 2, 3, 2)",
        NDSSpace().example, "[(('none', 0),), (('none', 0), ('none', 1)), (('none', 0), ('none', 1), ('none', 2))]",
      ]
      var text = Array(whole[seed % whole.count])
      for _ in 0...draws.index(below: 4) {
        let place = draws.index(below: text.count)
        switch draws.index(below: 3) {
        case 0: text.remove(at: place)
        case 1: text.replaceSubrange(place..<min(text.count, place + 5), with: [])
        default: text.insert(contentsOf: draws.element(of: pieces), at: place)
        }
      }
      for space in [CellSpace(.darts), NDSSpace(), NASBench201()] as [any SearchSpace] {
        _ = space.name(in: String(text))
        do throws(ArchitectureError) {
          let architecture = try space.architecture(text: String(text))
          let again = try space.architecture(text: architecture.text)
          #expect(again == architecture)
        } catch {
          #expect(error.description.count < 900 && (0...text.count).contains(error.position ?? 0))
        }
      }
    }
  }

  /// Long texts of one piece after another: reading them takes linear time, so all of them take a moment.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "Genotype ", "Genotype(", "{'", "{\"", "{ ", "{\"\n", "{'x'", "\u{2028}", "dict(", "(", "[", "'", "\"", "\\'",
      "\u{201C}", "{'normal'", "# ", "\n#", "|", "~0",
      "|none~0", "0:", "-", "1 ", "((1,", "('none',0),", "np.", "\u{A0}", "x = ", "x.", " width=", "ResNet(", "[[(",
      "e\u{301}",
    ])
  func longTextsTakeLinearTime(_ piece: String) {
    let count = Genotype.maximumTextLength / piece.utf8.count
    let clock = ContinuousClock()
    let time = clock.measure {
      for beginning in ["", "Genotype(normal=[", "\"", "x "] {
        let text = beginning + String(repeating: piece, count: count - 20)
        for space in [CellSpace(.darts), NDSSpace(), NASBench201()] as [any SearchSpace] {
          _ = space.name(in: text)
          _ = try? space.architecture(text: text)
        }
        _ = SpaceDescription.reading(text)
      }
    }
    #expect(time < .seconds(5), "\(time)")
  }
}
