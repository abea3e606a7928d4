import Foundation
import TestSupport
import Testing

/// Requests on standard input, rows on standard output.
@Suite struct ServeTests {
  private func serve(_ requests: [String], _ more: String...) async throws -> [[String: Any]] {
    let input = requests.map { $0 + "\n" }.joined()
    let outcome = try await Program("epads", ["serve", "--batch", "2"] + more, input: input).outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    return try records(outcome.output)
  }

  @Test func everyKindOfRequestIsAnswered() async throws {
    let folder = try ScratchFolder()
    let file = try folder.write("# one\n1462\n", "mine.txt")
    let cell = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"
    let rows = try await serve([
      "9", cell, #"{"id": 7, "index": 1462, "seed": 3}"#, #"{"arch": 5, "name": "five"}"#, "  ",
      #"{"id": "x", "arch": "\#(cell)", "seed": null}"#, #"{"id": true, "file": "\#(file)"}"#,
      #"{"id": 1.5, "index": "9"}"#,
    ])
    #expect(rows.values("status", as: String.self).allSatisfy { $0 == "ok" })
    #expect(rows.values("index") == [9, rows[1]["index"] as? Int, 1462, 5, rows[1]["index"] as? Int, 1462, 9])
    #expect(rows.values("seed") == [1, 1, 3, 1, 1, 1, 1])
    #expect(rows.values("name") == [nil, nil, nil, "five", nil, "mine.txt", nil])
    #expect(rows[2]["id"] as? Int == 7 && rows[4]["id"] as? String == "x" && rows[5]["id"] as? Bool == true)
    #expect(rows[6]["id"] as? Double == 1.5 && rows[0]["id"] == nil)
    // The scores are those of the command that lists take.
    let scored = try await epads(line: "score --index 9 --index 1462 --batch 2 --format jsonl")
    let known = try records(scored.output).values("epads", as: Double.self)
    #expect([rows[0]["epads"] as? Double, rows[5]["epads"] as? Double] == known)
  }

  @Test(
    arguments: [
      ("foo", "no architecture of nasbench201: 'foo'"), ("99999", "index out of range"), ("{", "bad request: "),
      ("{}", #"no "arch", "index" or "file""#), (#"{"id": 1}"#, #"no "arch", "index" or "file""#),
      (#"{"arch": 3, "index": 3}"#, "more than one of"), (#"{"arch": [3]}"#, "'arch' is a list"),
      (#"{"index": 1.5}"#, "'1.5' is no index"), (#"{"index": 3, "seed": -1}"#, "'-1' is no seed"),
      (#"{"index": 3, "batch": 4}"#, "unknown member 'batch'"), (#"{"index": 3} x"#, "bad request"),
      (#"{"index": 3, "id": 12345678901234567890}"#, "send it as a text"),
      (#"{"index": 3, "id": [1]}"#, "'id' is a list"), (#"{"file": "none"}"#, "No such file"),
      (#"{"file": "-"}"#, "'-' is no file"), (#"{"file": "."}"#, "Is a directory"),
      (#"{"file": 3}"#, "'file' is a number"),
      (#"{"index": 3, "name": 7}"#, "'name' is a number"), ("\u{0}", "no architecture"),
      ("[3]", "an architecture in numbers has six"),
      ("DARTS_V2", "take --space darts"), (String(repeating: "x", count: 2_000_000), "at most 1024 KiB"),
    ])
  func aBadRequestIsAFailedRow(request: String, reason: String) async throws {
    let rows = try await serve(["9", request, "5"])
    #expect(rows.values("status") == ["ok", "failed", "ok"])
    try #require(rows.count == 3)
    let error = try #require(rows[1]["error"] as? String)
    #expect(error.contains(reason), "\(error)")
    // A file that is none of one architecture is not told to be one of many.
    #expect(!error.contains("--from"), "\(error)")
  }

  /// A bad request is answered under its own id, where it says one.
  @Test func aBadRequestKeepsItsID() async throws {
    let rows = try await serve([#"{"id": 4, "arch": "foo"}"#, #"{"id": "b", "seed": "x", "index": 3}"#])
    #expect(rows[0]["id"] as? Int == 4 && rows[1]["id"] as? String == "b")
    #expect(rows.values("status") == ["failed", "failed"])
  }

  /// Answers come in the order of the requests, however many there are.
  @Test func theOrderIsThatOfTheRequests() async throws {
    let requests = (0..<150).map { "{\"id\": \($0), \"index\": \([9, 1462, 5, 99999][$0 % 4])}" }
    let rows = try await serve(requests, "--proxies", "epads,naswot")
    #expect(rows.values("id") == Array(0..<150))
    #expect(rows.values("status", as: String.self).count { $0 == "failed" } == 37)
    #expect(rows.filter { $0["status"] as? String == "ok" }.allSatisfy { $0["naswot"] is Double })
  }

  @Test func nothingIsAnsweredWithNothing() async throws {
    #expect(try await serve([]).isEmpty)
    #expect(try await serve(["", " "]).isEmpty)
    try await epads(line: "serve --repeats 2").expectError(2, "--repeats is for lists")
  }
}
