import Foundation
import TestSupport
import Testing

/// What rows hold, and what they do not depend on.
@Suite struct ScoreTests {
  private static let none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"

  private func scored(_ arguments: String) async throws -> [OutputRow] {
    let outcome = try await epads(line: "score --batch 3 --format jsonl \(arguments)")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try rows(outcome.output)
  }

  @Test func rowsDependOnNeitherOrderNorThreadsNorNeighbours() async throws {
    let alone = try await scored("--index 9 --threads 1 --proxies epads,naswot --layers")
    let among = try await scored("--index 3 --index 9 --index 5 --threads 3 --proxies epads,naswot --layers")
    let reversed = try await scored("--index 5 --index 9 --index 3 --index 9 --proxies epads,naswot --layers")
    #expect(alone == [among[1]])
    #expect(reversed == [among[2], among[1], among[0], among[1]])
    let layers = try #require(alone[0].layers)
    #expect(layers.count == alone[0].reluSites)
    #expect(layers.reduce(0) { $0 + $1.d1 } == alone[0].snaswot)
    #expect(layers.reduce(0) { $0 + $1.d2 } == alone[0].perturbation)
    #expect(layers.reduce(0) { $0 + $1.units } == alone[0].reluUnits)
    let total = layers.reduce(0.0) { $0 + Double($1.d1) * Double($1.d2) }
    #expect(abs(log(total) - (alone[0].epads ?? 0)) < 1e-12)
  }

  @Test func repeatsAreSeedsInTurn() async throws {
    let both = try await scored("--index 3 --index 9 --repeats 3 --seed 7")
    #expect(both.map(\.seed) == [7, 8, 9, 7, 8, 9])
    #expect(try await scored("--index 9 --seed 8") == [both[4]])
    // Seeds go round, and survive JSON whole.
    let large = try await scored("--index 3 --seed 18446744073709551615 --repeats 2")
    #expect(large.map(\.seed) == [.max, 0])
  }

  @Test func formatsHoldTheSameNumbers() async throws {
    let arguments = [
      "score", "--batch", "2", "--index", "9", "--index", "3", "--repeats", "2", "--proxies", "epads,naswot",
    ]
    func output(_ format: String) async throws -> Program.Outcome {
      try await Program("epads", arguments + ["--format", format]).outcome()
    }
    let json = try rows(try await output("jsonl").output)
    let csv = table(csv: try await output("csv").output)
    #expect(csv.count == json.count)
    for (record, row) in zip(csv, json) {
      #expect(record["arch"] == row.arch && record["index"] == row.index.map(String.init))
      #expect(record["space"] == row.space && record["dataset"] == row.dataset && record["images"] == row.images)
      #expect(record["batch"] == "\(row.batch)" && record["seed"] == "\(row.seed)")
      #expect(record["sigma"].flatMap(Double.init) == row.sigma)
      #expect(record["status"] == row.status && record["error"] == "")
      #expect(record["epads"].flatMap(Double.init) == row.epads && row.epads != nil)
      #expect(record["naswot"].flatMap(Double.init) == row.naswot && row.naswot != nil)
      #expect(record["snaswot"].flatMap(Int.init) == row.snaswot)
      #expect(record["perturbation"].flatMap(Int.init) == row.perturbation)
      #expect(record["relu_sites"] == "\(row.reluSites)" && record["relu_units"] == "\(row.reluUnits)")
      #expect(record["params"] == "\(row.params)" && record["flops"] == "\(row.flops)")
      #expect(record["device"] == row.device && record["numerics"] == "\(row.numerics)")
      #expect(record["ms_total"].flatMap(Double.init) != nil)
    }
    // A line an architecture, with means.
    let lines = try await output("table").lines
    #expect(lines.count == 3)
    for (line, pair) in zip(lines.dropFirst(), [json[0...1], json[2...3]]) {
      let scores = pair.compactMap(\.epads)
      #expect(line.contains(String(format: "%.4f ±", (scores[0] + scores[1]) / 2)))
      #expect(line.contains(pair.first?.arch ?? "?"))
    }
  }

  @Test func layersOfEverySeedAreListed() async throws {
    let outcome = try await epads(line: "score --index 3 --batch 2 --repeats 2 --layers")
    #expect(outcome.lines.count { $0.contains(" units  d1 ") } == 10)
    #expect(outcome.lines.filter { $0.contains("seed") } == ["      seed 1", "      seed 2"])
  }

  @Test(arguments: ["table", "jsonl", "csv"]) func aFailureDoesNotStopTheOthers(_ format: String) async throws {
    let outcome = try await epads("score", Self.none, "--index", "3", "--batch", "2", "--format", format)
    outcome.expectError(3, "1 of 2 rows without a score; each says why", output: nil)
    #expect(outcome.output.contains("every product of distances is zero"))
    #expect(outcome.lines.count == (format == "jsonl" ? 2 : 3))
    guard format == "jsonl" else { return }
    let written = try rows(outcome.output)
    #expect(written.map(\.status) == ["failed", "ok"])
    #expect(written.map { $0.epads == nil } == [true, false])
    #expect(written[0].snaswot == 0 && written[0].perturbation == 0)
  }

  @Test func noiseThatLeavesNoScore() async throws {
    let outcome = try await epads("score", "--index", "3", "--batch", "2", "--sigma", "1e308", "--format", "jsonl")
    outcome.expectError(3, "1 of 1 row without a score", output: nil)
    let row = try #require(try rows(outcome.output).first)
    #expect(row.error?.contains("activations") == true)
  }

  @Test func theLocaleDoesNotMatter() async throws {
    let plain = try await epads("score", "--index", "3", "--batch", "2", "--format", "csv")
    for locale in ["C", "de_DE.UTF-8"] {
      let other = try await epads(
        "score", "--index", "3", "--batch", "2", "--format", "csv", environment: ["LC_ALL": locale])
      #expect(table(csv: other.output)[0]["epads"] == table(csv: plain.output)[0]["epads"])
    }
  }
}
