public import ArgumentParser
import Foundation
public import Workloads

extension Workload.Group: ExpressibleByArgument {}

/// Measures every workload with what bounds it in turn and prints one table.
///
/// A share of a bound is a ratio of two measurements, each repetition's own, so that a change of frequency hits both.
/// The harness beside this measures one thing at a time and cannot express it.
@main
struct Figures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures", abstract: "Prints how fast the CPU backend and its loops are on this machine.")

  @Option(help: ArgumentHelp("Write the figures as JSON too.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("The machine's name. Default: the processor's.", valueName: "name"))
  var machine: String?

  @Option(help: ArgumentHelp("Repetitions, of which the median counts.", valueName: "n"))
  var repetitions = 15

  @Option(help: ArgumentHelp("Repetitions of whole architectures.", valueName: "n"))
  var runs = 5

  @Option(help: ArgumentHelp("Threads of whole architectures. Default: one a processor.", valueName: "n"))
  var threads: Int?

  @Option(help: "Measure this group only. May be repeated.")
  var only: [Workload.Group] = []

  func validate() throws {
    guard (1...1000).contains(repetitions), (1...1000).contains(runs) else {
      throw ValidationError("--repetitions and --runs must be from 1 to 1000")
    }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
  }

  func run() throws {
    let architectures = try ArchitectureRun(threads: threads)
    // Before this adds to the load.
    let machine = Report.Machine(name: machine, architectures: architectures)
    let report = Report(
      machine: machine, repetitions: repetitions, runs: runs, figures: try measure(architectures))
    print(report.table)
    if let json { try report.json().write(to: URL(fileURLWithPath: json)) }
  }

  private func measure(_ architectures: ArchitectureRun) throws -> [Figure] {
    guard let widest = kernelTables.last else { return [] }
    func wanted(_ group: Workload.Group) -> Bool { only.isEmpty || only.contains(group) }
    let peaks = wanted(.peak) ? try peaks(threads: architectures.threads) : []
    var workloads = try (Workload.kernels + architectures.workloads()).filter { wanted($0.group) }
    if wanted(.devices) {
      workloads += try Workload.devices { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    }
    return try peaks
      + workloads.map { workload in
        FileHandle.standardError.write(Data("\(workload.name)\n".utf8))
        let repetitions = workload.unit == .architectures ? runs : repetitions
        return try Meter(workload, peak: widest, repetitions: repetitions).figure()
      }
  }

  /// Every instruction set on one thread, on two, and on as many as the architectures have.
  private func peaks(threads: Int) throws -> [Figure] {
    try kernelTables.flatMap { table in
      let calls = try Meter.calls(of: .peak(table), seconds: 0.01)
      return try Set([1, 2, threads]).sorted().map { threads in
        var workload = Workload.peak(table)
        workload.threads = threads
        let rates = try (0..<repetitions).map { _ in try rate(of: .peak(table), threads: threads, calls: calls) }
        return Figure(workload, perSecond: rates)
      }
    }
  }
}
