import Files
import Testing

/// What a cell looks like in a file, and that a reader gets the text back.
@Suite struct CSVFieldTests {
  @Test(
    arguments: [
      ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"no\"", "\"say \"\"no\"\"\""), ("a\nb", "\"a\nb\""),
      ("a\r\nb", "\"a\r\nb\""),
      // A comma with a mark above it is one character, but still a comma to every reader.
      ("a,\u{301}b", "\"a,\u{301}b\""), ("a\"\u{301}", "\"a\"\"\u{301}\""), ("a\n\u{301}", "\"a\n\u{301}\""),
    ])
  func textIsQuotedWhereItHasTo(text: String, written: String) {
    #expect(Array(CSVField(text).written.unicodeScalars) == Array(written.unicodeScalars))
  }

  @Test(
    arguments: [
      ("=1+1", "'=1+1"), ("+a", "'+a"), ("-a", "'-a"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("-", "'-"),
      ("=a,b", "\"'=a,b\""), ("\r=1", "\"'\r=1\""), ("=\u{301}", "'=\u{301}"), ("\u{FF1D}1", "'\u{FF1D}1"),
      // What is no formula stays as it is, numbers among them.
      ("a=b", "a=b"), ("'a'", "'a'"), ("-1.5", "-1.5"), ("+3e-2", "+3e-2"), ("-1+1", "'-1+1"), ("-inf", "'-inf"),
      // Else the reader would take the apostrophe for ours.
      ("'=1", "''=1"), ("''=1", "'''=1"),
    ])
  func formulasAreNotRun(text: String, written: String) {
    #expect(Array(CSVField(text).written.unicodeScalars) == Array(written.unicodeScalars))
  }

  @Test func numbersStayNumbers() {
    #expect(
      CSVField.line([CSVField(-1.5), CSVField(-3), CSVField(UInt64.max), CSVField(Int?.none)])
        == "-1.5,-3,18446744073709551615,")
  }

  @Test(
    arguments: [
      ["=1+1", "-1.5", "'=x", "''@", "a,\u{301}", "\"", "\t", "line\r\nend", "", "ü", "'", "plain"], [""], ["", ""],
    ])
  func aReaderGetsTheTextBack(texts: [String]) throws {
    let line = CSVField.line(texts.map { CSVField($0) }) + "\n"
    var reader = CSVReader(ByteStream(Array(line.utf8)), name: "test")
    let fields = try reader.next()?.fields ?? []
    #expect(fields.map { Array($0.unicodeScalars) } == texts.map { Array($0.unicodeScalars) })
    #expect(try reader.next() == nil)
  }
}
