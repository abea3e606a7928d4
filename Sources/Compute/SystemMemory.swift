import Foundation

/// What the system says about memory.
public enum SystemMemory {
  /// Bytes that this process can still allocate: the least of what the system, the control group and the limit of the
  /// address space (`ulimit -v`) have left. Nil where none of them tells.
  public static var available: Int? {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    return [
      bytes("/proc/meminfo", line: "MemAvailable:").map { $0 << 10 },
      difference(number("/sys/fs/cgroup/memory.max"), number("/sys/fs/cgroup/memory.current")),
      difference(
        bytes("/proc/self/limits", line: "Max address space"),
        number("/proc/self/statm").map { $0 * page + threadReserve }),
    ].compactMap(\.self).min()
  }

  /// Address space that threads reserve and never fill: stacks, and what the allocator sets aside for each of them.
  private static let threadReserve = 64 << 20

  private static func difference(_ limit: Int?, _ used: Int?) -> Int? {
    guard let limit, let used else { return nil }
    return max(0, limit - used)
  }

  /// The first number of a file; nil where it begins with something else, such as `max`.
  private static func number(_ path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }

  /// The first number of the line that begins with `label`; nil for `unlimited`.
  private static func bytes(_ path: String, line label: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(label) {
      return line.dropFirst(label.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
    return nil
  }
}
