internal import CPUKernels

/// An instruction set that the CPU backend has loops for.
public enum InstructionSet: String, CaseIterable, Sendable {
  case scalar
  case avx2
  case avx512
  case neon

  /// Those that this processor and this build can run, slowest first; never empty.
  public static var available: [InstructionSet] { allCases.filter { $0.kernels != nil } }

  var kernels: UnsafePointer<epads_kernels>? {
    switch self {
    case .scalar: epads_kernels_scalar()
    case .avx2: epads_kernels_avx2()
    case .avx512: epads_kernels_avx512()
    case .neon: epads_kernels_neon()
    }
  }

  /// The set's own loops, for what has no channels: codes.
  var loops: epads_kernels { (kernels ?? epads_kernels_scalar()).pointee }

  /// The loops for activations with this many aligned channels: vectors too wide for them make way for narrower ones.
  func kernels(alignedChannels: Int) -> epads_kernels {
    for set in [self, .avx2, .neon] {
      if set == .scalar { break }
      if let kernels = set.kernels, alignedChannels % kernels.pointee.lanes == 0 { return kernels.pointee }
    }
    return epads_kernels_scalar().pointee
  }
}

// Constants: function pointers and sizes.
extension epads_kernels: @retroactive @unchecked Sendable {}
// Read only while a region runs; its offsets outlive the region.
extension epads_convolution: @retroactive @unchecked Sendable {}
