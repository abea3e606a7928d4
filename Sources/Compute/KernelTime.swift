/// What the launches of one kernel took in a run.
public struct KernelTime: Hashable, Sendable {
  public var kernel: String
  public var launches: Int
  /// On the device, by its own clock.
  public var seconds: Double
  /// Multiply-accumulates that its algorithm needs.
  public var multiplyAccumulates: Int
  /// Bytes that it reads and writes at least, each once a launch.
  public var bytes: Int
  /// Memory of a work-item beside its registers: most drivers say so where these did not suffice.
  public var privateBytes: Int

  public init(
    kernel: String, launches: Int = 0, seconds: Double = 0, multiplyAccumulates: Int = 0, bytes: Int = 0,
    privateBytes: Int = 0
  ) {
    self.kernel = kernel
    self.launches = launches
    self.seconds = seconds
    self.multiplyAccumulates = multiplyAccumulates
    self.bytes = bytes
    self.privateBytes = privateBytes
  }
}
