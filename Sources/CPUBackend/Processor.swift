import Foundation

/// What the system says about the processor and the memory.
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

  /// Whole processors that a control group grants, where one limits them.
  private static let quota: Int? = {
    if let text = try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8) {
      let parts = text.split(whereSeparator: \.isWhitespace)
      if parts.count == 2, let quota = Double(parts[0]), let period = Double(parts[1]), period > 0 {
        return max(1, Int((quota / period).rounded(.up)))
      }
    }
    return nil
  }()

  /// Bytes that can still be allocated: the least of what the system and the control group have left.
  static var availableMemory: Int? {
    var least: Int?
    func consider(_ bytes: Int) { least = min(least ?? bytes, max(0, bytes)) }
    if let info = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) {
      for line in info.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
        let parts = line.split(separator: " ")
        if parts.count >= 2, let kilobytes = Int(parts[1]) { consider(kilobytes << 10) }
      }
    }
    func number(_ path: String) -> Int? {
      let text = try? String(contentsOfFile: path, encoding: .utf8)
      return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    if let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") {
      consider(limit - used)
    }
    return least
  }
}
