import ArgumentParser
import Scoring
import SearchSpaces
import Studies

/// How a search chooses architectures, what it maximises and which networks it considers.
struct SearchOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Architectures to score.", valueName: "n"))
  var samples: Int

  @Option(help: "How they are chosen.")
  var strategy = Strategy.random

  @Option(parsing: .unconditional, help: ArgumentHelp("Evolution: architectures that live at a time.", valueName: "n"))
  var population = 50

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Evolution: architectures that are drawn for the best to become a parent.", valueName: "n"))
  var tournament = 10

  @Option(
    parsing: .unconditional, help: "Seed of the choice; more --samples with the same seed begin with those of fewer.")
  var searchSeed: UInt64 = 1

  @Option(help: "The score to maximise.")
  var objective = MetricChoice<Scores>(.epads)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Parameters at most; 3.5M is 3500000, as with k and G.", valueName: "n"))
  var maxParams: Amount?

  @Option(parsing: .unconditional, help: ArgumentHelp("Multiply-accumulates at most, such as 600M.", valueName: "n"))
  var maxFlops: Amount?

  /// How architectures are chosen.
  enum Strategy: String, CaseIterable, ExpressibleByArgument {
    case random
    case evolution
  }

  /// The proxies that the objective needs.
  var proxies: Set<Proxy> { Set([objective.metric.proxy].compactMap(\.self)) }

  func validate() throws {
    for (name, value) in [("samples", samples), ("population", population), ("tournament", tournament)] {
      guard (1...10_000_000).contains(value) else { throw ValidationError("--\(name) must be from 1 to 10000000") }
    }
  }

  func search(_ space: any SampledSpace, for dataSet: DataSet) -> Search {
    let limits = SearchLimits(parameters: maxParams?.value, multiplyAccumulates: maxFlops?.value)
    let strategy: SearchStrategy =
      switch strategy {
      case .random: .random
      case .evolution: .evolution(population: population, tournament: tournament)
      }
    return Search(
      space: space, strategy: strategy, samples: samples, seed: searchSeed,
      where: limits.filter(of: space, for: dataSet))
  }

  /// What to do where too few architectures fit.
  var advice: String {
    let limits = [maxParams.map { _ in "--max-params" }, maxFlops.map { _ in "--max-flops" }].compactMap(\.self)
    return (["take fewer --samples"] + limits.map { "a larger \($0)" }).joined(separator: " or ")
  }
}
