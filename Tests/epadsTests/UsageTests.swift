import TestSupport
import Testing

/// What is asked wrongly is answered with one sentence on standard error, status 2, and before any work.
@Suite struct UsageTests {
  @Test(
    arguments: [
      ("bogus", "Unexpected argument 'bogus'"), ("help bogus", "there is no command 'bogus'"),
      ("help scoer", "did you mean 'score'?"), ("rank --bogus", "Unknown option '--bogus'"),
      ("score --from a --from=b", "--from is given twice"),
      ("pareto --scores a --scores b", "--scores is given twice"),
      ("images --output a.png", "'a.png' should end in .bin"),
      ("images --output a --preview a.jpg", "'a.jpg' should end in .png"),
      ("score", "name an architecture, --index, --from, --sample or --all"),
      ("score --sample 0", "--sample must be at least 1"),
      ("score --sample 3 --space nds", "--sample needs a file"),
      ("score --sample 15626", "only 15625 of 15626 different architectures"),
      ("latency", "name an architecture, --index, --from, --sample or --all"),
      ("latency --index 0 --batch 0", "--batch must be from 1"),
      ("latency --index 0 --image-size 0", "--image-size must be from 1 to 4096"),
      ("latency --index 0 --image-size 2", "a window of 2x2 does not fit"),
      ("latency --index 0 --precision 0", "--precision must be between 0 and 1"),
      ("latency --index 0 --precision nan", "--precision must be between 0 and 1"),
      ("latency --index 0 --seconds 0", "--seconds must be above 0"),
      ("latency --index 0 --seconds inf", "--seconds must be above 0"),
      ("latency --index 0 --per-layer --format csv", "--per-layer needs --format table or jsonl"),
      ("latency --index 0 --resume", "--resume needs --output with a file of JSON lines"),
      ("score --index -1", "index out of range 0...15624: '-1'"),
      ("score --index 15625", "index out of range 0...15624: '15625'"),
      ("score --index x", "'x' is invalid for '--index"),
      ("score --index 9223372036854775808", "invalid for '--index"),
      ("score --index 0 --batch 1", "--batch must be from 2"),
      ("score --index 0 --batch 0", "--batch must be from 2"),
      ("score --index 0 --batch -4", "--batch must be from 2"),
      ("score --index 0 --batch 9223372036854775807", "--batch must be from 2"),
      ("score --index 0 --batch 9223372036854775808", "invalid for '--batch"),
      ("score --index 0 --batch 1000000", "exceed the exact batch statistics"),
      ("score --index 0 --sigma 0", "--sigma must be a positive number: without noise no score can see"),
      ("score --index 0 --sigma -1", "--sigma must be a positive number"),
      ("score --index 0 --sigma nan", "--sigma must be a positive number"),
      ("score --index 0 --sigma inf", "--sigma must be a positive number"),
      ("score --index 0 --sigma x", "invalid for '--sigma"),
      ("score --index 0 --seed -1", "'-1' is invalid for '--seed"),
      ("score --index 0 --repeats 0", "--repeats must be from 1 to 1000"),
      ("score --index 0 --threads 0", "--threads must be from 1 to 1024"),
      ("score --index 0 --threads -1", "--threads must be from 1 to 1024"),
      ("score --index 0 --threads 100000", "--threads must be from 1 to 1024"),
      ("score --index 0 --proxies epads,", "invalid for '--proxies"),
      ("score --index 0 --proxies loss", "epads,naswot"),
      ("score --index 0 --format xml", "'table', 'jsonl' or 'csv'"),
      ("score --index 0 --space none", "nasbench201"),
      ("score --index 0 --space darts", "the architectures of darts have no index: '0'"),
      ("score --index 0 --width 8", "--width, --depth and --auxiliary are for spaces of genotypes alone"),
      ("score --index 0 --depth 8", "are for spaces of genotypes alone, such as --space darts"),
      ("score --index 0 --auxiliary", "are for spaces of genotypes alone, such as --space darts"),
      ("score x --space darts --width 0", "--width must be from 1 to 1024"),
      ("score x --space pnas_in --depth 101", "--depth must be from 1 to 100"),
      ("score x --space darts --depth -1", "--depth must be from 1 to 100"),
      ("score --index 0 --layers --format csv", "--layers needs --format table or jsonl"),
      ("correlate", "give either --all or --sample"),
      ("correlate --all --sample 3", "give either --all or --sample"),
      ("correlate --sample 1", "--sample must be at least 2"),
      ("correlate --sample -5", "--sample must be at least 2"),
      ("correlate --sample 15626", "more than the 15625 architectures of nasbench201"),
      ("correlate --sample 3 --resume", "--resume needs --output"),
      ("correlate --sample 3 --resamples -1", "--resamples must be from 0"),
      ("correlate --sample 3 --output -", "--output needs a file"),
      ("correlate --sample 3 --output a --plot ./a", "--output and --plot must be different files"),
      ("search", "Missing expected argument '--samples"),
      ("search --samples 0", "--samples must be from 1"),
      ("search --samples -3", "--samples must be from 1"),
      ("search --samples 9223372036854775807 --repeats 2", "--samples must be from 1 to 10000000"),
      ("search --samples 3 --best 0", "--best must be at least 1"),
      ("search --samples 3 --strategy annealing", "'random' and 'evolution'"),
      ("search --samples 3 --population 0", "--population must be from 1"),
      ("search --samples 3 --tournament 0", "--tournament must be from 1"),
      ("search --samples 3 --objective params", "invalid for '--objective"),
      ("search --samples 3 --resume", "--resume needs --output"),
      ("search --samples 3 --output -", "--output needs a file"),
      ("search --samples 3 --output a --draw ./a", "--output and --draw must be different files"),
      ("search --samples 3 --runs 5", "--runs needs --scores"),
      ("search --samples 3 --runs 0 --scores a", "--runs must be from 1"),
      ("search --samples 3 --scores a --output b", "there is nothing for --output or --draw"),
      ("images --output a --count 0", "--count must be from 1"),
      ("images --output a --count -1", "--count must be from 1"),
      ("images --output a --preview ./a", "--output and --preview must be different files"),
    ])
  func wrongArguments(line: String, message: String) async throws {
    try await epads(line: line).expectError(2, message)
  }

  @Test(
    arguments: [
      ("|nor_conv_7x7~0|+|none~0|none~1|+|none~0|none~1|none~2|", 2, "unknown operation 'nor_conv_7x7' (known: none,"),
      ("|none~0|+|none~1|none~1|+|none~0|none~1|none~2|", 15, "expected '~0'"),
      ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2| x", 48, "unexpected text"),
      ("|none~0|+|none~0|none~1|", 25, "expected '+'"),
    ])
  func brokenArchitectures(text: String, position: Int, message: String) async throws {
    let outcome = try await epads("score", text)
    outcome.expectError(2, message, "at character \(position)\n")
    // The caret is under the place.
    #expect(outcome.errorLines.suffix(2) == ["  \(text)", String(repeating: " ", count: position + 1) + "^"])
  }

  @Test func controlCharactersDoNotReachTheTerminal() async throws {
    let outcome = try await epads("score", "\t|\u{1B}[31mx~0|")
    outcome.expectError(2, "unknown operation")
    #expect(!outcome.errors.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    for (text, shown) in [("", ""), ("foo", ": 'foo'")] {
      try await epads("score", text).expectError(2, "no architecture of nasbench201\(shown); one is written |")
    }
  }

  @Test func devicesAreListed() async throws {
    let table = try await epads(line: "devices")
    #expect(table.status == 0)
    #expect(table.output.contains("cpu"))
    let json = try await epads(line: "devices --json")
    #expect(json.status == 0)
    #expect(json.output.contains("\"devices\""))
  }
}
