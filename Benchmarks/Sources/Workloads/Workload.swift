/// Something to measure: work that can be repeated, and what one call of it amounts to.
public struct Workload: Sendable {
  public enum Group: String, CaseIterable, Codable, Sendable {
    case peak
    case convolution
    case memory
    case architectures
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
  /// Floating-point operations of one call that the peak bounds; nil where memory does.
  public var operations: Double?
  /// Threads that work. With one, time is the CPU time of the calling thread; with more, the wall clock's.
  public var threads: Int
  /// Makes the memory and returns the work, which keeps it.
  public var prepare: @Sendable () throws -> Work

  public typealias Work = () throws -> Void
}

extension Workload {
  /// Everything on one thread, by the widest instruction set of this machine.
  public static var kernels: [Workload] {
    guard let widest = kernelTables.last else { return [] }
    return ConvolutionShape.all.flatMap { [$0.kernel(widest), $0.step(widest)] } + memory(widest)
  }
}
