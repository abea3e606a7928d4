public import Files
public import Scoring

/// How long one architecture takes, as it is written to a file: one line of JSON.
public struct LatencyRow: Codable, Sendable {
  /// What ended the runs.
  public enum End: String, Sendable, Codable {
    /// The confidence interval of the median is as narrow as was asked for.
    case precision
    /// The time for an architecture was spent before that.
    case time
  }

  public var arch: String
  public var index: Int?
  public var space: String
  /// See `Row.macro`.
  public var macro: String?
  public var dataset: String
  /// The shape of an image, such as `3x32x32`.
  public var input: String
  /// Images of a run.
  public var batch: Int
  public var status: Score.Status
  public var error: String?
  public var latency: Milliseconds?
  /// The median of the time that the device was busy with a run, by its own clock; nil where it has none.
  public var deviceMilliseconds: Double?
  /// Runs that were timed.
  public var runs: Int
  public var end: End?
  /// Rounds that something on the machine disturbed, and that were left out because there were enough others.
  public var roundsSetAside: Int?
  /// The first run after preparation, which is not among those timed.
  public var warmUpMilliseconds: Double?
  /// Lowering, weights and, where they are built, kernels.
  public var prepareMilliseconds: Double?
  public var imagesPerSecond: Double?
  /// Multiply-accumulates that are carried out in a second, as a direct convolution has them, in units of 1e9: what nothing
  /// depends on is left out, so there may be fewer than `flops` says.
  public var gigaMultiplyAccumulatesPerSecond: Double?
  /// That as a share of the device's peak, which is measured. A convolution by Winograd's algorithm may exceed 1.
  public var peakShare: Double?
  public var params: Int
  /// Multiply-accumulates of an image.
  public var flops: Int
  /// Bytes of activations, weights and what kernels work with.
  public var peakBytes: Int?
  public var backend: String
  public var device: String
  /// Threads of the CPU backend.
  public var threads: Int?
  /// How long a cache line took from one of several threads to another; see `CoreToCoreLatency`.
  public var threadNanoseconds: Double?
  /// Why the times cannot be trusted, such as a busy machine; nil where nothing speaks against them.
  public var doubt: String?
  public var version: String
  public var layers: [Layer]?

  /// Quantiles of the time of a run on the wall's clock.
  public struct Milliseconds: Codable, Sendable, Hashable {
    public var median: Double
    public var p10: Double
    public var p90: Double
    public var p99: Double
    /// Bounds of the 95 % confidence interval of the median.
    public var low: Double
    public var high: Double
  }

  /// A step of the inference.
  public struct Layer: Codable, Sendable, Hashable {
    /// The modules that are carried out in it.
    public var name: String
    public var milliseconds: Double
    /// Of the sum over all steps.
    public var share: Double

    enum CodingKeys: String, CodingKey {
      case name
      case milliseconds = "ms"
      case share
    }
  }

  enum CodingKeys: String, CodingKey {
    case arch, index, space, macro, dataset, input, batch, status, error
    case latency = "latency_ms"
    case deviceMilliseconds = "device_ms"
    case runs, end
    case roundsSetAside = "rounds_set_aside"
    case warmUpMilliseconds = "warm_up_ms"
    case prepareMilliseconds = "prepare_ms"
    case imagesPerSecond = "images_per_second"
    case gigaMultiplyAccumulatesPerSecond = "gmacs_per_second"
    case peakShare = "peak_share"
    case params, flops
    case peakBytes = "peak_bytes"
    case backend, device, threads
    case threadNanoseconds = "thread_ns"
    case doubt, version, layers
  }
}

extension LatencyRow: StoredRow {
  public static var contents: String { "latencies" }

  /// Times are never twice the same.
  public var origin: String? { nil }

  public func contradiction(to other: LatencyRow) -> String? { nil }
}
