import Foundation
import TestSupport
import Testing

/// The scripts with which shells complete commands and options.
@Suite struct ShellTests {
  private static func script(_ shell: String) async throws -> String {
    let outcome = try await epads("--generate-completion-script", shell)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    return outcome.output
  }

  /// What bash offers after each line.
  private static func completions(_ lines: [String]) async throws -> [[String]] {
    let folder = try ScratchFolder()
    try folder.write(try await script("bash"), "epads.bash")
    try folder.write(
      """
      source ./epads.bash
      while IFS= read -r line; do
        COMP_LINE=$line
        COMP_POINT=${#line}
        read -ra COMP_WORDS <<< "$line"
        case $line in *' ') COMP_WORDS+=("") ;; esac
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=()
        _epads epads "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        echo "${COMPREPLY[*]}"
      done < lines
      """, "complete.bash")
    try folder.write(lines.map { $0 + "\n" }.joined(), "lines")
    try folder.write("", "networks.csv")
    let outcome = try await shell("bash complete.bash", directory: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    return outcome.lines.map { $0.split(separator: " ").map(String.init) }
  }

  private static func hasShell(_ name: String) async throws -> Bool {
    try await shell("command -v \(name)").status == 0
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func everyCommandIsCompleted(_ name: String) async throws {
    let text = try await Self.script(name)
    for command in HelpTests.commands { #expect(text.contains(command)) }
    guard try await Self.hasShell(name) else { return }
    let folder = try ScratchFolder()
    try folder.write(text, "script")
    let outcome = try await shell("\(name) -n script", directory: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func bashOffersCommandsOptionsAndValues() async throws {
    guard try await Self.hasShell("bash") else { return }
    let offers = try await Self.completions([
      "epads ", "epads rank --space ", "epads rank --space nas", "epads latency --form", "epads search --format ",
      "epads rank --from net", "epads pareto --scores net", "epads score --images net",
    ])
    try #require(offers.count == 8)
    #expect(Set(offers[0]).isSuperset(of: HelpTests.commands))
    #expect(Set(offers[1]).isSuperset(of: ["nasbench201", "darts", "nds_in"]))
    #expect(offers[2] == ["nasbench201", "nasnet", "nasnet_in"])
    #expect(offers[3] == ["--format"])
    #expect(offers[4] == ["table", "jsonl", "csv"])
    for files in offers[5...] { #expect(files == ["networks.csv"]) }
  }
}
