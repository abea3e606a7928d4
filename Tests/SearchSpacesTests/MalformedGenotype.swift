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
    MalformedGenotype("'Genotype^'", "expected '('"),
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
    MalformedGenotype("{'^normla': []}", "unknown keyword 'normla' (known: normal"),
    MalformedGenotype("{^normal: []}", "expected one of normal, normal_concat, reduce, reduce_concat in quotes"),
    MalformedGenotype("{'normal'^=[]}", "expected ':'"),
    MalformedGenotype("dict(normal^:[])", "expected '='"),
    MalformedGenotype("x = {^}", "'normal' is missing"),
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
    MalformedGenotype("Genotype(normal=[((^", "expected an operation in quotes"),
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
    MalformedGenotype("Genotype(normal=[('none', 0, 1.0)^]", "a cell has two edges a node, not 1 in all"),
    MalformedGenotype("Genotype(normal=[('none', 0, 1.0, ^0.5)]", "an edge has an operation, a state and a weight"),
    MalformedGenotype("Genotype(normal=[('none', 0, ^'1.0')]", "expected nothing but a weight after an operation"),
    MalformedGenotype("Genotype(normal=[('none', 0, ^x)]", "expected nothing but a weight after an operation"),
    MalformedGenotype("Genotype(normal=[('none', 2, ^1)]", "an edge with two whole numbers, as where edges say"),
    MalformedGenotype("Genotype(normal=[('none', 0, ^2)]", "an edge with two whole numbers, as where edges say"),
    MalformedGenotype("Genotype(normal=[('none', 2, ^np.int64(1))]", "an edge with two whole numbers"),
    MalformedGenotype("Genotype(normal=[('none', ^2, 0.5)]", "node 2 reads state 2"),
    MalformedGenotype("Genotype(normal=[(('none', 0)^)]", "node 2 has 1 edge, not two"),
    MalformedGenotype("Genotype(normal=[(('none', 0), ('none', 1), ^('none', 1))]", "node 2 has more than two edges"),
    MalformedGenotype(
      "Genotype(normal=[('none', 0), ^(('none', 1), ('none', 0))]", "expected the second edge of node 2, not a list"),
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
