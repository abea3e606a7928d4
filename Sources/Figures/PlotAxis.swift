internal import Foundation

/// The range of an axis and its ticks at nice numbers (Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990).
struct PlotAxis {
  struct Tick {
    /// Where on the axis, from 0 to 1.
    var position: Double
    var label: String
  }

  let lower: Double
  let upper: Double
  let ticks: [Tick]
  /// Labels are in units of ten to this power, a multiple of three; 0 for numbers of ordinary size.
  let exponent: Int
  /// Whether equal distances are equal ratios; `lower` and `upper` are decimal logarithms then.
  let isLogarithmic: Bool

  /// An axis that leaves a margin around finite values; 0 ... 1 where there are none.
  ///
  /// - Parameters:
  ///   - count: about how many ticks to make.
  ///   - isLogarithmicFromADecade: whether the axis is logarithmic where all values are positive and the highest is
  ///     more than ten times the lowest.
  init(values: [Double], count: Int, isLogarithmicFromADecade: Bool = false) {
    if isLogarithmicFromADecade, let least = values.min(), let greatest = values.max(), least > 0,
      greatest / 10 > least
    {
      self.init(decades: Self.range(of: [log10(least), log10(greatest)]), count: count)
    } else {
      self.init(range: Self.range(of: values), count: count)
    }
  }

  private init(range: ClosedRange<Double>, count: Int) {
    isLogarithmic = false
    lower = range.lowerBound
    upper = range.upperBound
    let step = Self.niceStep((upper - lower) / Double(max(count, 1)))
    let largest = max(abs(lower), abs(upper))
    let magnitude = largest > 0 ? Int(log10(largest).rounded(.down)) : 0
    exponent = (-3...4).contains(magnitude) ? 0 : Int((Double(magnitude) / 3).rounded(.down)) * 3
    // Nothing to label where the range overflows or is too narrow for the precision of its numbers.
    guard step.isFinite, step > 0, let first = Int(exactly: (lower / step).rounded(.up)),
      let last = Int(exactly: (upper / step).rounded(.down)), first <= last, last - first <= 50
    else {
      ticks = []
      return
    }
    let decimals = min(max(exponent - Int((log10(step) + 1e-9).rounded(.down)), 0), 15)
    var ticks: [Tick] = []
    for multiple in first...last {
      let value = Double(multiple) * step
      let text = String(format: "%.\(decimals)f", value / pow(10, Double(exponent)))
      ticks.append(
        Tick(
          position: Self.position(of: value, lower, upper),
          label: text.replacingOccurrences(of: "-", with: "\u{2212}")))
    }
    self.ticks = ticks
  }

  /// A logarithmic axis with ticks at 1, 2 and 5 times powers of ten, or at powers of ten alone where there are many.
  private init(decades: ClosedRange<Double>, count: Int) {
    isLogarithmic = true
    exponent = 0
    lower = decades.lowerBound
    upper = decades.upperBound
    let powers = Int(lower.rounded(.down))...Int(upper.rounded(.up))
    func ticks(every step: Int, _ multiples: [Double]) -> [Tick] {
      powers.filter { $0.isMultiple(of: step) }.flatMap { power in
        multiples.map { (power, $0 * pow(10, Double(power))) }
      }
      .filter { decades.contains(log10($0.1)) }
      .map { power, value in
        let isPlain = (-3...5).contains(power)
        let text = String(format: isPlain ? "%.\(max(0, -power))f" : "%.0e", value)
        return Tick(
          position: Self.position(of: log10(value), decades.lowerBound, decades.upperBound),
          label: text.replacingOccurrences(of: "-", with: "\u{2212}"))
      }
    }
    let fine = ticks(every: 1, [1, 2, 5])
    self.ticks = fine.count <= 2 * count ? fine : ticks(every: max(1, powers.count / count), [1])
  }

  /// Where a value lies on the axis, 0 at its lower end and 1 at its upper.
  func position(of value: Double) -> Double { Self.position(of: isLogarithmic ? log10(value) : value, lower, upper) }

  /// Halves, because the difference of two finite numbers may overflow.
  private static func position(of value: Double, _ lower: Double, _ upper: Double) -> Double {
    (value / 2 - lower / 2) / (upper / 2 - lower / 2)
  }

  private static func range(of values: [Double]) -> ClosedRange<Double> {
    guard let least = values.min(), let greatest = values.max() else { return 0...1 }
    var margin = (greatest / 2 - least / 2) * 0.08
    // Equal values, or equal but for rounding, stand in the middle; below 1e-300 a margin would underflow.
    let scale = max(abs(least), abs(greatest))
    if margin <= scale * 1e-12 { margin = scale > 1e-300 ? scale * 0.05 : 1 }
    let bound = Double.greatestFiniteMagnitude
    return max(least - margin, -bound)...min(greatest + margin, bound)
  }

  /// 1, 2 or 5 times a power of ten, near `step`.
  private static func niceStep(_ step: Double) -> Double {
    guard step.isFinite, step > 0 else { return 0 }
    let power = pow(10, log10(step).rounded(.down))
    let fraction = step / power
    let nice: Double = fraction < 1.5 ? 1 : fraction < 3 ? 2 : fraction < 6 ? 5 : 10
    return nice * power
  }
}
