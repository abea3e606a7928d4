extension Row {
  /// Architecture, images, settings and seed, on which alone a row's integers depend: rows of one origin must agree.
  public var origin: String? {
    // What a list says that nobody could read is no origin of numbers.
    guard params != nil else { return nil }
    // The digest stands for the images, because the same images may lie in files of different names.
    return [
      arch, space, macro ?? "", dataset, images.digest, "\(batch)", "\(sigma)", "\(seed)", "\(numerics)",
    ].joined(separator: "\u{0}")
  }

  /// The first number in which this row differs from an earlier one of the same origin, in words; nil for none.
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
    // Logarithms may differ from machine to machine in their last digits, unlike the integers that they are made from.
    guard let there = other.naswot, let here = naswot, abs(there - here) > 1e-6 * max(abs(there), abs(here)) else {
      return nil
    }
    return "naswot of \(arch) with seed \(seed) is \(there) and \(here)"
  }
}
