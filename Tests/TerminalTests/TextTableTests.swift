import Terminal
import Testing

@Suite struct TextTableTests {
  private var table: TextTable {
    var table = TextTable(columns: [.init("proxy"), .init("tau", .right), .init("remark")])
    table.append(["epads", "0.62", "over the whole space"])
    table.append(["parameters", "-0.5781", ""])
    return table
  }

  @Test func alignsColumns() {
    #expect(
      table.text() == """
        proxy           tau  remark
        ----------  -------  --------------------
        epads          0.62  over the whole space
        parameters  -0.5781

        """)
    #expect(table.text(rule: false).split(separator: "\n").count == 3)
  }

  @Test func shortensTheColumnItIsTold() {
    #expect(
      table.text(maximalWidth: 32, shortening: 2) == """
        proxy           tau  remark
        ----------  -------  -----------
        epads          0.62  over the w…
        parameters  -0.5781

        """)
    #expect(
      table.text(rule: false, maximalWidth: 3, shortening: 0) == """
        …      tau  remark
        …     0.62  over the whole space
        …  -0.5781

        """)
  }

  @Test func shortensNothingElse() {
    #expect(table.text(maximalWidth: 41, shortening: 2) == table.text())
    #expect(table.text(maximalWidth: 10) == table.text())
    #expect(table.text(maximalWidth: 10, shortening: 3) == table.text())
    #expect(table.text(shortening: 2) == table.text())
    #expect(table.text(maximalWidth: .min, shortening: 1) == table.text(maximalWidth: 0, shortening: 1))
  }

  @Test func cellsAreOneLine() {
    var table = TextTable(columns: [.init("a"), .init("b")])
    table.append(["x\r\ny"])
    table.append(["1", "2", "3"])
    #expect(table.rows == [["x y", ""], ["1", "2"]])
    #expect(table.text() == "a    b\n---  -\nx y\n1    2\n")
    #expect(TextTable(columns: [.init("a")]).text() == "a\n-\n")
    #expect(TextTable(columns: []).text(rule: false, maximalWidth: 1, shortening: 0) == "\n")
  }
}
