import Foundation

extension [Double] {
  /// The arithmetic mean.
  public var mean: Double { reduce(0, +) / Double(count) }

  /// The standard deviation of a sample: the divisor is one less than the count. 0 for fewer than two values.
  public var standardDeviation: Double {
    guard count > 1 else { return 0 }
    let mean = mean
    return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
  }

  /// A quantile of numbers that are sorted already, interpolated between its two neighbours; 0 where there are no
  /// numbers.
  ///
  /// - Parameter share: from 0, the least number, to 1, the greatest.
  package func quantile(_ share: Double) -> Double {
    guard let last = indices.last else { return 0 }
    let place = share * Double(last)
    let lower = Swift.min(last, Int(place))
    let upper = Swift.min(last, lower + 1)
    // Two equal infinities have no difference to interpolate with.
    guard self[lower] < self[upper] else { return self[lower] }
    return self[lower] + (place - Double(lower)) * (self[upper] - self[lower])
  }
}

/// The 97.5 % quantile of Student's t distribution: exact for 1 and 2 degrees of freedom, else by the expansion around
/// the normal distribution (Abramowitz and Stegun 26.7.5), which is within 0.3 % from 3 on.
package func studentQuantile(degrees: Int) -> Double {
  switch degrees {
  case ...1: return 12.7062
  case 2: return 4.30265
  default:
    let z = 1.959964
    let n = Double(degrees)
    let first = (pow(z, 3) + z) / 4
    let second = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96
    let third = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384
    let fourth = (79 * pow(z, 9) + 776 * pow(z, 7) + 1482 * pow(z, 5) - 1920 * pow(z, 3) - 945 * z) / 92160
    return z + first / n + second / pow(n, 2) + third / pow(n, 3) + fourth / pow(n, 4)
  }
}
