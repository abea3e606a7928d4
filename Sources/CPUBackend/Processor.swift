import Foundation

/// What the system says about the processor.
enum Processor {
  /// The processor's own name, or the architecture where the system does not tell.
  static let name: String = {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    for line in info.split(separator: "\n") where line.hasPrefix("model name") {
      if let name = line.split(separator: ":", maxSplits: 1).last {
        return name.trimmingCharacters(in: .whitespaces)
      }
    }
    #if arch(arm64)
      return "arm64"
    #else
      return "x86-64"
    #endif
  }()

  /// Processors that this process may run on.
  static let count: Int = {
    let allowed = ProcessInfo.processInfo.activeProcessorCount
    return max(1, min(allowed, quota ?? allowed))
  }()

  /// Whole processors that the control groups of this process grant, where one limits them.
  private static let quota: Int? = {
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    let own = groups.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? "/"
    // The own group and those around it; in a container its own group is the root.
    var path = own.split(separator: "/").map(String.init)
    var quota: Int?
    while true {
      let file = (["/sys/fs/cgroup"] + path + ["cpu.max"]).joined(separator: "/")
      if let limit = limit(file) { quota = min(quota ?? limit, limit) }
      guard !path.isEmpty else { return quota }
      path.removeLast()
    }
  }()

  /// A quota and a period in microseconds, the first `max` where there is no limit.
  private static func limit(_ file: String) -> Int? {
    let parts = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace)
    guard parts.count == 2, let quota = Double(parts[0]), let period = Double(parts[1]), quota > 0, period > 0
    else { return nil }
    return max(1, Int((quota / period).rounded(.up)))
  }
}
