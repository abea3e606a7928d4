public import Compute
public import NetworkGraph
import SearchSpaces

/// Runs the same work on every backend, which `epads benchmark` compares.
///
/// A workload is a network, small ones among them, and runs through the same call as a score: so its time includes
/// everything that a backend does for a whole step.
public struct BackendBenchmark: Sendable {
  /// What is run: a network and what is measured of it.
  public struct Workload: Sendable {
    /// The text that tables show, such as `NAS-Bench-201 index 0`.
    public var name: String
    /// The network that is run with weights of seed 1.
    public var network: Network
    /// Whether a run counts distances, or makes logits.
    public var measurement: Measurement

    /// Multiply-accumulates of one image.
    public var multiplyAccumulates: Int { network.multiplyAccumulates }
  }

  /// One workload on one backend.
  public struct Result: Sendable {
    /// The time for building kernels, or for loading them from the cache; near 0 where they are in memory already.
    public var buildMilliseconds: Double
    /// The time of the first run, which also allocates memory.
    public var firstMilliseconds: Double
    /// The median time of the runs after the first.
    public var milliseconds: Double
    /// The time for each run where as many are in flight as the backend takes at once.
    public var busyMilliseconds: Double
    /// How many runs `milliseconds` is the median of.
    public var runs: Int
    /// What the first run counted: every backend must give the same.
    public var counts: Counts
  }

  /// The images of a run, before their noisy copies are added.
  public let batch: Int
  /// After this many seconds no further run of a workload is begun.
  public let secondsPerWorkload: Double

  /// A benchmark with so many images a run, and so many seconds for each workload on each backend.
  public init(batch: Int, secondsPerWorkload: Double) {
    self.batch = batch
    self.secondsPerWorkload = secondsPerWorkload
  }

  /// Convolutions of NAS-Bench-201's sizes, codes and distances alone, and two whole architectures.
  public static func workloads() throws -> [Workload] {
    var workloads: [Workload] = []
    for kernel in [3, 1] {
      for (channels, size) in [(16, 32), (32, 16), (64, 8)] {
        workloads.append(
          Workload(
            name: "4 convolutions \(kernel)x\(kernel), \(channels) channels, \(size)x\(size)",
            network: try convolutions(kernel: kernel, channels: channels, size: size, count: 4),
            measurement: .distances))
      }
    }
    workloads.append(Workload(name: "codes and 8 sites, 16 channels, 32x32", network: codes(), measurement: .distances))
    let space = NASBench201()
    for (name, index) in [("index 0", 0), ("index 1462, all 3x3", 1462)] {
      let network = try space.network(
        of: space.architecture(index: index), input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
      workloads.append(Workload(name: "NAS-Bench-201 \(name)", network: network, measurement: .distances))
    }
    return workloads
  }

  /// A chain of `count` times a ReLU, a convolution and a batch normalisation.
  private static func convolutions(kernel: Int, channels: Int, size: Int, count: Int) throws -> Network {
    var builder = NetworkBuilder(input: TensorShape(channels: channels, height: size, width: size))
    var value = builder.input
    for layer in 0..<count {
      value = builder.relu("\(layer).0", of: value)
      value = try builder.convolution(
        "\(layer).1", of: value,
        Convolution(outputChannels: channels, kernel: Extent(kernel), padding: Extent(kernel / 2)))
      value = builder.batchNormalization("\(layer).2", of: value)
    }
    return builder.network(output: builder.relu("\(count).0", of: value))
  }

  /// Eight ReLUs of the same images. A backend makes one code of them and compares it for each of the eight sites.
  private static func codes() -> Network {
    var builder = NetworkBuilder(input: TensorShape(channels: 16, height: 32, width: 32))
    var value = builder.input
    for site in 0..<8 { value = builder.relu("\(site)", of: builder.input) }
    return builder.network(output: value)
  }

  /// Runs a workload: once, then until the time is spent and at least twice, then several times at once.
  public func run(_ workload: Workload, on backend: any Backend) throws -> Result {
    let plan = try Plan(workload.network, measurement: workload.measurement, batch: batch, seed: 1)
    let images = Self.images(plan)
    func timed() throws -> (Double, Counts) {
      let start = ContinuousClock.now
      let counts = try backend.run(plan, images: images).counts
      return ((ContinuousClock.now - start) / .milliseconds(1), counts)
    }
    let building = ContinuousClock.now
    try backend.prepare(plan)
    let build = (ContinuousClock.now - building) / .milliseconds(1)
    let (first, counts) = try timed()
    var times: [Double] = []
    let start = ContinuousClock.now
    repeat {
      times.append(try timed().0)
    } while times.count < 2 || times.count < 99 && ContinuousClock.now - start < .seconds(secondsPerWorkload)
    times.sort()
    let median = times[times.count / 2]
    return Result(
      buildMilliseconds: build, firstMilliseconds: first, milliseconds: median,
      busyMilliseconds: try busyMilliseconds(plan, images, on: backend, expected: median), runs: times.count,
      counts: counts)
  }

  /// The times of a workload's kernels.
  public func kernelTimes(of workload: Workload, on backend: any KernelProfiling) throws -> [KernelTime] {
    let plan = try Plan(workload.network, measurement: workload.measurement, batch: batch, seed: 1)
    return try backend.kernelTimes(of: plan, images: Self.images(plan))
  }

  private func busyMilliseconds(
    _ plan: Plan, _ images: ImageBatch, on backend: any Backend, expected: Double
  ) throws -> Double {
    let width = backend.concurrentRuns
    guard width > 1 else { return expected }
    func pass(runs: Int) throws -> Double {
      let start = ContinuousClock.now
      let work = OrderedWork(Array(0..<runs), width: width) { _ in try backend.run(plan, images: images) }
      defer { work.stop() }
      while try work.next() != nil {}
      return (ContinuousClock.now - start) / .milliseconds(1) / Double(runs)
    }
    // The first pass is not timed, because it allocates.
    _ = try pass(runs: width)
    return try pass(runs: width * min(25, max(2, Int(1000 * secondsPerWorkload / max(expected, 0.01)) / width)))
  }

  /// Images for a plan: made-up values within the range of normalised pixels. The work does not depend on them.
  public static func images(_ plan: Plan) -> ImageBatch {
    images(shape: plan.buffers[plan.input], count: plan.images)
  }

  static func images(shape: TensorShape, count: Int) -> ImageBatch {
    let values = (0..<count * shape.count).map { Float($0 &* 7919 % 4001) / 1000 - 2 }
    return ImageBatch(shape: shape, count: count, values: values)
  }
}
