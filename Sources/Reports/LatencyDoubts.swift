package import Latency
import Terminal

/// The measurement warnings of some rows, summed up: each reason once.
package struct LatencyDoubts {
  /// Rows that have a latency.
  private var times = 0
  /// Those among them that have a warning.
  private var doubted = 0
  /// Reasons that differ in their numbers alone are one reason.
  private var reasons: [(kind: String, first: String, count: Int)] = []

  package init() {}

  package mutating func append(_ row: LatencyRow) {
    guard row.latency != nil else { return }
    times += 1
    guard let doubt = row.doubt else { return }
    doubted += 1
    for reason in doubt.split(separator: ";").map({ $0.drop { $0 == " " } }) {
      let kind = reason.filter { !$0.isNumber && $0 != "." }
      if let position = reasons.firstIndex(where: { $0.kind == kind }) {
        reasons[position].count += 1
      } else {
        reasons.append((kind, String(reason), 1))
      }
    }
  }

  /// How many times are in doubt, why, and what to do; nil where none is.
  package var summary: String? {
    guard doubted > 0 else { return nil }
    let reasons = reasons.map { $0.count > 1 ? "\($0.first) (the first of \($0.count))" : $0.first }
    return "\(doubted) of \(counted(times, "time")) cannot be trusted: \(reasons.joined(separator: "; ")); "
      + "measure again on an idle machine"
  }

  /// What stands beside a number that is in doubt.
  package static let mark = "?"
}
