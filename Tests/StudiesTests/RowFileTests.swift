import Files
import Foundation
import Latency
import Studies
import TestSupport
import Testing

@Suite struct RowFileTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test func rowsOfBothKindsKeepTheirOrder() throws {
    let scores = try (0..<1500).map { try StoredRows.score("a\($0)", epads: Double($0)) }
    let rows: [Row] = try StoredRows.rows(scores)
    #expect(rows.map(\.arch) == (0..<1500).map { "a\($0)" })
    let latencies: [LatencyRow] = try StoredRows.rows([StoredRows.latency("x", 1.5), "", StoredRows.latency("y", nil)])
    #expect(latencies.map(\.arch) == ["x", "y"])
    #expect(latencies.map(\.latency?.median) == [1.5, nil])
    // What is written is read again.
    let again: [LatencyRow] = try StoredRows.rows(latencies.map(RowFile.line))
    #expect(try again.map(RowFile.line) == latencies.map(RowFile.line))
    #expect(try RowFile.line(latencies[0]).hasPrefix("{\"arch\":"))
  }

  @Test func theFirstLineThatIsNoRowIsNamed() throws {
    var lines = try (0..<900).map { try StoredRows.score("a\($0)", epads: 1) }
    lines[700] = "{}"
    lines[300] = try StoredRows.latency("x", 1)
    let path = try folder.write(lines.joined(separator: "\n") + "\n", "rows")
    let error = #expect(throws: FileError.self) { try RowFile<Row>.read(path: path) }
    #expect(error?.reason.contains("line 301 of '\(path)' is no row of this program with scores") == true)
  }

  @Test func anUnfinishedLineIsPassedOverAndOnlyRepairedWhereAsked() throws {
    let whole = try StoredRows.latency("x", 1)
    let torn = whole + "\n" + whole.prefix(30)
    let path = try folder.write(torn, "rows")
    let read = try RowFile<LatencyRow>.read(path: path)
    #expect(read.rows.count == 1 && read.isUnfinished)
    #expect(folder.text("rows") == torn)
    #expect(try RowFile<LatencyRow>.repair(path: path).count == 1)
    #expect(folder.text("rows") == whole + "\n")
    // A last row whose line wants nothing but its end is a row.
    let complete = try RowFile<LatencyRow>.read(path: try folder.write(whole + "\n" + whole, "rows"))
    #expect(complete.rows.count == 2 && !complete.isUnfinished)
    #expect(throws: FileError.self) { try RowFile<LatencyRow>.read(path: try folder.write("notes", "notes")) }
    #expect(try RowFile<Row>.read(path: try folder.write("", "empty")).rows.isEmpty)
  }
}
