package import Latency
import Scoring

extension LatencyRow: Record {
  /// The columns, without the layers: a line of CSV has no place for a list.
  package static let columns: [CSVColumn<LatencyRow>] = [
    CSVColumn("arch") { $0.arch }, CSVColumn("name") { $0.name }, CSVColumn("line", value: \.line),
    CSVColumn("index", value: \.index), CSVColumn("space") { $0.space },
    CSVColumn("macro") { $0.macro }, CSVColumn("dataset") { $0.dataset }, CSVColumn("input") { $0.input },
    CSVColumn("batch", value: \.batch), CSVColumn("status") { $0.status.rawValue }, CSVColumn("error") { $0.error },
    CSVColumn("latency_ms_median", value: \.latency?.median), CSVColumn("latency_ms_p10", value: \.latency?.p10),
    CSVColumn("latency_ms_p90", value: \.latency?.p90), CSVColumn("latency_ms_p99", value: \.latency?.p99),
    CSVColumn("latency_ms_low", value: \.latency?.low), CSVColumn("latency_ms_high", value: \.latency?.high),
    CSVColumn("device_ms", value: \.deviceMilliseconds), CSVColumn("runs", value: \.runs),
    CSVColumn("end") { $0.end?.rawValue }, CSVColumn("rounds_set_aside", value: \.roundsSetAside),
    CSVColumn("warm_up_ms", value: \.warmUpMilliseconds),
    CSVColumn("prepare_ms", value: \.prepareMilliseconds), CSVColumn("images_per_second", value: \.imagesPerSecond),
    CSVColumn("gmacs_per_second", value: \.gigaMultiplyAccumulatesPerSecond),
    CSVColumn("peak_share", value: \.peakShare), CSVColumn("params", value: \.params),
    CSVColumn("flops", value: \.flops), CSVColumn("peak_bytes", value: \.peakBytes),
    CSVColumn("backend") { $0.backend }, CSVColumn("device") { $0.device }, CSVColumn("threads", value: \.threads),
    CSVColumn("thread_ns", value: \.threadNanoseconds), CSVColumn("doubt") { $0.doubt },
    CSVColumn("version") { $0.version },
  ]
}
