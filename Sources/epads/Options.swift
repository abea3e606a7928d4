public import ArgumentParser
public import BackendSelection
import Compute
import Files
import Foundation
import Reports
import Runs
public import Scoring
import Studies
import Terminal

extension DataSet: ExpressibleByArgument {}
extension BackendChoice: ExpressibleByArgument {}
extension Proxy: ExpressibleByArgument {}
extension OutputFormat: ExpressibleByArgument {}
extension ErrorPolicy: ExpressibleByArgument {}

/// What a score depends on beside the architecture: the search space, images, noise and seeds.
struct ScoringOptions: ParsableArguments {
  @OptionGroup var space: SpaceOptions

  @Option(
    help: ArgumentHelp(
      "Images: the first records of a binary batch of the data set. Without it, built-in ones.",
      valueName: "file"), completion: .file())
  var images: String?

  @Option(
    name: .customLong("dataset"),
    help: ArgumentHelp(
      "The data set: image size, classes, normalisation and record format. Default: imagenet for a space with _in, "
        + "else cifar10.", valueName: "dataset"))
  var namedDataSet: DataSet?

  @Option(parsing: .unconditional, help: "Images a network sees, before their noisy copies are added.")
  var batch = 128

  @Option(parsing: .unconditional, help: "Standard deviation of the noise, in units of the normalised images.")
  var sigma = 1.0

  @Option(parsing: .unconditional, help: "Seed of weights, noise and permutations.")
  var seed: UInt64 = 1

  @Option(parsing: .unconditional, help: "Score with this many seeds, from --seed on, and give means and deviations.")
  var repeats = 1

  func validate() throws {
    guard images != "" else { throw ValidationError("--images needs the name of a file") }
    guard (2...Images.maximumCount).contains(batch) else {
      throw ValidationError("--batch must be from 2 to \(Images.maximumCount): distances need two images")
    }
    guard sigma.isFinite, sigma > 0 else {
      throw ValidationError(
        "--sigma must be a positive number: without noise no score can see how a network reacts to it")
    }
    guard (1...1000).contains(repeats) else { throw ValidationError("--repeats must be from 1 to 1000") }
  }

  var dataset: DataSet { namedDataSet ?? space.dataSet }

  var seeds: [UInt64] { (0..<UInt64(repeats)).map { seed &+ $0 } }

  /// The images of a file, so that a wrong or missing one is told before a device is opened; nil for the built-in ones,
  /// which are made when it is known that there is memory for them.
  func loadImagesOfFile() throws -> Images? { images == nil ? nil : try loadImages() }

  /// Reads or makes the images.
  func loadImages() throws -> Images {
    try requireMemory(
      Scorer.memoryBound(ofImages: batch, dataSet: dataset), "\(counted(batch, "image"))",
      orElse: "take a smaller --batch")
    do {
      if let images { return try Images(file: images, dataSet: dataset, count: batch) }
      return try Images.deadLeaves(dataset, count: batch)
    } catch {
      throw Failure("\(error)", status: 2)
    }
  }
}

/// Proxies by name, with commas between them.
struct ProxyList: ExpressibleByArgument {
  var proxies: Set<Proxy>

  init(_ proxies: Set<Proxy>) { self.proxies = proxies }

  init?(argument: String) {
    var proxies = Set<Proxy>()
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let proxy = Proxy(rawValue: name.trimmingCharacters(in: .whitespaces)) else { return nil }
      proxies.insert(proxy)
    }
    self.proxies = proxies
  }

  /// The metrics that plots show: the proxies themselves, without the sums that they are made of.
  var metrics: [Metric] { Proxy.allCases.filter(proxies.contains).map(Metric.of) }

  /// What shells complete.
  static let allValueStrings = Proxy.allCases.map(\.rawValue) + [all]
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  static let all = Proxy.allCases.map(\.rawValue).joined(separator: ",")
  var defaultValueDescription: String {
    Proxy.allCases.filter(proxies.contains).map(\.rawValue).joined(separator: ",")
  }
}

/// The backend and the device that do the work.
struct BackendOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The backend: \(BackendChoice.allCases.map(\.rawValue).joined(separator: ", ")). Default: EPADS_BACKEND, else "
        + "auto, the first usable GPU or the CPU.", valueName: "name"))
  var backend: BackendChoice?

  @Option(
    help: ArgumentHelp(
      "The device: its number in 'epads devices' or a part of its name. Default: EPADS_DEVICE.", valueName: "device"))
  var device: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Threads of the CPU backend. Default: one a processor.", valueName: "n")
  )
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Architectures in flight on an OpenCL device. Default: as many as keep it busy. Rows do not depend on it, only "
        + "their times do.", valueName: "n"))
  var inFlight: Int?

  @Flag(help: "Compile OpenCL kernels anew instead of keeping them on disk.")
  var noProgramCache = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
    if let inFlight, !(1...16).contains(inFlight) { throw ValidationError("--in-flight must be from 1 to 16") }
    _ = try choice()
  }

  /// The backend that was asked for, by --backend or else by EPADS_BACKEND.
  func choice() throws -> BackendChoice {
    if let backend { return backend }
    guard let name = ProcessInfo.processInfo.environment["EPADS_BACKEND"], !name.isEmpty else { return .auto }
    guard let choice = BackendChoice(rawValue: name) else {
      let known = BackendChoice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("EPADS_BACKEND is '\(name)', which is no backend (known: \(known))")
    }
    return choice
  }

  /// Looks for devices and selects one.
  func selection() throws -> (all: BackendSelection, selected: SelectedBackend) {
    let name = device ?? ProcessInfo.processInfo.environment["EPADS_DEVICE"].flatMap { $0.isEmpty ? nil : $0 }
    let choice = try choice()
    do throws(BackendError) {
      let all = try BackendSelection(
        BackendSettings(threads: threads, concurrentRuns: inFlight, usesProgramCache: !noProgramCache))
      return (all, try all.select(choice, device: name))
    } catch {
      throw Failure("\(error)")
    }
  }

  /// Whether the backend is not what everybody expects: no processor, or one in the place of a GPU, or one that the
  /// environment has chosen.
  private func isWorthSaying(_ selected: SelectedBackend, of all: BackendSelection, _ choice: BackendChoice) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    let isOfEnvironment =
      backend == nil && environment["EPADS_BACKEND"]?.isEmpty == false
      || device == nil && environment["EPADS_DEVICE"]?.isEmpty == false
    if selected.backend.device.kind != .cpu || selected.backend.device.backend != "cpu" || isOfEnvironment {
      return true
    }
    // A GPU that cannot be used, or a driver of one without OpenCL, costs a user the most of it.
    let drivers = ["/dev/nvidiactl", "/dev/kfd", "/dev/dri/renderD128"]
    return choice == .auto && device == nil
      && (all.devices.contains { $0.device.kind == .gpu } || drivers.contains { FileStatus(path: $0) != nil })
  }

  /// Selects a backend and says which and why, where that helps.
  func select() throws -> any Backend {
    let (all, selected) = try selection()
    let device = selected.backend.device
    // A driver opens files of its own, and some of them end the process where that fails.
    guard device.backend == "cpu" || canOpen(24) else {
      throw Failure("too few files can be open at a time for an OpenCL device: raise the limit (ulimit -n)")
    }
    let choice = try choice()
    if isWorthSaying(selected, of: all, choice) {
      note("backend: \(device.backend), \(device.summary) (\(selected.reason))")
    }
    do throws(BackendError) {
      return try all.resilient(selected, choice: choice, note: { note("warning: \($0)") })
    } catch {
      throw Failure("\(error)")
    }
  }
}

extension Device {
  /// The name and the first two details, in one line.
  var summary: String {
    ([name] + details.prefix(2).map { "\($0.label) \($0.value)" }).joined(separator: ", ")
  }
}

/// An option's value: one metric of a list, by its key.
struct MetricChoice<Choices: MetricChoices>: ExpressibleByArgument {
  let metric: Metric

  init(_ metric: Metric) { self.metric = metric }

  init?(argument: String) {
    guard let metric = Choices.metrics.first(where: { $0.key == argument }) else { return nil }
    self.metric = metric
  }

  static var allValueStrings: [String] { Choices.metrics.map(\.key) }

  var defaultValueDescription: String { metric.key }
}

/// The list of metrics that an option chooses from.
protocol MetricChoices {
  static var metrics: [Metric] { get }
}

/// The metrics that need a forward pass.
enum Scores: MetricChoices {
  static let metrics = Metric.scores
}

/// The metrics that rows of scores have.
enum RowNumbers: MetricChoices {
  static let metrics = Metric.all
}

/// The metrics that say what an architecture costs to run.
enum Costs: MetricChoices {
  static let metrics = Metric.costs
}
