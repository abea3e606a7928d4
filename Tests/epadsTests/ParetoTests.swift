import Accuracies
import Foundation
import TestSupport
import Testing

/// Fronts of score against cost, from rows that the program wrote and rows of latency beside them.
@Suite struct ParetoTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func run(_ arguments: String, input: String = "") async throws -> Program.Outcome {
    try await epads(line: arguments, input: input, directory: folder.path)
  }

  /// Rows of 30 architectures, two of them without a score, in `scores.jsonl`.
  private func score(_ options: String = "") async throws -> [OutputRow] {
    let indices = [1096, 12443] + (0..<28).map { 500 * $0 + 3 }
    let line = "score --batch 2 --format jsonl --output scores.jsonl \(options) --from -"
    let outcome = try await run(line, input: indices.map { "\($0)\n" }.joined())
    #expect(outcome.errors.contains("rows failed") == (outcome.status != 0), "\(outcome.errors)")
    return try rows(folder.text("scores.jsonl"))
  }

  /// Latencies that grow with FLOPs, but for every fifth, which is slow.
  private func writeLatencies(
    of rows: [OutputRow], batch: Int = 1, doubted: (OutputRow) -> Bool = { _ in false },
    to name: String = "latency.jsonl"
  ) throws {
    let lines = try rows.enumerated().map { number, row in
      let median = Double(row.flops) / 1e7 * (number.isMultiple(of: 5) ? 3 : 1) / Double(batch)
      var latency: [String: Any] = [
        "arch": row.arch, "space": row.space, "dataset": "cifar10", "input": "3x32x32", "batch": batch, "status": "ok",
        "latency_ms": [
          "median": median, "p10": median, "p90": median, "p99": median, "low": 0.7 * median, "high": 1.4 * median,
        ],
        "runs": 10, "params": row.params, "flops": row.flops, "backend": "cpu", "device": "Processor",
        "version": "0.2.0",
      ]
      if doubted(row) { latency["doubt"] = "other processes took 0.92 of 2 processors" }
      return String(decoding: try JSONSerialization.data(withJSONObject: latency, options: .sortedKeys), as: UTF8.self)
    }
    try folder.write(lines.map { $0 + "\n" }.joined(), name)
  }

  private struct Line: Decodable {
    var kind: String
    var rank: Int?
    var arch: String?
    var index: Int?
    var objective: String
    var score: Double?
    var costName: String
    var cost: Double?
    var latencyMs: Double?
    var accuracyName: String?
    var accuracy: Double?
    var bestAccuracy: Double?
    var regret: Double?
    var doubt: String?
    var randomRegret: Double?
    var ranks: Int?
    var hypervolume: Double?
  }

  private func lines(_ text: String) throws -> [Line] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try text.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
  }

  /// From the definition, pair by pair, cheapest first.
  private func front(_ rows: [OutputRow], cost: (OutputRow) -> Double) -> [OutputRow] {
    func score(_ row: OutputRow) -> Double { row.epads ?? -.infinity }
    return rows.filter { one in
      one.epads != nil
        && !rows.contains { other in
          score(other) >= score(one) && cost(other) <= cost(one)
            && (score(other) > score(one) || cost(other) < cost(one))
        }
    }
    .sorted { cost($0) < cost($1) }
  }

  @Test func theFrontAgainstParametersIsInEveryFormat() async throws {
    let all = try await score()
    let expected = front(all) { Double($0.params) }
    #expect(expected.count > 2)
    let outcome = try await run("pareto --scores scores.jsonl --cost params --format jsonl --plot front.svg")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let failures = all.count { $0.epads == nil }
    #expect(outcome.errors.contains("left out: \(failures) architecture") == (failures > 0))
    let lines = try lines(outcome.output)
    let members = lines.filter { $0.kind == "member" }
    #expect(Set(members.compactMap(\.arch)) == Set(expected.map(\.arch)))
    #expect(members.map(\.cost) == expected.map { Double($0.params) })
    #expect(members.map(\.score) == expected.map(\.epads))
    let known = all.filter { $0.epads != nil }
    for member in members {
      let accuracy = GroundTruth.nasbench201.accuracy(index: member.index ?? -1, dataSet: "cifar10")
      let best = known.filter { Double($0.params) <= member.cost ?? 0 }
        .compactMap { GroundTruth.nasbench201.accuracy(index: $0.index ?? -1, dataSet: "cifar10") }.max()
      #expect(member.accuracy == accuracy && member.bestAccuracy == best)
      #expect(member.accuracyName == "cifar10" && member.costName == "params")
    }
    let worth = lines.filter { $0.kind == "worth" }
    #expect(worth.map(\.objective) == ["epads", "snaswot", "perturbation", "flops", "relu_sites", "relu_units"])
    #expect(worth.allSatisfy { (0...1).contains($0.hypervolume ?? -1) })
    let drawing = folder.text("front.svg")
    #expect(drawing.hasPrefix("<svg") && drawing.hasSuffix("</svg>\n"))
    for text in ["ePADS against parameters", "true front", "parameters, M", "test accuracy, %", "front of ePADS"] {
      #expect(drawing.contains(text), "\(text)")
    }

    let records = table(csv: try await run("pareto --scores scores.jsonl --cost params --format csv").output)
    #expect(records.map { $0["arch"] } == members.map(\.arch))
    #expect(records.map { $0["regret"].flatMap(Double.init) } == members.map(\.regret))
    let text = try await run("pareto --scores scores.jsonl --cost params --accuracy imagenet16-120")
    #expect(text.output.contains("ePADS against parameters: \(members.count) of \(known.count) architectures"))
    #expect(text.output.contains("imagenet16-120 test"))
    #expect(text.lines.contains { $0.hasPrefix("a random choice") })
    for (position, row) in expected.enumerated() {
      #expect(text.lines.contains { $0.hasPrefix("   \(position + 1) ") && $0.hasSuffix("  \(row.arch)") })
    }
  }

  @Test func theFrontAgainstLatencyJoinsBothFiles() async throws {
    let all = try await score("--repeats 2")
    let known = Array(all.filter { $0.seed == 1 }.dropLast(3))
    try writeLatencies(of: known)
    let outcome = try await run("pareto --scores scores.jsonl --latency latency.jsonl --format jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("left out: 3 architectures with scores and no row of latency"), "\(outcome.errors)")
    let members = try lines(outcome.output).filter { $0.kind == "member" }
    #expect(!members.isEmpty && members.allSatisfy { $0.costName == "latency" && $0.cost == $0.latencyMs })
    for member in members {
      let scores = all.filter { $0.arch == member.arch }.compactMap(\.epads)
      #expect(scores.count == 2 && member.score == scores.reduce(0, +) / 2)
    }
    let whole = try await run("pareto --scores scores.jsonl --latency latency.jsonl --output front.txt")
    #expect(whole.status == 0 && whole.output == "")
    #expect(folder.text("front.txt").contains("\nlatency: batch 1 of cifar10 (3x32x32) on cpu, Processor\n"))
    try await run("pareto --scores scores.jsonl --latency latency.jsonl --output front.txt")
      .expectError(1, "'front.txt' is there already")

    // Another batch in the same file has to be chosen.
    try writeLatencies(of: known, batch: 8, to: "more.jsonl")
    try folder.write(folder.text("latency.jsonl") + folder.text("more.jsonl"), "both.jsonl")
    let both = "pareto --scores scores.jsonl --latency both.jsonl --format jsonl"
    try await run(both).expectError(2, "choose with --latency-batch; there are", "batch 8 of cifar10")
    #expect(try await run("\(both) --latency-batch 1").output == outcome.output)
    #expect(
      try lines(try await run("\(both) --latency-batch 8").output).first?.latencyMs == (members[0].cost ?? 0) / 8)
    try await run("\(both) --device gpu").expectError(2, "no latency was measured as asked for")
    try folder.write(folder.text("latency.jsonl") + folder.text("latency.jsonl"), "twice.jsonl")
    try await run("pareto --scores scores.jsonl --latency twice.jsonl").expectError(
      2, "has several latencies of batch 1")
    try await run("pareto --scores scores.jsonl --latency latency.jsonl --cost device-latency")
      .expectError(2, "no device latency in its row")
  }

  @Test func latenciesInDoubtAreMarkedOrLeftOut() async throws {
    let all = try await score()
    let known = all.filter { $0.epads != nil }
    try writeLatencies(of: known)
    let command = "pareto --scores scores.jsonl --latency latency.jsonl"
    let sure = try await run("\(command) --format jsonl --plot sure.svg")
    let members = try lines(sure.output).filter { $0.kind == "member" }
    #expect(members.count > 2 && members.allSatisfy { $0.doubt == nil })
    #expect(!sure.errors.contains("in doubt") && !folder.text("sure.svg").contains("hollow"))
    #expect(folder.text("sure.svg").contains("95 % interval"))

    // The first and the last of the front.
    let doubted = Set([members.first, members.last].compactMap { $0?.arch })
    try writeLatencies(of: known) { doubted.contains($0.arch) }
    let marked = try await run("\(command) --plot front.svg")
    #expect(marked.lines.filter { $0.contains("? ") && $0.contains("|") }.count == 2, "\(marked.output)")
    #expect(marked.lines.contains("? a latency in doubt: 2 of \(members.count) on the front"))
    let warnings = marked.errorLines.filter { $0.contains("in doubt") }
    #expect(warnings == ["warning: 2 latencies in doubt; the first: other processes took 0.92 of 2 processors"])
    #expect(folder.text("front.svg").contains("hollow: measurement in doubt"))
    let records = try lines(try await run("\(command) --format jsonl").output).filter { $0.kind == "member" }
    #expect(Set(records.filter { $0.doubt != nil }.compactMap(\.arch)) == doubted)
    let cells = table(csv: try await run("\(command) --format csv").output)
    #expect(cells.map { $0["doubt"] } == records.map { $0.doubt ?? "" })

    let trusted = try await run("\(command) --exclude-doubtful --format jsonl")
    #expect(trusted.status == 0 && trusted.errors.contains("left out: 2 architectures whose latency is in doubt"))
    #expect(!trusted.errors.contains("warning") && !trusted.errors.contains("no row of latency"))
    let rest = try lines(trusted.output).filter { $0.kind == "member" }
    #expect(!rest.isEmpty && rest.allSatisfy { $0.doubt == nil && !doubted.contains($0.arch ?? "") })
    let beside = try await run("\(command) --exclude-doubtful --cost params")
    #expect(beside.status == 0 && beside.errors.contains("left out: 2 latencies in doubt"), "\(beside.errors)")
    try writeLatencies(of: known) { _ in true }
    try await run("\(command) --exclude-doubtful").expectError(
      2, "no architecture is left", "measure again on an idle machine, or leave --exclude-doubtful out")
  }

  @Test(arguments: [40, 60, 72, 100, 140, 200]) func linesFitTheWidth(_ width: Int) async throws {
    let names = ["|none~0|+|none~0|none~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|", "|none~0|+|none~0|none~1|"]
    let scores = try names.enumerated().map {
      try StoredRows.score($1, index: 15, epads: 3 - Double($0), flops: 12_345_678)
    }
    let latencies = try names.enumerated().map {
      try StoredRows.latency($1, 2 - Double($0), others: ["doubt": "other processes took 0.92 of 2 processors"])
    }
    try folder.write(scores.map { $0 + "\n" }.joined(), "scores.jsonl")
    try folder.write(latencies.map { $0 + "\n" }.joined(), "latency.jsonl")
    let outcome = try await epads(
      "pareto", "--scores", "scores.jsonl", "--latency", "latency.jsonl", directory: folder.path,
      environment: ["COLUMNS": "\(width)"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for line in outcome.lines { #expect(line.count <= width, "\(line)") }
    for cell in ["rank", "latency ms", "2.000?", "1.000?", "ePADS", "3.0000", "params M", "0.0010", "FLOPs M", "12.35"]
    {
      #expect(outcome.output.contains(cell), "\(cell)")
    }
    #expect(outcome.lines.contains { $0.hasSuffix("~2|") } && outcome.lines.contains { $0.contains("|none~0|") })
    #expect(outcome.output.contains("…") == (width < 140), "\(outcome.output)")
    // What is no width, and a file, has whole lines.
    let whole = try await epads(
      "pareto", "--scores", "scores.jsonl", "--latency", "latency.jsonl", directory: folder.path,
      environment: ["COLUMNS": "\(width % 20)"])
    #expect(whole.lines.contains { $0.hasSuffix("  " + names[0]) })
    _ = try await epads(
      "pareto", "--scores", "scores.jsonl", "--latency", "latency.jsonl", "--output", "front.txt",
      directory: folder.path, environment: ["COLUMNS": "\(width)"])
    #expect(folder.text("front.txt").contains("  " + names[0] + "\n"))
  }

  @Test func rowsComeThroughAPipe() async throws {
    let script = "seq 0 9 | epads score --from - --batch 2 --proxies naswot --format jsonl | epads pareto --scores -"
    let outcome = try await shell(script)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("NASWOT against FLOPs"))
    let closed = try await shell(
      "(seq 0 4 | epads score --from - --batch 2 --format jsonl) > s; epads pareto --scores s >&-")
    closed.expectError(1, "standard output")
  }

  @Test func accuraciesComeFromATable() async throws {
    let all = try await score()
    let accuracies = all.enumerated().map { "\($1.index ?? 0),\(50 + $0),\(90 - $0)\n" }.joined()
    try folder.write("index,val_acc,test_acc\n" + accuracies, "table.csv")
    let outcome = try await run("pareto --scores scores.jsonl --from table.csv --format jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("accuracy: column val_acc; others with --accuracy: test_acc"))
    for member in try lines(outcome.output) where member.kind == "member" {
      let position = try #require(all.firstIndex { $0.arch == member.arch })
      #expect(member.accuracy == Double(50 + position) && member.accuracyName == "val_acc")
    }
    let other = try await run("pareto --scores scores.jsonl --from table.csv --accuracy test_acc")
    #expect(other.output.contains("  test_acc  "))
    try await run("pareto --scores scores.jsonl --from table.csv --accuracy none")
      .expectError(2, "has no column 'none'")
    try await run("pareto --scores scores.jsonl --accuracy mnist").expectError(2, "--accuracy takes cifar10, cifar100")
    try await run("pareto --scores scores.jsonl --nds table.csv").expectError(2, "accuracies of nds and nds_in")
  }

  @Test func aSpaceWithoutAccuraciesHasAFrontAlone() async throws {
    let network = "'ResNet(block=res_basic_block, ds=[1, 1, 1, 1], ws=[4, 4, 4, 4], ss=[1, 1, 2, 2])'"
    let scored = try await shell(
      "epads score --space nds --batch 2 --format jsonl --output scores.jsonl \(network)", directory: folder.path)
    #expect(scored.status == 0, "\(scored.errors)")
    let outcome = try await run("pareto --scores scores.jsonl --plot front.svg")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("1 of 1 architecture on the front"))
    #expect(!outcome.output.contains("regret"))
    #expect(!folder.text("front.svg").contains("true front"))
    try await run("pareto --scores scores.jsonl --accuracy cifar10").expectError(2, "no accuracies of nds", "--from")
  }

  @Test func filesThatAreNoneAreErrors() async throws {
    try await run("pareto --scores none").expectError(2, "cannot read 'none'")
    try folder.write("notes\n", "notes")
    try await run("pareto --scores notes").expectError(2, "line 1 of 'notes' is no row of this program with scores")
    try folder.write("", "empty")
    try await run("pareto --scores empty").expectError(2, "there is no row of scores")
    _ = try await score()
    try await run("pareto --scores scores.jsonl --latency scores.jsonl")
      .expectError(2, "line 1 of 'scores.jsonl' is no row of this program with latencies")
    try folder.write(folder.text("scores.jsonl").dropLast(40) + "", "torn.jsonl")
    let torn = try await run("pareto --scores torn.jsonl")
    #expect(torn.status == 0 && torn.errors.contains("left out: the last line of 'torn.jsonl', which is not finished"))
    try await run("pareto --scores scores.jsonl --plot none/front.svg").expectError(1, "cannot open 'none/front.svg'")
  }

  @Test(
    arguments: [
      ("pareto", "Missing expected argument '--scores"),
      ("pareto --scores a --cost latency", "--cost latency needs rows of latency: name a file with --latency"),
      ("pareto --scores a --cost time", "invalid for '--cost"),
      ("pareto --scores a --objective loss", "invalid for '--objective"),
      ("pareto --scores a --objective flops", "--objective and --cost are both flops"),
      ("pareto --scores a --device gpu", "choose among --latency"),
      ("pareto --scores a --exclude-doubtful", "--exclude-doubtful needs rows of latency"),
      ("pareto --scores - --latency -", "only one file can be standard input"),
      ("pareto --scores a --plot ./a", "'./a' is named twice"),
      ("pareto --scores a --output b --plot ./b", "'./b' is named twice"),
      ("pareto --scores a --plot -", "--plot needs a file"),
      ("pareto --scores a --from b --nds c", "give either --from or --nds"),
    ])
  func wrongArguments(line: String, message: String) async throws {
    try await epads(line: line).expectError(2, message)
  }
}
