import Foundation

/// What disturbed a measurement between two moments: what the machine did beside this process.
package struct MachineLoad {
  /// The number of processors of the machine.
  package var processors: Int
  /// How many of them, on average, other processes kept busy, or a hypervisor took away.
  package var others: Double
  /// The time of a loop of fixed length, divided by its shortest time so far: more than 1 where the clock is lower.
  package var slowdown: Double
  /// The core-to-core latency; nil where only one thread works, or where it was not measured.
  package var coreToCoreNanoseconds: Double?
  /// How often a control group's quota stopped the process.
  package var quotaStops: Int
  /// How often a processor lowered its clock because of its temperature.
  package var thermalThrottles: Int

  /// A load that a test makes up, or that `MachineWatch` has seen.
  package init(
    processors: Int, others: Double, slowdown: Double, coreToCoreNanoseconds: Double?, quotaStops: Int,
    thermalThrottles: Int
  ) {
    self.processors = processors
    self.others = others
    self.slowdown = slowdown
    self.coreToCoreNanoseconds = coreToCoreNanoseconds
    self.quotaStops = quotaStops
    self.thermalThrottles = thermalThrottles
  }
}

/// Watches the machine during a measurement, through what Linux says in /proc and /sys.
package struct MachineWatch {
  /// The counters of the machine at one moment.
  private struct Moment {
    var time = ContinuousClock.now
    /// Seconds that all processors together were busy, since the machine started.
    var busy = 0.0
    /// Seconds of those that this process used.
    var own = 0.0
    var processors = 1
    var quotaStops = 0
    var thermalThrottles = 0
  }

  private var last: Moment
  /// The shortest time of the loop so far, in seconds.
  private var shortest: Double
  /// Linux counts in ticks of 10 ms, so a shorter time says too little of other processes.
  private static let shortestWindow = Duration.milliseconds(500)
  private var others = 0.0

  /// Begins to watch.
  package init() {
    shortest = Self.loopSeconds()
    last = Self.moment()
  }

  /// The load since the last call. After less than half a second `others` is still that of the last longer time.
  package mutating func load() -> MachineLoad {
    let now = Self.moment()
    let loop = Self.loopSeconds()
    shortest = min(shortest, loop)
    let stops = now.quotaStops - last.quotaStops
    let throttles = now.thermalThrottles - last.thermalThrottles
    let window = now.time - last.time
    if window >= Self.shortestWindow {
      others = max(0, (now.busy - last.busy) - (now.own - last.own)) / (window / .seconds(1))
      last = now
    } else {
      (last.quotaStops, last.thermalThrottles) = (now.quotaStops, now.thermalThrottles)
    }
    return MachineLoad(
      processors: now.processors, others: others, slowdown: loop / shortest,
      coreToCoreNanoseconds: nil, quotaStops: stops, thermalThrottles: throttles)
  }

  /// The shortest time of five turns of a loop whose time depends on the processor's clock alone.
  private static func loopSeconds() -> Double {
    (0..<5).reduce(.infinity) { best, turn in
      let start = ContinuousClock.now
      let end = chain(from: UInt64(turn), links: 200_000)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      // Nobody needs the chain's result, but without a use of it the compiler leaves the chain out.
      return min(best, end == 0 ? seconds.nextUp : seconds)
    }
  }

  /// A congruential generator: every step needs the one before, so its time is the same on every core of one clock.
  @inline(never)
  private static func chain(from start: UInt64, links: Int) -> UInt64 {
    var value = start
    for _ in 0..<links { value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
    return value
  }

  private static func moment() -> Moment {
    var moment = Moment()
    var ticks = 0.0
    var processors = 0
    for line in text("/proc/stat").split(separator: "\n") where line.hasPrefix("cpu") {
      let fields = line.split(separator: " ")
      guard fields[0] == "cpu" else {
        processors += 1
        continue
      }
      // The fields are user, nice, system, idle, iowait, irq, softirq and steal. User holds what guests take.
      let numbers = fields.dropFirst().prefix(8).map { Double($0) ?? 0 }
      for (index, number) in numbers.enumerated() where index != 3 && index != 4 { ticks += number }
    }
    moment.busy = ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    moment.processors = max(1, processors)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    moment.own = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    moment.quotaStops = number(after: "nr_throttled ", in: text("/sys/fs/cgroup/cpu.stat"))
    for processor in 0..<moment.processors {
      let folder = "/sys/devices/system/cpu/cpu\(processor)/thermal_throttle"
      moment.thermalThrottles += Int(text("\(folder)/core_throttle_count").dropLast()) ?? 0
    }
    return moment
  }

  private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  private static func number(after label: String, in text: String) -> Int {
    for line in text.split(separator: "\n") where line.hasPrefix(label) { return Int(line.dropFirst(label.count)) ?? 0 }
    return 0
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + 1e-6 * Double(time.tv_usec) }
}
