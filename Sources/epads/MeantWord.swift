import ArgumentParser
import Reports
import Scoring
import SearchSpaces
import Studies

/// A word of the command line that is none of those that stand in its place, and the one that was perhaps meant.
enum MeantWord {
  /// A question to put after a message about wrong arguments; empty where nothing is near.
  static func question(after arguments: [String]) -> String {
    let commands = Main.configuration.subcommands.map { $0._commandName }
    if let first = arguments.first, !first.hasPrefix("-"), !commands.contains(first) {
      // What is no command at all may be what a command takes.
      let near = suggestion(for: first, among: commands)
      return near.isEmpty ? "; commands are \(commands.joined(separator: ", "))" : near
    }
    for (position, argument) in arguments.enumerated() where argument.hasPrefix("--") {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard let known = words(of: parts[0]),
        let value = parts.count > 1 ? parts[1] : arguments.dropFirst(position + 1).first, !known.contains(value)
      else { continue }
      let near = suggestion(for: value, among: known)
      if !near.isEmpty { return near }
    }
    return ""
  }

  /// The words that an option takes; nil for one that takes others.
  private static func words(of option: String) -> [String]? {
    switch option {
    case "--space": SpaceDescription.all.map(\.name)
    case "--dataset": DataSet.allCases.map(\.rawValue)
    case "--proxies": Proxy.allCases.map(\.rawValue)
    case "--format": OutputFormat.allCases.map(\.rawValue)
    case "--by", "--objective": RowNumbers.metrics.map(\.key)
    case "--cost": Costs.metrics.map(\.key)
    case "--strategy": SearchOptions.Strategy.allCases.map(\.rawValue)
    default: nil
    }
  }
}
