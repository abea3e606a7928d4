import ArchitectureLists
import Scoring
import SearchSpaces
import Studies

/// An architecture of a ranking, for programs.
package struct RankRecord: Record {
  private var arch: String
  private var name: String?
  private var line: Int?
  private var index: Int?
  private var space: String
  private var macro: String?
  /// Nil where there is no value to rank by.
  private var rank: Int?
  /// The key of the number that ranks.
  private var by: String
  /// The value that ranks, the mean over seeds.
  private var score: Double?
  private var deviation: Double?
  private var seeds: Int
  private var tied: Bool?
  private var close: Bool?
  /// The ranks that other numbers give, by their keys.
  private(set) var ranks: [String: Int]?
  /// The means over seeds of all numbers of the rows, by their keys.
  private var values: [String: Double]
  private var status: Score.Status
  private var error: String?
  private(set) var input: [String: InputValue]?

  init(_ entry: Ranking.Entry, by metric: Metric) {
    self.init(entry.scored, by: metric)
    rank = entry.rank
    (score, deviation) = (entry.value, entry.deviation)
    (tied, close) = (entry.isTied, entry.isClose)
    ranks = entry.ranks
  }

  init(failed scored: ScoredArchitecture, by metric: Metric) {
    self.init(scored, by: metric)
    status = .failed
    error = scored.failure(of: metric)
  }

  private init(_ scored: ScoredArchitecture, by metric: Metric) {
    let row = scored.rows[0]
    (arch, name, line, index) = (row.arch, row.name, row.line, row.index)
    (space, macro) = (row.space, row.macro)
    by = metric.key
    seeds = Set(scored.rows.map(\.seed)).count
    values = Metric.all.reduce(into: [:]) { $0[$1.key] = scored.mean(of: $1) }
    status = .ok
    input = row.input
  }

  /// The columns that every ranking has.
  package static let columns: [CSVColumn<RankRecord>] =
    [
      CSVColumn("rank", value: \.rank), CSVColumn("name") { $0.name }, CSVColumn("arch") { $0.arch },
      CSVColumn("line", value: \.line), CSVColumn("index", value: \.index), CSVColumn("space") { $0.space },
      CSVColumn("macro") { $0.macro }, CSVColumn("by") { $0.by }, CSVColumn("score", value: \.score),
      CSVColumn("deviation", value: \.deviation), CSVColumn("seeds", value: \.seeds), CSVColumn("tied", value: \.tied),
      CSVColumn("close", value: \.close), CSVColumn("status") { $0.status.rawValue }, CSVColumn("error") { $0.error },
    ]
    + Metric.all.map { metric in
      CSVColumn(metric.key) { record in
        record.values[metric.key].map { metric.decimals == 0 || metric.proxy == nil ? whole($0) : "\($0)" }
      }
    }

  /// A mean of whole numbers without a fraction, where it has none.
  private static func whole(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
}
