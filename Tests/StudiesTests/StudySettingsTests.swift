import ArchitectureLists
import Compute
import Files
import NetworkGraph
import Scoring
import SearchSpaces
import Studies
import TestSupport
import Testing

/// Which rows of a file a study takes for its own.
@Suite struct StudySettingsTests {
  private let space = NASBench201()

  private func study(
    proxies: Set<Proxy> = [.epads], seeds: [UInt64] = [1], sigma: Double = 1, space: (any SearchSpace)? = nil
  ) throws -> Study {
    let scorer = Scorer(
      backend: ScalarBackend(), images: try Images.deadLeaves(.cifar10, count: 2), sigma: sigma, proxies: proxies)
    return Study(space: space ?? self.space, scorer: scorer, seeds: seeds)
  }

  private func architectures(_ indices: [Int]) throws -> [ListedArchitecture] {
    try indices.map { ListedArchitecture(try space.architecture(index: $0)) }
  }

  /// The rows that a study finds among those of a file.
  private func taken(_ study: Study, _ stored: [Row], of entries: [ListedArchitecture]) throws -> [Row] {
    var rows = try RowsToContinue(study, stored)
    return study.items(entries).compactMap { rows.take($0) }
  }

  /// Rows as the study would write them, but for what is named.
  private func rows(
    _ study: Study, _ entries: [(index: Int, seed: Int, epads: Double?, others: [String: Any])]
  ) throws -> [Row] {
    try StoredRows.rows(
      entries.map { entry in
        try StoredRows.score(
          space.architecture(index: entry.index).text, index: entry.index, epads: entry.epads, seed: entry.seed,
          others: ["images": "\(study.settings.images)"].merging(entry.others) { $1 })
      })
  }

  @Test(arguments: [
    ("space", "the space is x there and nasbench201 here"),
    ("macro", "the macro architecture is x there and fixed here"),
    ("dataset", "the data set is x there and cifar10 here"), ("batch", "the batch is 3 there and 2 here"),
    ("sigma", "sigma is 3.0 there and 1.0 here"), ("images", "the image set is dead-leaves 0000000000000000 there"),
    ("numerics", "the numerics version is 4 there and 3 here"),
  ])
  func aRowOfOtherSettingsIsRefused(key: String, message: String) throws {
    let study = try study()
    let other: Any =
      switch key {
      case "numerics": 4
      case "batch", "sigma": 3
      case "images": "dead-leaves 0000000000000000"
      default: "x"
      }
    // A row that failed is of another run all the same.
    for epads in [1.0, nil] {
      let stored = try rows(study, [(3, 1, 1, [:]), (5, 1, epads, [key: other])])
      let error = #expect(throws: FileError.self) { try study.items(try architectures([3]), without: stored) }
      #expect(error?.reason.contains(message) == true, "\(error?.reason ?? "")")
      #expect(throws: FileError.self) { try ScoredRows(study, stored: stored) }
    }
  }

  @Test func imagesOfAnotherNameAreTheSame() throws {
    let study = try study()
    let digest = study.settings.images.digest
    let stored = try rows(study, [(3, 1, 1, ["images": "a copy \(digest)"])])
    #expect(try study.items(try architectures([3, 5]), without: stored).map(\.listed.key.index) == [5])
  }

  @Test func whatIsLeftIsInOrderSeedBySeed() throws {
    let study = try study(seeds: [4, 5])
    let stored = try rows(study, [(5, 4, 1, [:]), (3, 5, nil, [:]), (9, 4, 1, [:]), (3, 6, 1, [:])])
    let left = try study.items(try architectures([3, 5, 7]), without: stored)
    #expect(left.map(\.listed.key.index) == [3, 5, 7, 7])
    #expect(left.map(\.seed) == [4, 5, 4, 5])
    // Of its architectures and its seeds, one each, and the first of two.
    let doubled = try rows(study, [(5, 4, 2, [:]), (3, 5, 7, [:])])
    let taken = try taken(study, stored + doubled, of: try architectures([3, 5, 7]))
    #expect(taken.map(\.index) == [3, 5] && taken.map(\.epads) == [nil, 1])
  }

  /// A row without one of the proxies counts as missing, and does not stand in the way of the whole one.
  @Test func rowsHaveEveryProxyThatIsAskedFor() throws {
    let both = try study(proxies: [.epads, .naswot])
    let stored = try rows(
      both,
      [
        (3, 1, 1, [:]), (3, 1, 1, ["naswot": 4]), (5, 1, 2, [:]), (7, 1, nil, ["status": "ok", "naswot": 5]),
        (9, 1, nil, [:]), (9, 1, 6, ["naswot": 6]),
      ])
    let all = try architectures([3, 5, 7, 9])
    #expect(try both.items(all, without: stored).map(\.listed.key.index) == [5, 7])
    #expect(try taken(both, stored, of: all).map(\.naswot) == [4, nil])
    let epads = try study()
    #expect(try epads.items(all, without: stored).map(\.listed.key.index) == [7])
    #expect(try taken(epads, stored, of: all).map(\.epads) == [1, 2, nil])
    let naswot = try study(proxies: [.naswot])
    #expect(try naswot.items(all, without: stored).map(\.listed.key.index) == [5])

    let found = try ScoredRows(both, stored: stored)
    #expect(found.count == 2)
    #expect(found.missing(all.readable).map(\.listed.key.index) == [5, 7])
    #expect(found.scored(all[0].key)?.mean(of: .naswot) == 4 && found.scored(all[3].key)?.mean(of: .naswot) == nil)
  }

  @Test func aValueIsTheMeanOfAllSeedsOrNone() throws {
    let study = try study(seeds: [1, 2])
    let stored = try rows(
      study, [(3, 1, 1, [:]), (3, 2, 4, [:]), (5, 1, 8, [:]), (7, 1, 9, [:]), (7, 2, nil, [:]), (3, 3, 100, [:])])
    var found = try ScoredRows(study, stored: stored)
    let all = try architectures([3, 5, 7])
    #expect(all.map { found.scored($0.key)?.mean(of: .epads) } == [2.5, nil, nil])
    #expect(found.missing(all.readable).map(\.seed) == [2])
    #expect(found.rows(of: all[0].key).map(\.seed) == [1, 2])
    // What is made meanwhile; the first row of an architecture and seed stays.
    for row in try rows(study, [(5, 2, 2, [:]), (5, 2, 50, [:])]) { found.append(row) }
    #expect(found.scored(all[1].key)?.mean(of: .epads) == 5)
    #expect(found.missing(all.readable).isEmpty && found.count == 7)
  }
}
