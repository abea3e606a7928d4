import Foundation
import Workloads

/// One row of a report.
struct Figure: Codable {
  var group: Workload.Group
  var name: String
  var threads: Int
  /// `GFLOP/s`, `GB/s` (10^9 bytes) or `ms`.
  var unit: String
  /// The median of the repetitions, and the least and the greatest of them.
  var value: Double
  var least: Double
  var greatest: Double
  /// The median of the shares of the bound: the time that multiply-adds at their peak, or memory where that is slower,
  /// would take, by the time taken. Nil where nothing is compared.
  var share: Double?
  /// The share of the bound's time that multiply-adds make up; memory makes up the rest.
  var multiplyAdds: Double?

  init(_ workload: Workload, perSecond: [Double], shares: [Double] = [], computing: [Double] = []) {
    let values: [Double]
    switch workload.unit {
    case .operations: (unit, values) = ("GFLOP/s", perSecond.map { $0 / 1e9 })
    case .bytes: (unit, values) = ("GB/s", perSecond.map { $0 / 1e9 })
    case .architectures: (unit, values) = ("ms", perSecond.map { 1000 / $0 })
    }
    group = workload.group
    name = workload.name
    threads = workload.threads
    value = rounded(median(values), 4)
    least = rounded(values.min() ?? 0, 4)
    greatest = rounded(values.max() ?? 0, 4)
    share = shares.isEmpty ? nil : rounded(median(shares), 3)
    multiplyAdds = computing.isEmpty ? nil : rounded(median(computing), 3)
  }
}

/// The middle value; the lower of two; 0 where there is none.
func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2] }

/// To so many significant digits: more would be noise.
private func rounded(_ value: Double, _ digits: Int) -> Double {
  Double(String(format: "%.\(digits)g", value)) ?? value
}
