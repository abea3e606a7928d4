extension Row {
  /// Architecture, images, settings and seed: a row's integers depend on nothing else.
  public var origin: String? {
    // The digest counts, not the name of the file that the images came from.
    [
      arch, space, macro ?? "", dataset, images.digest, "\(batch)", "\(sigma)", "\(seed)", "\(numerics)",
    ].joined(separator: "\u{0}")
  }

  public func contradiction(to other: Row) -> String? {
    let numbers: [(name: String, there: Int?, here: Int?)] = [
      ("snaswot", other.snaswot, snaswot), ("perturbation", other.perturbation, perturbation),
      ("relu_sites", other.reluSites, reluSites), ("relu_units", other.reluUnits, reluUnits),
      ("params", other.params, params), ("flops", other.flops, flops),
    ]
    for number in numbers {
      guard let there = number.there, let here = number.here, there != here else { continue }
      return "\(number.name) of \(arch) with seed \(seed) is \(there) and \(here)"
    }
    // The logarithms of two machines may differ in their last digits, the integers behind them may not.
    guard let there = other.naswot, let here = naswot, abs(there - here) > 1e-6 * max(abs(there), abs(here)) else {
      return nil
    }
    return "naswot of \(arch) with seed \(seed) is \(there) and \(here)"
  }
}
