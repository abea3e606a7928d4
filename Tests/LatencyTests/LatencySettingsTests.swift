import ArchitectureLists
import Compute
import Files
import Latency
import NetworkGraph
import Scoring
import SearchSpaces
import TestSupport
import Testing

/// Which rows of latency a study takes for its own.
@Suite struct LatencySettingsTests {
  /// A device to be named in rows.
  private struct Named: Backend {
    var device: Device
    func prepare(_ plan: Plan) throws(BackendError) {}
    var concurrentRuns: Int { 1 }
    func memoryBound(of plan: Plan) -> Int { 0 }
    func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
      RunResult(counts: Counts(), device: device)
    }
    func peakMultiplyAccumulates() throws(BackendError) -> Double { 1 }
    func inference(of plan: Plan) throws(BackendError) -> any Inference { try ScalarBackend().inference(of: plan) }
  }

  private func study(threads: Int?) throws -> LatencyStudy {
    try LatencyStudy(
      space: NASBench201(),
      backend: Named(device: Device(backend: "cpu", name: "Processor One", kind: .cpu, threads: threads)),
      settings: LatencyStudy.Settings(dataSet: .cifar10))
  }

  private func row(_ index: Int, _ median: Double? = 1, _ others: [String: Any] = [:]) throws -> String {
    let text = try NASBench201().architecture(index: index).text
    return try StoredRows.latency(text, median, others: ["index": index].merging(others) { $1 })
  }

  private func missing(_ indices: [Int], in rows: [String], threads: Int? = 2) throws -> [Int?] {
    let architectures = try indices.map { ListedArchitecture(try NASBench201().architecture(index: $0)) }
    return try study(threads: threads).missing(architectures, in: StoredRows.rows(rows)).map(\.key.index)
  }

  @Test func whatFailedOrIsNotThereIsMissing() throws {
    let rows = [try row(3), try row(5, nil), try row(7, nil), try row(7), try row(9), try row(9, nil)]
    #expect(try missing([11, 9, 7, 5, 3], in: rows) == [11, 5])
    // One row is the latency of one entry.
    #expect(try missing([3, 3, 11, 11], in: rows) == [3, 11, 11])
  }

  @Test(arguments: [
    ("space", "the space is x there and nasbench201 here"),
    ("macro", "the macro architecture is x there and fixed here"),
    ("dataset", "the data set is x there and cifar10 here"), ("input", "an image is x there and 3x32x32 here"),
    ("batch", "the batch is 8 there and 1 here"),
    ("device", "the device is cpu x there and cpu Processor One here"),
    ("backend", "the device is x Processor One there and cpu Processor One here"),
    ("threads", "the number of threads is 8 there and 2 here"),
  ])
  func aRowOfOtherSettingsIsRefused(key: String, message: String) throws {
    let other: Any = key == "batch" || key == "threads" ? 8 : "x"
    for median in [1.0, nil] {
      let rows = [try row(3), try row(5, median, [key: other])]
      let error = #expect(throws: FileError.self) { try missing([3], in: rows) }
      #expect(error?.reason.contains("of another run: \(message)") == true, "\(error?.reason ?? "")")
    }
  }

  /// A device of OpenCL has no threads of ours.
  @Test func rowsWithAndWithoutThreadsAreOfTwoRuns() throws {
    #expect(throws: FileError.self) { try missing([3], in: [row(3)], threads: nil) }
    let without = try row(3).replacing("\"threads\":2,", with: "")
    #expect(throws: FileError.self) { try missing([3], in: [without]) }
    #expect(try missing([3, 5], in: [without], threads: nil) == [5])
  }
}
