internal import COpenCL

/// A device and what it can do.
package struct OpenCLDeviceInfo: Sendable {
  package enum Kind: String, Hashable, Sendable {
    case cpu
    case gpu
    case accelerator
    /// Runs functions of its own, no OpenCL C.
    case custom
  }

  /// How it computes in single precision.
  package struct FloatSupport: Hashable, Sendable {
    package var denormals: Bool
    package var correctlyRoundedDivideAndSquareRoot: Bool
    /// In hardware; `fma()` itself is there everywhere.
    package var fusedMultiplyAdd: Bool
  }

  package let library: OpenCLLibrary
  let handle: DeviceHandle

  package var name: String
  package var kind: Kind
  package var vendor: String
  package var driverVersion: String
  /// Such as "OpenCL 3.0 CUDA".
  package var version: String
  /// Such as "OpenCL C 1.2".
  package var languageVersion: String
  package var platformName: String
  package var platformVersion: String
  package var globalMemory: Int
  /// The largest buffer.
  package var maximumAllocation: Int
  /// Of one work-group.
  package var localMemory: Int
  /// Whether local memory is on the chip, not part of global memory.
  package var hasDedicatedLocalMemory: Bool
  package var computeUnits: Int
  package var maximumWorkGroupSize: Int
  package var maximumWorkItemSizes: [Int]
  package var preferredFloatVectorWidth: Int
  package var sharesHostMemory: Bool
  package var isLittleEndian: Bool
  package var isAvailable: Bool
  package var hasCompiler: Bool
  package var float: FloatSupport
  package var extensions: Set<String>

  package var hasDouble: Bool { extensions.contains("cl_khr_fp64") }
  package var has64BitAtomics: Bool { extensions.contains("cl_khr_int64_base_atomics") }

  /// Why no program can run on it; empty for a usable device.
  package var obstacles: [String] {
    var obstacles: [String] = []
    if kind == .custom { obstacles.append("it runs no OpenCL C") }
    if !isAvailable { obstacles.append("its driver says that it is not available") }
    if !hasCompiler { obstacles.append("its driver has no compiler") }
    if !isLittleEndian { obstacles.append("it is not little endian") }
    return obstacles
  }

  /// What the numerics contract needs and the device does not promise.
  package var missingNumerics: [String] {
    var missing: [String] = []
    if !float.denormals { missing.append("denormals") }
    if !float.correctlyRoundedDivideAndSquareRoot { missing.append("correctly rounded division and square root") }
    return missing
  }
}

/// A device's handle. Devices of a platform are never released.
struct DeviceHandle: Hashable, @unchecked Sendable {
  let device: OpaquePointer
  let platform: OpaquePointer
}

extension OpenCLDeviceInfo {
  /// Asks a device for everything.
  init(library: OpenCLLibrary, handle: DeviceHandle, platformName: String, platformVersion: String) throws(OpenCLError)
  {
    var information = Information(library: library, call: "clGetDeviceInfo") { name in
      { library.functions.clGetDeviceInfo(handle.device, name, $0, $1, $2) }
    }
    let name = try information.text(CL_DEVICE_NAME)
    information.device = name

    let type = try information.value(CL_DEVICE_TYPE, cl_device_type(0))
    func isType(_ flag: some BinaryInteger) -> Bool { type & cl_device_type(flag) != 0 }
    let kind: Kind =
      if isType(CL_DEVICE_TYPE_GPU) {
        .gpu
      } else if isType(CL_DEVICE_TYPE_CPU) {
        .cpu
      } else if isType(CL_DEVICE_TYPE_ACCELERATOR) {
        .accelerator
      } else {
        .custom
      }

    let dimensions = try information.count(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, cl_uint.self)
    let sizes = try information.bytes(CL_DEVICE_MAX_WORK_ITEM_SIZES)
    let config = try information.value(CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config(0))
    func hasFloat(_ flag: some BinaryInteger) -> Bool { config & cl_device_fp_config(flag) != 0 }
    let localType = try information.count(CL_DEVICE_LOCAL_MEM_TYPE, cl_uint.self)
    func flag(_ name: some BinaryInteger) throws(OpenCLError) -> Bool { try information.value(name, cl_bool(0)) != 0 }

    self.init(
      library: library, handle: handle, name: name, kind: kind,
      vendor: try information.text(CL_DEVICE_VENDOR),
      driverVersion: try information.text(CL_DRIVER_VERSION),
      version: try information.text(CL_DEVICE_VERSION),
      languageVersion: try information.text(CL_DEVICE_OPENCL_C_VERSION),
      platformName: platformName, platformVersion: platformVersion,
      globalMemory: try information.count(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong.self),
      maximumAllocation: try information.count(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self),
      localMemory: try information.count(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong.self),
      hasDedicatedLocalMemory: localType == Int(CL_LOCAL),
      computeUnits: try information.count(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self),
      maximumWorkGroupSize: try information.count(CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self),
      maximumWorkItemSizes: sizes.withUnsafeBytes { bytes in
        (0..<min(dimensions, bytes.count / 8)).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int.self) }
      },
      preferredFloatVectorWidth: try information.count(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, cl_uint.self),
      sharesHostMemory: try flag(CL_DEVICE_HOST_UNIFIED_MEMORY),
      isLittleEndian: try flag(CL_DEVICE_ENDIAN_LITTLE),
      isAvailable: try flag(CL_DEVICE_AVAILABLE),
      hasCompiler: try flag(CL_DEVICE_COMPILER_AVAILABLE),
      float: FloatSupport(
        denormals: hasFloat(CL_FP_DENORM),
        correctlyRoundedDivideAndSquareRoot: hasFloat(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT),
        fusedMultiplyAdd: hasFloat(CL_FP_FMA)),
      extensions: Set(try information.text(CL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init)))
  }
}
