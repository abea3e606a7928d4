import OpenCL

/// A kernel to run, with its arguments and work-items.
struct Launch {
  enum Argument {
    case buffer(DeviceBuffer)
    case int(Int)
    case long(Int)
    case word(UInt64)
    case float(Float)
    /// A structure of ints.
    case integers([Int32])
  }

  /// What a launch has to do at least.
  struct Work {
    var multiplyAccumulates = 0
    /// Read and written, each once.
    var bytes = 0
  }

  let kernel: KernelName
  let arguments: [Argument]
  let global: [Int]
  let local: [Int]
  let work: Work

  /// A launch over `items`, rounded up to work-groups.
  ///
  /// Work-groups are of one size for each kernel: some drivers compile it anew for another.
  init(_ kernel: KernelName, _ arguments: [Argument], items: [Int], groups local: [Int], work: Work = Work()) {
    self.kernel = kernel
    self.arguments = arguments
    self.local = local
    self.work = work
    global = zip(items, local).map { ($0 + $1 - 1) / $1 * $1 }
  }
}

extension Kernel {
  /// Sets all arguments.
  func set(_ arguments: [Launch.Argument]) throws(OpenCLError) {
    for (index, argument) in arguments.enumerated() {
      switch argument {
      case .buffer(let buffer): try set(index, buffer)
      case .int(let value): try set(index, Int32(truncatingIfNeeded: value))
      case .long(let value): try set(index, UInt64(value))
      case .word(let value): try set(index, value)
      case .float(let value): try set(index, value)
      case .integers(let values): try set(index, structure: values)
      }
    }
  }
}
