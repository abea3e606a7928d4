public import ArgumentParser
public import BackendSelection
import Compute
import Foundation
public import Scoring
import SearchSpaces
import Studies

extension DataSet: ExpressibleByArgument {}
extension BackendChoice: ExpressibleByArgument {}
extension Proxy: ExpressibleByArgument {}

/// Names of search spaces.
enum SpaceName: String, CaseIterable, ExpressibleByArgument {
  case nasbench201

  var space: any SearchSpace {
    switch self {
    case .nasbench201: NASBench201()
    }
  }

  /// Accuracies that the program carries.
  var truth: GroundTruth {
    switch self {
    case .nasbench201: .nasbench201
    }
  }
}

/// The search space, the images and how they are scored.
struct ScoringOptions: ParsableArguments {
  @Option(help: "The search space.")
  var space = SpaceName.nasbench201

  @Option(
    help: ArgumentHelp(
      "Images: the first records of a CIFAR-10, CIFAR-100 or ImageNet16 binary batch. Without it, built-in ones.",
      valueName: "file"))
  var images: String?

  @Option(help: "The data set: image size, classes, normalisation and record format.")
  var dataset = DataSet.cifar10

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
    guard sigma.isFinite, sigma >= 0 else { throw ValidationError("--sigma must be 0 or a positive number") }
    guard (1...1000).contains(repeats) else { throw ValidationError("--repeats must be from 1 to 1000") }
  }

  var seeds: [UInt64] { (0..<UInt64(repeats)).map { seed &+ $0 } }

  /// Reads or makes the images.
  func loadImages() throws -> Images {
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

  static let all = Proxy.allCases.map(\.rawValue).joined(separator: ",")
  var defaultValueDescription: String {
    Proxy.allCases.filter(proxies.contains).map(\.rawValue).joined(separator: ",")
  }
}

/// Where the work is done.
struct BackendOptions: ParsableArguments {
  @Option(help: "The backend.")
  var backend = BackendChoice.auto

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Threads of the CPU backend. Default: one a processor.", valueName: "n")
  )
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
  }

  /// Selects a backend and says which.
  func select(quietly: Bool = false) throws -> any Backend {
    do {
      let selected = try BackendSelection.select(backend, threads: threads)
      if !quietly {
        let device = selected.backend.device
        note("backend: \(device.backend), \(device.summary) (\(selected.reason))")
      }
      return selected.backend
    } catch {
      throw Failure("\(error)")
    }
  }
}

extension Device {
  /// The name with the first details, in a line.
  var summary: String {
    ([name] + details.prefix(2).map { "\($0.label) \($0.value)" }).joined(separator: ", ")
  }
}

/// How results are written.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case jsonl
  case csv
}
