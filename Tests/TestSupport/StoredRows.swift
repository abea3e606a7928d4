public import Files
import Foundation

/// Rows as files have them.
public enum StoredRows {
  /// A line of a file of scores.
  public static func score(
    _ arch: String, index: Int? = nil, epads: Double?, seed: Int = 1, params: Int = 1000, flops: Int = 10_000,
    others: [String: Any] = [:]
  ) throws -> String {
    var row: [String: Any] = [
      "arch": arch, "space": "nasbench201", "dataset": "cifar10", "images": "dead-leaves 0123456789abcdef", "batch": 2,
      "sigma": 1, "seed": seed, "status": epads == nil ? "failed" : "ok", "relu_sites": 3, "relu_units": 30,
      "params": params, "flops": flops, "ms": ["prepare": 1, "forward": 1, "total": 2], "backend": "cpu",
      "device": "test", "numerics": 3, "version": "0.2.0",
    ]
    row["index"] = index
    row["epads"] = epads
    if epads == nil { row["error"] = "no ReLU" }
    return try line(row.merging(others) { $1 })
  }

  /// A line of a file of latencies.
  public static func latency(
    _ arch: String, _ median: Double?, batch: Int = 1, params: Int = 1000, flops: Int = 10_000,
    others: [String: Any] = [:]
  ) throws -> String {
    var row: [String: Any] = [
      "arch": arch, "space": "nasbench201", "dataset": "cifar10", "input": "3x32x32", "batch": batch,
      "status": median == nil ? "failed" : "ok", "runs": 10, "params": params, "flops": flops, "backend": "cpu",
      "device": "Processor One", "threads": 2, "version": "0.2.0",
    ]
    if let median {
      row["latency_ms"] = [
        "median": median, "p10": median, "p90": median, "p99": median, "low": median, "high": median,
      ]
    } else {
      row["error"] = "out of memory"
    }
    return try line(row.merging(others) { $1 })
  }

  /// The rows that the lines of a file give.
  public static func rows<Stored: StoredRow>(_ lines: [String]) throws -> [Stored] {
    let folder = try ScratchFolder()
    return try RowFile<Stored>.read(path: try folder.write(lines.map { $0 + "\n" }.joined(), "rows")).rows
  }

  private static func line(_ row: [String: Any]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: row, options: .sortedKeys), as: UTF8.self)
  }
}
