/// Architectures in the order of one number, the highest first, and the ranks that the others would give them.
public struct Ranking: Sendable {
  /// A ranked architecture.
  public struct Entry: Sendable {
    /// From 1; equal values share a rank.
    public let rank: Int
    /// Its rows, one for each seed.
    public let scored: ScoredArchitecture
    /// The value that ranks it, the mean over seeds.
    public let value: Double
    /// The standard deviation of the value over seeds; nil for one seed.
    public let deviation: Double?
    /// Whether another has the same value.
    public let isTied: Bool
    /// Whether the one above is no further away than the larger of the two deviations, so that other seeds may turn
    /// them round.
    public let isClose: Bool
    /// The ranks that other numbers give, by key; of equal values the best.
    public let ranks: [String: Int]
  }

  /// The number that ranks.
  public let metric: Metric
  /// The other numbers that every ranked architecture has.
  public let others: [Metric]
  /// The best first; of equal values the earlier one of the list.
  public let entries: [Entry]
  /// Those without a value, in the order of the list.
  public let failures: [ScoredArchitecture]

  /// Ranks the entries of a list by their rows; an architecture that stands there twice is ranked twice.
  ///
  /// - Parameter others: numbers to rank by as well; those that not every architecture has are left out.
  public init(_ rows: some Sequence<Row>, by metric: Metric, others: [Metric]) {
    let groups = Self.entries(of: rows)
    let valued = groups.compactMap { group in group.mean(of: metric).map { (scored: group, value: $0) } }
    // Sorting is stable in Swift, but no promise says so.
    let order = valued.indices.sorted { one, other in
      valued[one].value != valued[other].value ? valued[one].value > valued[other].value : one < other
    }
    let ranked = order.map { valued[$0] }
    let deviations = ranked.map { $0.scored.deviation(of: metric) }
    let ranks = Self.ranks(of: ranked.map(\.value))
    let compared = others.filter { $0 != metric }.compactMap { other -> (metric: Metric, ranks: [Int])? in
      let values = ranked.compactMap { $0.scored.mean(of: other) }
      return values.count == ranked.count ? (other, Self.ranks(of: values)) : nil
    }
    self.metric = metric
    self.others = compared.map(\.metric)
    failures = groups.filter { $0.mean(of: metric) == nil }
    entries = ranked.indices.map { place in
      let (value, above) = (ranked[place].value, place > 0 ? ranked[place - 1].value : nil)
      let spread = place > 0 ? [deviations[place - 1], deviations[place]].compactMap(\.self).max() : nil
      let neighbours = [place - 1, place + 1].filter(ranked.indices.contains)
      return Entry(
        rank: ranks[place], scored: ranked[place].scored, value: value, deviation: deviations[place],
        isTied: neighbours.contains { ranked[$0].value == value },
        isClose: above.map { $0 > value && $0 - value <= spread ?? 0 } ?? false,
        ranks: Dictionary(uniqueKeysWithValues: compared.map { ($0.metric.key, $0.ranks[place]) }))
    }
  }

  /// The rows of each entry of a list: an architecture that the list has twice has its seeds twice.
  private static func entries(of rows: some Sequence<Row>) -> [ScoredArchitecture] {
    var times: [EntrySeed: Int] = [:]
    var positions: [EntryKey: Int] = [:]
    var groups: [ScoredArchitecture] = []
    for row in rows {
      var key = EntryKey(architecture: row.arch, name: row.name, line: row.line, time: 0)
      let seed = EntrySeed(key: key, seed: row.seed)
      key.time = times[seed, default: 0]
      times[seed] = key.time + 1
      if let position = positions[key] {
        groups[position].append(row)
      } else {
        positions[key] = groups.count
        groups.append(ScoredArchitecture(row))
      }
    }
    return groups
  }

  /// The rank of each value, 1 for the highest; equal values share the best.
  static func ranks(of values: [Double]) -> [Int] {
    let order = values.indices.sorted { values[$0] > values[$1] }
    var ranks = [Int](repeating: 0, count: values.count)
    for (place, position) in order.enumerated() {
      let isTied = place > 0 && values[order[place - 1]] == values[position]
      ranks[position] = isTied ? ranks[order[place - 1]] : place + 1
    }
    return ranks
  }
}

/// What tells the entries of a list apart.
private struct EntryKey: Hashable {
  var architecture: String
  var name: String?
  var line: Int?
  /// How often the seed had come before.
  var time: Int
}

private struct EntrySeed: Hashable {
  var key: EntryKey
  var seed: UInt64
}
