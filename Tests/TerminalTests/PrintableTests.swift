import Terminal
import Testing

/// Text of others can neither move the cursor nor begin a line.
@Suite struct PrintableTests {
  @Test(
    arguments: [
      ("plain ü 語 👩‍👩‍👧 e\u{301}", "plain ü 語 👩‍👩‍👧 e\u{301}"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("a\r\nb", "a\\r\\nb"),
      ("\u{1B}[2J\u{7}", "\\u{1B}[2J\\u{7}"), ("\0\u{7F}\u{80}\u{9B}", "\\u{0}\\u{7F}\\u{80}\\u{9B}"),
      (
        "\u{202E}cod\u{202C}\u{2066}\u{2069}\u{200F}\u{61C}", "\\u{202E}cod\\u{202C}\\u{2066}\\u{2069}\\u{200F}\\u{61C}"
      ),
      ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"), ("\u{1B}\u{301}", "\\u{1B}\u{301}"), ("", ""),
    ])
  func whatATerminalWouldActOnIsEscaped(text: String, shown: String) {
    #expect(Array(printable(text).unicodeScalars) == Array(shown.unicodeScalars))
  }

  @Test func onlyIndentedLinesFollowAMessage() {
    #expect(printableMessage("cannot read 'a\nError: b'") == "cannot read 'a\\nError: b'")
    #expect(
      printableMessage("no edge at character 3\n  a|\u{1B}b\n   ^") == "no edge at character 3\n  a|\\u{1B}b\n   ^")
    #expect(printableMessage("a\n b\n\n  c\n") == "a\\n b\\n\n  c\\n")
  }

  @Test func tablesAndColumnsAreEscaped() {
    var table = TextTable(columns: [.init("a"), .init("b")])
    table.append(["x\u{1B}[1m", "two\nlines"])
    #expect(table.text(rule: false) == "a           b\nx\\u{1B}[1m  two lines\n")
    let columns = ArchitectureColumns<String>(
      [.init(title: "t", width: 2) { $0 }], width: nil)
    #expect(columns.lines("\t", architecture: "a\u{202E}", remarks: ["r\n"]) == ["\\t  a\\u{202E}  r\\n"])
  }
}
