import Terminal
import Testing

/// Repeatable random contents.
private struct Draws: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33 | state << 31
  }

  mutating func text(_ lengths: ClosedRange<Int>, of characters: String = "abcdefgh~|_名🙂é") -> String {
    String((0..<Int.random(in: lengths, using: &self)).compactMap { _ in characters.randomElement(using: &self) })
  }

  mutating func number() -> String { text(1...16, of: "0123456789") + "." + text(1...4, of: "0123456789") }

  mutating func prose() -> String {
    (0..<Int.random(in: 1...30, using: &self)).map { _ in text(1...14) }.joined(separator: " ")
  }
}

/// Every line fits, and what was asked for is there.
@Suite struct NarrowTableTests {
  private func squeezed(_ lines: [String]) -> String { lines.joined().filter { $0 != " " } }

  private func expectBeginningAndEnd(
    of text: String, in lines: [String], at location: SourceLocation = #_sourceLocation
  ) {
    let all = lines.joined(separator: "\n")
    #expect(
      all.contains(text) || all.contains(text.prefix(4) + "") && all.contains(text.suffix(4) + ""), "\(text)",
      sourceLocation: location)
  }

  @Test(arguments: 40...200) func textTablesFit(_ width: Int) {
    var draws = Draws(state: UInt64(width))
    let count = Int.random(in: 1...9, using: &draws)
    let elidable = Int.random(in: 0..<count, using: &draws)
    var table = TextTable(
      columns: (0..<count).map { column in
        TextTable.Column(draws.text(1...20), column == elidable ? .left : .right, isElidable: column == elidable)
      })
    for _ in 0..<4 {
      table.append((0..<count).map { $0 == elidable ? draws.text(0...300) : draws.number() })
    }
    let lines = table.lines(width: width)
    for line in lines { #expect(displayWidth(line) <= width && line.last != " ", "\(line)") }
    let squeezed = squeezed(lines)
    for (position, column) in table.columns.enumerated() {
      #expect(squeezed.contains(column.title))
      for row in table.rows where position != elidable { #expect(squeezed.contains(row[position])) }
    }
    for row in table.rows { expectBeginningAndEnd(of: row[elidable], in: lines) }
    #expect(table.lines(width: nil).count == 2 + table.rows.count)
  }

  private struct Row {
    var name: String
    var numbers: [String]
    var architecture: String
    var remarks: [String]
  }

  @Test(arguments: 40...200) func columnsOfArchitecturesFit(_ width: Int) {
    var draws = Draws(state: UInt64(1000 + width))
    let count = Int.random(in: 1...12, using: &draws)
    let columns: [ArchitectureColumns<Row>.Column] =
      [.init(title: "name", width: 16, alignment: .left, isElidable: true) { $0.name }]
      + (0..<count).map { column in
        .init(title: draws.text(1...8), width: Int.random(in: 4...12, using: &draws)) { $0.numbers[column] }
      }
    let table = ArchitectureColumns(columns, width: width)
    for line in table.header { #expect(displayWidth(line) <= width && line.last != " ") }
    #expect(table.header.joined().hasSuffix("architecture"))
    for column in columns { #expect(table.header.joined().contains(column.title)) }
    for _ in 0..<5 {
      let row = Row(
        name: draws.text(0...40), numbers: (0..<count).map { _ in draws.number() }, architecture: draws.text(1...300),
        remarks: [draws.prose(), draws.prose()])
      let lines = table.lines(row, architecture: row.architecture, remarks: row.remarks)
      for line in lines { #expect(displayWidth(line) <= width && line.last != " ", "\(line)") }
      let squeezed = squeezed(lines)
      for number in row.numbers { #expect(squeezed.contains(number)) }
      for remark in row.remarks { #expect(squeezed.contains(remark.filter { $0 != " " })) }
      expectBeginningAndEnd(of: row.architecture, in: lines)
      expectBeginningAndEnd(of: row.name, in: lines)
      let whole = ArchitectureColumns(columns, width: nil).lines(
        row, architecture: row.architecture, remarks: row.remarks)
      #expect(whole.count == 1 && whole[0].hasSuffix(([row.architecture] + row.remarks).joined(separator: "  ")))
    }
  }

  @Test func aNarrowTableOfArchitectures() {
    let columns: [ArchitectureColumns<[String]>.Column] =
      [.init(title: "index", width: 5) { $0[0] }]
      + (1...4).map { column in .init(title: "number \(column)", width: 9) { $0[column] } }
    let table = ArchitectureColumns(columns, width: 40)
    let lines =
      table.header
      + table.lines(
        ["1462", "1.5", "22.25", "333.125", "4"],
        architecture: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|",
        remarks: ["FAILED: the reason is a sentence of several words, which is never cut"])
      + table.lines(["7", "1", "12345678901234567890", "3", "4"], architecture: "|none~0|", remarks: [])
    #expect(
      lines.joined(separator: "\n") == """
        index   number 1   number 2   number 3
                number 4
               architecture
         1462        1.5      22.25    333.125
                       4
               |nor_conv_3x3~0|…|nor_conv_3x3~1|
               FAILED: the reason is a sentence
               of several words, which is never
               cut
            7          1  12345678901234567890
                       3
                       4
               |none~0|
        """)
  }

  // MARK: - Prose

  @Test(arguments: 10...60) func proseFits(_ width: Int) {
    var draws = Draws(state: UInt64(width))
    for _ in 0..<20 {
      let text = draws.prose()
      let lines = wrapped(text, to: width)
      #expect(lines.allSatisfy { displayWidth($0) <= width })
      #expect(squeezed(lines) == text.filter { $0 != " " })
      #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") })
    }
  }

  @Test func excerptsInMessagesStayWhole() {
    let text = "a message that is too long for the line\n  an excerpt that is too long for the line\n  ^\nx"
    #expect(
      messageText(text, width: 20) == """
        a message that is
          too long for the
          line
          an excerpt that is too long for the line
          ^\\nx

        """)
    #expect(messageText(text, width: nil).hasPrefix("a message that is too long for the line\n  an"))
  }

  @Test(arguments: 0...30) func elidedTextsKeepBothEnds(_ width: Int) {
    let text = "beginning, middle and end"
    let shown = elided(text, to: width)
    #expect(displayWidth(shown) == min(width, text.count))
    if (1..<text.count).contains(width) {
      let parts = shown.split(separator: "…", omittingEmptySubsequences: false)
      #expect(parts.count == 2 && text.hasPrefix(parts[0]) && text.hasSuffix(parts[1]))
    }
    #expect(displayWidth(elided("名名名名名名", to: width)) <= width)
  }

  // MARK: - Quiet

  @Test func aSwitchKeepsNotesBack() {
    #expect(!Messages.isQuiet)
    Messages.isQuiet = true
    #expect(Messages.isQuiet)
    note("this must not be seen")
    Messages.isQuiet = false
    #expect(!Messages.isQuiet)
  }
}
