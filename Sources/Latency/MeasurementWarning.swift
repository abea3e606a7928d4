import Foundation
import Statistics

/// Measurement warnings: the reasons why the times of an architecture cannot be trusted.
package enum MeasurementWarning {
  /// All reasons in one text, with semicolons between them.
  ///
  /// - Parameters:
  ///   - samples: the times.
  ///   - loads: what else the machine did, in each round that the times are from.
  ///   - threads: how many threads a run keeps busy.
  ///   - nearest: the shortest core-to-core latency in any round of the study, in nanoseconds; nil for one thread.
  /// - Returns: nil where there is no reason.
  package static func reasons(
    _ samples: LatencySamples, loads: [MachineLoad], threads: Int, nearest: Double?
  ) -> String? {
    let reasons = of(loads, threads: threads, nearest: nearest) + of(samples)
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }

  /// Whether something on the machine disturbed a round.
  package static func isDisturbed(_ load: MachineLoad, threads: Int, nearest: Double?) -> Bool {
    !of([load], threads: threads, nearest: nearest).isEmpty
  }

  private static func of(_ loads: [MachineLoad], threads: Int, nearest: Double?) -> [String] {
    guard let processors = loads.first?.processors else { return [] }
    var reasons: [String] = []
    let others = loads.map(\.others).mean
    // Either there is more work than processors, or other processes share caches, memory and clock too much.
    let isCrowded = others > 0.15 && others + Double(min(threads, processors)) > Double(processors) + 0.05
    if isCrowded || others > 0.25 * Double(processors) {
      reasons.append("other processes took \(decimal(others, 2)) of \(processors) processors")
    }
    let slowdown = loads.map(\.slowdown).max() ?? 1
    if slowdown > 1.08 { reasons.append("the processor was up to \(percent(slowdown - 1)) slower at times") }
    if let nearest, let farthest = loads.compactMap(\.coreToCoreNanoseconds).max(), farthest > 2 * nearest + 20 {
      reasons.append(
        "processors were moved: threads heard from each other after \(decimal(nearest, 0)) to "
          + "\(decimal(farthest, 0)) ns")
    }
    let stops = loads.reduce(0) { $0 + $1.quotaStops }
    if stops > 0 { reasons.append("the control group's quota stopped the process \(stops) times") }
    if loads.contains(where: { $0.thermalThrottles > 0 }) { reasons.append("the processor was throttled for its heat") }
    return reasons
  }

  private static func of(_ samples: LatencySamples) -> [String] {
    guard let times = samples.milliseconds, times.median > 0 else { return [] }
    var reasons: [String] = []
    let spread = (times.p90 - times.p10) / times.median
    if spread > 0.3 { reasons.append("runs spread by \(percent(spread)) of the median (p10 to p90)") }
    let medians = samples.medians.sorted()
    // Quantiles, because a single round may be far off by chance.
    let drift = (medians.quantile(0.9) - medians.quantile(0.1)) / times.median
    if drift > 0.15 { reasons.append("rounds differ by \(percent(drift))") }
    return reasons
  }

  private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

  private static func decimal(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }
}
