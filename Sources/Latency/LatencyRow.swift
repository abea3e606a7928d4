public import ArchitectureLists
public import Files
public import Scoring

/// How long one architecture takes. A file has one row a line, in JSON; Docs/Guide.md lists the keys.
public struct LatencyRow: Codable, Sendable {
  /// Why no more runs were made.
  public enum End: String, Sendable, Codable {
    /// The confidence interval of the median was as narrow as asked for.
    case precision
    /// The time for an architecture ran out first.
    case time
  }

  /// The architecture's text; of an entry that could not be read the text that stood there.
  public var arch: String
  /// What the list, or the text itself, calls the architecture; nil where nothing does.
  public var name: String?
  /// The line of the list at which the entry begins; nil where there is no list.
  public var line: Int?
  /// What the other columns of the list say; nil where there are none.
  public var inputColumns: [String: InputValue]?
  /// The architecture's index in its space; nil where the space has no indices.
  public var index: Int?
  /// The name of the search space.
  public var space: String
  /// The macro architecture, such as `width 16, depth 8`; nil for a space that has only one.
  public var macro: String?
  /// A digest of a file's network, 16 hexadecimal digits; nil for an architecture of a space.
  public var graph: String?
  /// The name of the data set, which decides on the number of classes.
  public var dataset: String
  /// The shape of an image, such as `3x32x32`.
  public var input: String
  /// The images of a run.
  public var batch: Int
  /// Whether there is a latency.
  public var status: Score.Status
  /// Why the row failed; nil where it did not.
  public var error: String?
  /// Quantiles of the wall-clock time of a run; nil where the row failed.
  public var latency: Milliseconds?
  /// The median time that the device was busy with a run, by its own clock; nil where it has no clock of its own.
  public var deviceMilliseconds: Double?
  /// How many runs were timed and kept.
  public var runs: Int
  /// Why no more runs were made; nil where the row failed, or the study was stopped.
  public var end: End?
  /// Rounds that something on the machine disturbed, left out because there were enough others; nil for none.
  public var roundsSetAside: Int?
  /// The time of the first run after preparation, which is not among those timed.
  public var warmUpMilliseconds: Double?
  /// The time for lowering the network, making its weights and, the first time, building kernels.
  public var prepareMilliseconds: Double?
  /// The batch divided by the median.
  public var imagesPerSecond: Double?
  /// Billions of multiply-accumulates a second, counted as a direct convolution has them. The plan leaves out what the
  /// output does not depend on, so a run may have fewer than `flops` says.
  public var gigaMultiplyAccumulatesPerSecond: Double?
  /// The multiply-accumulates a second divided by the device's peak, which is measured. Winograd's algorithm needs
  /// fewer than are counted, so the share may exceed 1.
  public var peakShare: Double?
  /// The number of trainable parameters; nil where there is no network.
  public var params: Int?
  /// Multiply-accumulates of an image, of convolutions and linear layers; nil where there is no network.
  public var flops: Int?
  /// Bytes of activations, weights and the memory that kernels work with.
  public var peakBytes: Int?
  /// The name of the backend, such as `cpu`.
  public var backend: String
  /// The name of the device, as its driver or the system gives it.
  public var device: String
  /// Threads of the CPU backend; nil for another one.
  public var threads: Int?
  /// The median core-to-core latency over the rounds; nil for one thread. See `CoreToCoreLatency`.
  public var threadNanoseconds: Double?
  /// The measurement warning: why the times cannot be trusted, such as a busy machine. Nil where there is no reason.
  public var doubt: String?
  /// The version of the program that measured.
  public var version: String
  /// The steps of the inference; nil where they were not asked for.
  public var layers: [Layer]?

  /// Quantiles of the wall-clock time of a run, in milliseconds.
  public struct Milliseconds: Codable, Sendable, Hashable {
    /// Half of the runs took no longer.
    public var median: Double
    /// One run of ten took no longer.
    public var p10: Double
    /// Nine runs of ten took no longer.
    public var p90: Double
    /// 99 runs of 100 took no longer.
    public var p99: Double
    /// The lower bound of the 95 % confidence interval of the median.
    public var low: Double
    /// The upper bound of the 95 % confidence interval of the median.
    public var high: Double
  }

  /// A step of the inference.
  public struct Layer: Codable, Sendable, Hashable {
    /// The modules that the step carries out.
    public var name: String
    /// The median time of the step over the rounds.
    public var milliseconds: Double
    /// The step's time divided by the sum over all steps.
    public var share: Double

    enum CodingKeys: String, CodingKey {
      case name
      case milliseconds = "ms"
      case share
    }
  }

  enum CodingKeys: String, CodingKey {
    case arch, name, line
    case inputColumns = "input_columns"
    case index, space, macro, graph, dataset, input, batch, status, error
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
  /// What messages call rows of this kind.
  public static var contents: String { "latencies" }

  /// Nil, because two measurements of one network may differ.
  public var origin: String? { nil }

  /// Nil: two latencies never contradict each other.
  public func contradiction(to other: LatencyRow) -> String? { nil }
}
