import Foundation
import TestSupport
import Testing

/// Architectures and images from files.
@Suite struct InputTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func indices(_ text: String) async throws -> [Int?] {
    let file = try folder.write(text, "list.txt")
    let outcome = try await epads("score", "--from", file, "--batch", "2", "--format", "jsonl")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try rows(outcome.output).map(\.index)
  }

  @Test func linesOfAllKinds() async throws {
    #expect(try await indices("3\r\n\r\n# five\r\n \t1651x".replacing("1651x", with: "5 \r\n")) == [3, 5])
    let text = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    #expect(try await indices("\n  # 7\n\(text)\n3\n3") == [0, 3, 3])
    #expect(try await indices("\u{FEFF}3\n") == [3])
  }

  @Test func argumentsComeBeforeIndicesBeforeTheFile() async throws {
    let arguments = ["score", "--batch", "2", "--format", "jsonl", "--from", "-", "--index", "5"]
    let text = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    let outcome = try await Program("epads", arguments + [text], input: "3\n").outcome()
    #expect(try rows(outcome.output).map(\.index) == [try rows(outcome.output)[0].index, 5, 3])
    #expect(try rows(outcome.output)[0].arch == text)
  }

  @Test func brokenLinesAreNumbered() async throws {
    let file = try folder.write("0\n\n# comment\nbroken\n2\n", "list.txt")
    func score(_ arguments: String..., input: String = "") async throws -> Program.Outcome {
      let always = ["score", "--batch", "2", "--format", "jsonl", "--from"]
      return try await Program("epads", always + arguments, input: input).outcome()
    }
    let broken = "'\(file)', line 4: no architecture of nasbench201: 'broken'"
    let outcome = try await score(file)
    outcome.expectError(3, "1 of 3 rows without a score", output: nil)
    let written = try records(outcome.output)
    #expect(written.values("status") == ["ok", "failed", "ok"])
    #expect(written.values("line") == [1, 4, 5])
    #expect(written.values("error", as: String.self).compactMap(\.self).allSatisfy { $0.hasPrefix(broken) })
    try await score(file, "--strict").expectError(2, broken)
    let piped = try await score("-", input: "0\r\n99999\r\n")
    piped.expectError(3, "1 of 2 rows without a score", output: nil)
    #expect(piped.output.contains("standard input, line 2: index out of range"))
    try await epads("score", "--from", "-", input: "-1").expectError(2, "line 1: index out of range")
    try folder.write(Data([0xFF, 0xFE, 0x0A]), "list.txt")
    try await epads("score", "--from", file).expectError(2, "is a text in UTF-16")
  }

  @Test func filesThatAreNone() async throws {
    try await epads("score", "--from", folder.file("none")).expectError(2, "No such file or directory")
    try await epads("score", "--from", folder.path).expectError(2, "has no files of networks")
    try await epads("score", "--from", "/dev/null").expectError(2, "no architecture in '/dev/null'")
    try await epads("score", "--from", "-").expectError(2, "no architecture in standard input")
    try await shell("epads score --from - <&-").expectError(2, "cannot read standard input")
  }

  @Test func aPipeIsAFileOfArchitectures() async throws {
    let outcome = try await shell("mkfifo p; (echo 3 > p &) ; epads score --from p --batch 2 --format jsonl")
    #expect(try rows(outcome.output).map(\.index) == [3])
  }

  @Test func imagesOfAFileAreScored() async throws {
    let file = folder.file("images.bin")
    #expect(try await epads("images", "--output", file, "--count", "4").status == 0)
    let built = try await epads(line: "score --index 3 --batch 3 --format jsonl")
    let read = try await epads("score", "--index", "3", "--batch", "3", "--format", "jsonl", "--images", file)
    let (one, other) = (try rows(built.output)[0], try rows(read.output)[0])
    #expect(one.snaswot == other.snaswot && one.perturbation == other.perturbation && one.epads == other.epads)
    #expect(one.images.suffix(16) == other.images.suffix(16))
    #expect(other.images.hasPrefix("images.bin "))
  }

  @Test func imagesThatDoNotFit() async throws {
    func failure(_ file: String, _ more: String..., message: String) async throws {
      try await Program("epads", ["score", "--index", "0", "--images", file] + more).outcome().expectError(2, message)
    }
    let file = folder.file("images.bin")
    #expect(try await epads("images", "--output", file, "--count", "4").status == 0)
    try await failure(file, "--batch", "5", message: "has 4 cifar10 images, fewer than the 5 wanted")
    try await failure(file, "--dataset", "imagenet16-120", message: "it would be 4 records of cifar10")
    try await failure(folder.file("none"), message: "there is no file")
    try await failure("", message: "--images needs the name of a file")
    try await failure(folder.path, message: "is a folder")
    try await failure("/dev/null", message: "a regular file, not a pipe or a device")
    try await failure(try folder.write("", "empty"), message: "is empty")
    try await failure(try folder.write("12345", "short"), message: "5 bytes, no whole number of cifar10 records")
  }

  /// Networks in files, as arguments, in a list and as a folder.
  @Test func networksInFiles() async throws {
    let mine = folder.file("mine.onnx")
    try FileManager.default.copyItem(atPath: Fixture.path("networks/mine.onnx"), toPath: mine)
    let always = ["--batch", "2", "--format", "jsonl"]
    func scored(_ arguments: String...) async throws -> Program.Outcome {
      try await Program("epads", ["score"] + arguments + always).outcome()
    }
    let alone = try await scored(mine, "--layers")
    #expect(alone.status == 0, "\(alone.errors)")
    let record = try #require(try records(alone.output).first)
    let graph = try #require(record["graph"] as? String)
    #expect(record["arch"] as? String == "\(mine) \(graph)" && record["name"] as? String == "mine")
    #expect(record["space"] as? String == "file" && record["activations"] as? String == "all")
    let layers = try #require(record["layers"] as? [[String: Any]])
    #expect(layers.map { $0["function"] as? String } == ["silu", "relu"])
    #expect(layers.map { $0["name"] as? String } == ["activation.0", "activation.1"])
    let counted = try await scored(mine, "--activations", "relu")
    #expect(try records(counted.output).first?["snaswot"] as? Int == layers[1]["d1"] as? Int)

    try folder.write("file,accuracy\nmine.onnx,90\nnone.onnx,80\n", "list.csv")
    let listed = try await scored("--from", folder.file("list.csv"), "--column", "file")
    listed.expectError(3, "1 of 2 rows without a score", output: nil)
    let rows = try records(listed.output)
    #expect(
      rows.values("status") == ["ok", "failed"] && rows[0]["snaswot"] as? Int == record["snaswot"] as? Int)
    #expect((rows[1]["error"] as? String)?.contains("No such file") == true)
    let whole = try await scored("--from", folder.path)
    #expect(try records(whole.output).values("graph") == [graph])

    try folder.write("no network", "text.onnx")
    try await epads("score", folder.file("text.onnx")).expectError(2, "text.onnx")
    try await epads("score", "--index", "3", "--input", "3x32x32").expectError(2, "--input is for networks from files")
    try await epads("score", mine, "--init", "file", "--batch", "2").expectError(2, "does not hold the values")
    let shown = try await epads("show", mine)
    #expect(shown.output.contains("activations: 2 (1 silu, 1 relu), 49152 units"))
    let trained = try await epads(
      "latency", Fixture.path("networks/trained.onnx"), "--seconds", "0.05", "--format", "jsonl")
    #expect(try records(trained.output).first?["status"] as? String == "ok", "\(trained.errors)")
  }
}
