import ArchitectureLists
import Compute
import Files
import Foundation
import NetworkGraph
import Runs
import Scoring
import SearchSpaces
import Studies
import Synchronization
import Terminal

/// A size in whole mebibytes, rounded up.
func megabytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }

/// Throws where the machine has less memory than something takes that is not made yet.
func requireMemory(_ bytes: Int, _ what: String, orElse advice: String) throws {
  guard let available = SystemMemory.available, bytes > available else { return }
  throw Failure("\(what) may take \(megabytes(bytes)) of memory and \(megabytes(available)) are left: \(advice)")
}

/// How much memory scoring takes at most, found out before any is taken.
///
/// It is said where it matters: from a gibibyte on, or from a quarter of what is left.
struct ScoringMemory {
  let scoring: ScoringOptions
  let backend: any Backend
  let proxies: Set<Proxy>

  /// The bytes of the architecture that takes the most; said, where it is more than was said before.
  ///
  /// - Parameter noted: the bytes that were said before.
  /// - Throws: `Failure` where the machine has less memory, or no network can be built, with the reason of the first.
  @discardableResult
  func note(_ architectures: [ParsedArchitecture], above noted: Int = 0) throws -> Int {
    try noteMemory(architectures, backend: backend, above: noted) { architecture in
      let network = try scoring.space.space.network(
        of: architecture, input: scoring.dataset.shape, classes: scoring.dataset.classes)
      return try bound(of: network)
    }
  }

  private func bound(of network: Network) throws -> Int {
    try Scorer.memoryBound(
      of: network, on: backend, batch: scoring.batch, proxies: proxies, seeds: scoring.repeats)
  }

  /// Refuses a network that the machine has too little memory for, when it comes.
  var check: Study.NetworkCheck {
    // What has fitted once is there still: only a larger network asks the system.
    let fitting = LargestFit()
    return { network in
      let bytes = try bound(of: network)
      guard backend.device.kind == .cpu, !fitting.includes(bytes) else { return }
      if let available = SystemMemory.available, bytes > available {
        throw Failure(
          "the network may take \(megabytes(bytes)) of memory and \(megabytes(available)) are left: take a smaller "
            + "--batch")
      }
      fitting.extend(to: bytes)
    }
  }
}

/// The most bytes that were there when they were asked for.
private final class LargestFit: Sendable {
  private let bytes = Mutex(0)

  func includes(_ amount: Int) -> Bool { bytes.withLock { amount <= $0 } }

  func extend(to amount: Int) { bytes.withLock { $0 = max($0, amount) } }
}

/// Says how much memory a run takes at most, before any is taken.
///
/// - Parameters:
///   - noted: the bytes that were said before; only more is said again.
///   - beside: takes the bytes of the largest architecture, and returns the bytes that are held beside it.
///   - bytesOf: returns an upper bound of the bytes of an architecture.
/// - Returns: the most bytes so far.
/// - Throws: `Failure` where the machine has less memory, or no architecture has a bound, with the reason of the first.
@discardableResult
func noteMemory(
  _ architectures: [ParsedArchitecture], backend: any Backend, above noted: Int = 0, beside: (Int) -> Int = { _ in 0 },
  bytesOf: @Sendable (ParsedArchitecture) throws -> Int
) throws -> Int {
  var seen = Set<ParsedArchitecture>()
  let distinct = architectures.filter { seen.insert($0).inserted }
  guard !distinct.isEmpty else { return noted }
  let found = Bounds()
  // Building a network takes half a millisecond, so those of a whole space are built on all processors, in blocks.
  let block = 64
  DispatchQueue.concurrentPerform(iterations: (distinct.count + block - 1) / block) { number in
    for position in number * block..<min(distinct.count, (number + 1) * block) {
      found.include(Result { try bytesOf(distinct[position]) }, position)
    }
  }
  let largest: Int
  do {
    largest = try found.get()
  } catch {
    throw Failure("\(error)", status: 2)
  }
  let bound = largest + beside(largest)
  // A device that has its own memory checks the bound against that.
  if backend.device.kind == .cpu { try requireMemory(bound, "the run", orElse: "take a smaller --batch") }
  let isMuch = bound >= 1 << 30 || bound >= (SystemMemory.available ?? .max) / 4
  if isMuch, megabytes(bound) != megabytes(noted), bound > noted { note("memory: at most \(megabytes(bound))") }
  return max(bound, noted)
}

/// The largest of several numbers, or the first error where there is no number.
private final class Bounds: Sendable {
  private let found = Mutex<(largest: Int?, error: (any Error)?, position: Int)>((nil, nil, .max))

  func include(_ result: Result<Int, any Error>, _ position: Int) {
    found.withLock { found in
      switch result {
      case .success(let bytes): found.largest = max(found.largest ?? 0, bytes)
      case .failure(let error):
        if position < found.position { (found.error, found.position) = (error, position) }
      }
    }
  }

  func get() throws -> Int {
    let (largest, error, _) = found.withLock { $0 }
    if let largest { return largest }
    if let error { throw error }
    return 0
  }
}
