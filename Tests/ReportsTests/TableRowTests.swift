import Files
import Latency
import Reports
import Scoring
import Studies
import TestSupport
import Testing

/// Rows written as a table and read back are the rows that they were, but for their layers.
@Suite struct TableRowTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func readBack<Table: RowTable>(_ rows: [Table.Element], as table: Table) throws -> [Table.Element]
  where Table.Element: StoredRow {
    let path = folder.file("rows.csv")
    let writer = try LineWriter(path: path, contents: .replaced)
    let output = try OutputFormat.csv.begin(table, to: writer)
    for row in rows { try output.append(row) }
    try output.finish()
    try writer.finish()
    return try RowFile<Table.Element>.read(path: path).rows
  }

  @Test func scores() throws {
    let lines = [
      try StoredRows.score(
        "a, \"b\"", index: 7, epads: 12.345678901234567, seed: 3,
        others: [
          "name": "mine; \"x\"", "line": 4, "naswot": 1e-300, "snaswot": 123, "perturbation": 9_007_199_254_740_991,
          "input": [
            "acc": 93.5, "note": "a\nb", "n": 7, "code": "007", "hex": "0x10", "is": true, "a_b": "x", "ms": 3,
          ],
          "truth": ["cifar10": 91.25, "image net": 40],
        ]),
      try StoredRows.score("b", epads: nil, others: ["macro": "width 4, depth 2", "space": "darts"]),
      try StoredRows.score("c", epads: 1, seed: 18_446_744_073, others: ["sigma": 0.1, "device": "A, B"]),
    ]
    let rows: [Row] = try StoredRows.rows(lines)
    let table = ScoreTable(
      proxies: [.epads, .naswot], repeats: 1, layers: false, width: nil, hasNames: true,
      input: ["acc", "note", "n", "code", "hex", "is", "a_b", "ms"], truth: ["cifar10", "image net"])
    let read = try readBack(rows, as: table)
    #expect(try read.map { try RowFile.line($0) } == rows.map { try RowFile.line($0) })
  }

  @Test func latencies() throws {
    let lines = [
      try StoredRows.latency(
        "a", 1.5,
        others: [
          "name": "mine", "line": 2, "input_columns": ["acc": 93, "input": "x"], "device_ms": 0.5,
          "doubt": "busy, \"x\"",
          "end": "time", "rounds_set_aside": 2, "warm_up_ms": 3.25, "prepare_ms": 1, "images_per_second": 12.5,
          "gmacs_per_second": 1.25, "peak_share": 0.5, "peak_bytes": 12, "thread_ns": 75.5, "index": 3,
        ]),
      try StoredRows.latency("b", nil, others: ["macro": "width 4, depth 2"]),
    ]
    let rows: [LatencyRow] = try StoredRows.rows(lines)
    let read = try readBack(rows, as: LatencyTable(layers: false, width: nil, hasNames: true, input: ["acc", "input"]))
    #expect(try read.map { try RowFile.line($0) } == rows.map { try RowFile.line($0) })
  }

  @Test func whatIsNoRowIsNamed() throws {
    let header = "arch,space,status,version\n"
    for (text, reason) in [
      ("a,nasbench201,ok,1\n", "line 2"), ("a,nasbench201\n", "2 fields where the first line has 4"),
      ("\"a,nasbench201,ok,1\n", "a quote that is not closed"),
    ] {
      let path = try folder.write(header + text, "rows.csv")
      let error = #expect(throws: FileError.self) { try RowFile<Row>.read(path: path) }
      #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
  }
}
