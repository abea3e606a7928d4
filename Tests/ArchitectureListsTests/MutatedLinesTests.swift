import ArchitectureLists
import Files
import SearchSpaces
import TestSupport
import Testing

/// Lines as copying, cutting and bad disks leave them: each is one entry, readable or with its reason.
@Suite struct MutatedLinesTests {
  /// A text format: its first lines, which say what it is, and lines to mutate.
  struct Format: Sendable, CustomTestStringConvertible {
    var name: String
    var space: any SearchSpace
    var beginning: String
    var lines: [String]
    /// Bytes that are not put into lines, because with them a line may rightly go on in the next one.
    var avoided: Set<UInt8> = []

    var testDescription: String { name }
  }

  private static let cell = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"
  private static let genotype =
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=[2], "
    + "reduce=[('none', 0), ('max_pool_3x3', 1)], reduce_concat=[2])"

  static let formats = [
    Format(
      name: "text of NAS-Bench-201", space: NASBench201(), beginning: "\(cell)\n5\n",
      lines: [cell, "1462", "  \(cell)".trimmingBlanks, "['\(cell)']", "3", "(1, 0, 2, 3, 1, 4)"]),
    Format(
      name: "genotypes", space: CellSpace(.darts), beginning: "DARTS_V2\n\(genotype)\n",
      lines: [genotype, "DARTS_V2", "MINE = \(genotype)", "INFO genotype = \(genotype)"]),
    Format(
      name: "table", space: NASBench201(), beginning: "arch,name,acc\n\(cell),a,93.5\n",
      lines: ["\(cell),b,93.5", "5,c,90", "1462,,0.5"], avoided: [0x22]),
    Format(
      name: "JSON lines", space: NASBench201(), beginning: "{\"arch\":5}\n{\"arch\":\"\(cell)\"}\n",
      lines: [
        "{\"arch\":\"\(cell)\",\"name\":\"a\",\"acc\":93.5}", "{\"index\":5,\"tags\":[1,2,{\"x\":null}],\"is\":true}",
        "{\"arch\":1462,\"note\":\"\\u00e9 \\\" x\"}", cell,
      ]),
    Format(
      name: "pairs", space: NASBench201(), beginning: "\(cell),93.5\n5,90\n",
      lines: ["\(cell),93.5", "5,90", "1462,1e1"],
      avoided: [0x22]),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: formats)
  func everyLineIsAnEntry(_ format: Format) throws {
    var mutation = LineMutation(seed: 4, avoided: format.avoided)
    let lines = (0..<4000).map { _ in mutation.mutated(format.lines, times: 1...6) }
    let contents = Array(format.beginning.utf8) + lines.flatMap { $0 + [0x0A] }
    var reader = try ArchitectureListReader(ByteStream(contents), name: "the list", space: format.space)
    var entries: [ListedArchitecture] = []
    while let entry = try reader.next() { entries.append(entry) }
    #expect(entries.count == (format.name == "table" ? 1 : 2) + lines.count)
    // The first entry that is not where it should be, with its line, says more than a count.
    let first = format.name == "table" ? 2 : 1
    if let wrong = entries.indices.first(where: { entries[$0].line != first + $0 }) {
      let text = String(decoding: lines[wrong - (3 - first)], as: UTF8.self)
      Issue.record("line \(first + wrong) of the \(format.name) is that of line \(entries[wrong].line ?? 0): \(text)")
    }
    for entry in entries {
      #expect((entry.parsed == nil) == (entry.failure != nil))
      if let failure = entry.failure { #expect(failure.hasPrefix("the list, line \(entry.line ?? 0): ")) }
      #expect(entry.key.text.count <= 1001 || entry.parsed != nil)
    }
    // Some are still whole, most are not.
    let readable = entries.count { $0.parsed != nil }
    #expect((20..<3600).contains(readable), "\(readable)")
  }
}

extension String {
  fileprivate var trimmingBlanks: String { String(drop { $0 == " " }) }
}
