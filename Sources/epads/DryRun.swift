import ArchitectureLists
import ArgumentParser
import Compute
import Files
import Foundation
import NetworkGraph
import Scoring
import SearchSpaces
import Studies
import Terminal

/// What a run would be: how many architectures, how long, how much memory, which files. A few are scored for it, and
/// nothing is written.
struct DryRun {
  static let help: ArgumentHelp =
    "Say how many architectures there are, how long they take (from a few of them), how much memory and which files."

  /// A file that the run would write.
  struct File {
    var option: String
    var path: String?
    var isContinued: Bool

    init(_ option: String, _ path: String?, isContinued: Bool = false) {
      self.option = option
      self.path = path
      self.isContinued = isContinued
    }
  }

  private let run: ScoringRun
  private let files: [File]
  /// Rows that the run would not have to make.
  private let stored: [Row]

  init(_ run: ScoringRun, files: [File]) throws {
    self.run = run
    self.files = files
    // What could not be written is refused now, as the run would refuse it.
    for file in files {
      guard let path = file.path, path != "-" else { continue }
      _ = try OutputFile(path: path, overwrites: true)
    }
    var stored: [Row] = []
    for file in files where file.isContinued {
      guard let path = file.path, FileStatus(path: path)?.kind == .regular else { continue }
      stored = try RowFile<Row>.read(path: path).rows
    }
    self.stored = stored
  }

  /// Writes what the run would be to standard output.
  func report() throws {
    let output = LineWriter()
    let (entries, study) = (run.list.entries, run.study)
    let unreadable = entries.count { $0.parsed == nil }
    let missing = try study.items(entries, without: stored)
    let seeds = study.seeds.count > 1 ? ", \(study.seeds.count) seeds" : ""
    try output.append(
      "architectures: \(entries.count)\(seeds)" + (unreadable > 0 ? ", \(unreadable) of them cannot be read" : ""))
    if !stored.isEmpty { try output.append("rows: \(counted(missing.count, "row")) to score, the others are there") }
    let device = study.scorer.backend.device
    let (seconds, measured) = estimate(missing)
    try output.append(
      "time: about \(Self.duration(seconds)) on \(device.name), from \(counted(measured, "architecture"))"
        + (study.scorer.backend.concurrentRuns > 1 ? " one at a time; several in flight take less" : ""))
    try output.append("memory: at most \(megabytes(run.memoryBound))")
    for file in files where file.path != nil { try output.append("\(file.option): \(Self.fate(of: file))") }
  }

  /// The seconds of all items, from a few of them of all sizes, and how many these were.
  private func estimate(_ items: [Study.Item]) -> (seconds: Double, measured: Int) {
    let study = run.study
    let dataSet = study.scorer.images.dataSet
    let readable = items.filter { $0.listed.parsed != nil }
    // Multiply-accumulates of a few hundred say how the others are spread.
    let step = max(1, readable.count / 400)
    var sizes: [(item: Study.Item, size: Double)] = []
    for position in stride(from: 0, to: readable.count, by: step) {
      guard let architecture = readable[position].listed.parsed,
        let network = try? study.space.network(of: architecture, input: dataSet.shape, classes: dataSet.classes)
      else { continue }
      sizes.append((readable[position], Double(network.multiplyAccumulates)))
    }
    sizes.sort { $0.size < $1.size }
    guard let last = sizes.indices.last else { return (0, 0) }
    let chosen = Set((0...4).map { $0 * last / 4 }).sorted()
    // The first run also makes the noisy images, and builds what kernels the device needs.
    _ = study.row(sizes[chosen[chosen.count / 2]].item)
    let points = chosen.map { position in
      (size: sizes[position].size, milliseconds: study.row(sizes[position].item).row.ms.total)
    }
    let mean = sizes.reduce(0) { $0 + Self.interpolated($1.size, points) } / Double(sizes.count)
    return (mean * Double(readable.count) / 1000, points.count)
  }

  private static func interpolated(_ size: Double, _ points: [(size: Double, milliseconds: Double)]) -> Double {
    guard let upper = points.firstIndex(where: { $0.size >= size }), upper > 0 else {
      return size <= points[0].size ? points[0].milliseconds : points[points.count - 1].milliseconds
    }
    let (low, high) = (points[upper - 1], points[upper])
    let share = high.size > low.size ? (size - low.size) / (high.size - low.size) : 0
    return low.milliseconds + share * (high.milliseconds - low.milliseconds)
  }

  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<10: "\(fixed(seconds, 1)) s"
    case ..<120: "\(fixed(seconds, 0)) s"
    case ..<7200: "\(fixed(seconds / 60, 0)) min"
    default: "\(fixed(seconds / 3600, 1)) h"
    }
  }

  /// What would happen to a file.
  static func fate(of file: File) -> String {
    guard let path = file.path, path != "-" else { return "standard output" }
    guard let status = FileStatus(path: path) else { return "'\(path)', which would be made" }
    guard status.kind == .regular, status.size > 0 else { return "'\(path)'" }
    return file.isContinued ? "'\(path)', which would be continued" : "'\(path)', which is there already (--overwrite)"
  }
}
