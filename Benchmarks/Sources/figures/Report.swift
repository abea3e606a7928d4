import Foundation
import Workloads

/// The figures of one machine; the format of Benchmarks/Results.
struct Report: Encodable {
  struct Machine: Encodable {
    var name: String
    var processor: String
    var threads: Int
    var instructionSets: [String]
    var system: String
    /// Processes that ran or waited in the minute before the start: far from 0, others were at work too.
    var load: Double

    init(name: String?, architectures: ArchitectureRun) {
      processor = architectures.processor
      self.name = name ?? processor
      threads = architectures.threads
      instructionSets = kernelTables.map(\.name)
      system = ProcessInfo.processInfo.operatingSystemVersionString
      var load = 0.0
      getloadavg(&load, 1)
      self.load = load
    }
  }

  var machine: Machine
  var date = String(Date.now.ISO8601Format().prefix(10))
  var batch = ArchitectureRun.batch
  /// Of kernels, and of whole architectures.
  var repetitions: Int
  var runs: Int
  var figures: [Figure]

  func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// In Markdown, its columns aligned.
  var table: String {
    var rows = [["figure", "threads", "median", "range", "unit", "share of bound", "bound"], []]
    for figure in figures {
      rows.append([
        figure.name, "\(figure.threads)", text(figure.value), "\(text(figure.least)) - \(text(figure.greatest))",
        figure.unit, figure.share.map { String(format: "%.1f %%", 100 * $0) } ?? "",
        figure.multiplyAdds.map(bound) ?? "",
      ])
    }
    let widths = rows[0].indices.map { column in
      rows.reduce(3) { $1.isEmpty ? $0 : max($0, $1[column].count) }
    }
    let lines = rows.map { row in
      let cells = widths.indices.map { column in
        guard !row.isEmpty else {
          return String(repeating: "-", count: widths[column] - 1) + (column == 0 ? "-" : ":")
        }
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }
      return "| \(cells.joined(separator: " | ")) |"
    }
    let caption = """
      \(machine.name): \(machine.processor), \(machine.threads) threads, \
      \(machine.instructionSets.joined(separator: ", ")); \(date), B = \(batch), medians of \(repetitions) \
      (architectures: \(runs)), load before \(text(machine.load))
      """
    return ([caption, ""] + lines).joined(separator: "\n")
  }

  private func bound(multiplyAdds share: Double) -> String {
    if share > 0.995 { return "multiply-adds" }
    if share < 0.005 { return "memory" }
    return String(format: "multiply-adds %.0f %%, memory %.0f %%", 100 * share, 100 * (1 - share))
  }

  private func text(_ value: Double) -> String {
    String(format: value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value)
  }
}
