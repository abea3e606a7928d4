/// Something to measure: work that can be repeated, and what one call of it amounts to.
public struct Workload: Sendable {
  public enum Group: String, CaseIterable, Codable, Sendable {
    case peak
    case convolution
    case memory
    case architectures
    case devices
  }

  /// What `amount` counts.
  public enum Unit: String, Codable, Sendable {
    /// Floating-point operations; a multiply-add is two.
    case operations
    case bytes
    case architectures
  }

  public var group: Group
  public var name: String
  public var unit: Unit
  /// Of one call.
  public var amount: Double
  /// Threads that work. With one, time is the CPU time of the calling thread; with more, the wall clock's.
  public var threads: Int
  /// What bounds a call, one part after the other; empty where nothing is compared.
  public var parts: [Part] = []
  /// Makes the memory and returns the work, which keeps it.
  public var prepare: @Sendable () throws -> Work

  public typealias Work = () throws -> Void

  /// Whether other threads or a device do the work, so that only the wall clock tells how long it takes.
  public var isTimedByWallClock: Bool { threads > 1 || group == .architectures || group == .devices }
}

extension Workload {
  /// A part of a call that takes at least as long as the slower of its operations and its bytes.
  public struct Part: Sendable {
    /// Floating-point operations, a multiply-add being two: for a Winograd convolution those of its products.
    public var operations: Double
    /// Bytes read from and written to memory beyond the second-level cache.
    public var bytes: Double

    public init(operations: Double, bytes: Double) {
      self.operations = operations
      self.bytes = bytes
    }
  }

  /// Everything on one thread, by the widest instruction set of this machine.
  public static var kernels: [Workload] {
    guard let widest = kernelTables.last else { return [] }
    return ConvolutionShape.all.flatMap { [$0.kernel(widest), $0.step(widest)] } + memory(widest)
  }
}
