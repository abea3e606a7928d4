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

  /// An axis that leaves a margin around finite values; 0 ... 1 where there are none.
  ///
  /// - Parameter count: about how many ticks to make.
  init(values: [Double], count: Int) {
    let range = Self.range(of: values)
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

  /// Where a value lies on the axis, 0 at its lower end and 1 at its upper.
  func position(of value: Double) -> Double { Self.position(of: value, lower, upper) }

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
