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
}
