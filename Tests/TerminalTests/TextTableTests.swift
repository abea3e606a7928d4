import Terminal
import Testing

@Suite struct TextTableTests {
  private var table: TextTable {
    var table = TextTable(columns: [.init("proxy"), .init("tau", .right), .init("remark", isElidable: true)])
    table.append(["epads", "0.62", "over the whole space, and more"])
    table.append(["parameters", "-0.5781", ""])
    return table
  }

  @Test func alignsColumns() {
    #expect(
      table.text() == """
        proxy           tau  remark
        ----------  -------  ------------------------------
        epads          0.62  over the whole space, and more
        parameters  -0.5781

        """)
    #expect(table.text(rule: false).split(separator: "\n").count == 3)
    #expect(table.text(maximalWidth: 51) == table.text())
    #expect(table.lines(width: nil) == table.text().split(separator: "\n").map(String.init))
  }

  @Test func shortensTheMiddleOfWhatItIsTold() {
    #expect(
      table.text(maximalWidth: 46) == """
        proxy           tau  remark
        ----------  -------  -------------------------
        epads          0.62  over the who…ce, and more
        parameters  -0.5781

        """)
  }

  @Test func columnsGoOnBelowEachOther() {
    #expect(
      table.text(maximalWidth: 40) == """
        proxy           tau
            remark
        ----------------------------------
        epads          0.62
            over the whole space, and more
        parameters  -0.5781

        """)
    #expect(
      table.text(rule: false, maximalWidth: 20) == """
        proxy           tau
            remark
        epads          0.62
            over the…nd more
        parameters  -0.5781

        """)
    #expect(
      table.text(maximalWidth: 12) == """
        proxy
               tau
           remark
        ------------
        epads
              0.62
           over…more
        parameters
           -0.5781

        """)
  }

  @Test func numbersAreNeverShortened() {
    var table = TextTable(columns: [.init("a"), .init("number", .right)])
    table.append(["x", "1234567890 ± 12345"])
    #expect(
      table.text(maximalWidth: 14) == """
        a
           number
        --------------
        x
           1234567890
           ± 12345

        """)
    #expect(table.lines(width: .min).joined().count { $0.isNumber } == 15)
  }

  @Test func cellsAreOneLine() {
    var table = TextTable(columns: [.init("a"), .init("b")])
    table.append(["x\r\ny"])
    table.append(["1", "2", "3"])
    #expect(table.rows == [["x y", ""], ["1", "2"]])
    #expect(table.text() == "a    b\n---  -\nx y\n1    2\n")
    #expect(TextTable(columns: [.init("a")]).text() == "a\n-\n")
    #expect(TextTable(columns: []).text(rule: false, maximalWidth: 1) == "\n")
  }

  @Test func wideCharactersTakeTwoColumns() {
    var table = TextTable(columns: [.init("名前"), .init("b")])
    table.append(["a", "1"])
    #expect(table.text(rule: false) == "名前  b\na     1\n")
    #expect(displayWidth("e\u{301}🙂名") == 5)
  }
}
