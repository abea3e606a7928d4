internal import COpenCL

/// A driver and its devices.
package struct OpenCLPlatform: Sendable {
  package var name: String
  package var vendor: String
  package var version: String
  package var devices: [OpenCLDeviceInfo]
  /// Why devices are not listed that perhaps are there.
  package var problems: [OpenCLError]
}

extension OpenCLLibrary {
  /// Every driver. One that fails is listed with its problem, so that it does not hide the others.
  ///
  /// Throws where there is none.
  package func platforms() throws(OpenCLError) -> [OpenCLPlatform] {
    let none = OpenCLError(
      .noPlatform,
      "no OpenCL driver is registered: install nvidia-opencl-icd or the vendor's driver (NVIDIA), "
        + "rocm-opencl-icd or mesa-opencl-icd (AMD), intel-opencl-icd (Intel), pocl-opencl-icd (any processor)",
      call: "clGetPlatformIDs", status: CL_PLATFORM_NOT_FOUND_KHR)
    var count = cl_uint(0)
    let status = functions.clGetPlatformIDs(0, nil, &count)
    if status == CL_PLATFORM_NOT_FOUND_KHR { throw none }
    try check("clGetPlatformIDs", status)
    guard count > 0 else { throw none }
    var handles = [OpaquePointer?](repeating: nil, count: Int(count))
    try check("clGetPlatformIDs", functions.clGetPlatformIDs(count, &handles, nil))
    return handles.compactMap { $0 }.map(platform)
  }

  /// Every device of every driver. Throws where there is none; a driver's failure only if nothing else was found.
  package func devices() throws(OpenCLError) -> [OpenCLDeviceInfo] {
    let list = OpenCLDevices(platforms: try platforms())
    guard list.devices.isEmpty, let problem = list.problems.first else { return list.devices }
    throw problem
  }

  private func platform(_ handle: OpaquePointer) -> OpenCLPlatform {
    let functions = functions
    var platform = OpenCLPlatform(name: "unknown platform", vendor: "", version: "", devices: [], problems: [])
    let information = Information(library: self, call: "clGetPlatformInfo") { name in
      { functions.clGetPlatformInfo(handle, name, $0, $1, $2) }
    }
    do {
      platform.name = try information.text(CL_PLATFORM_NAME)
      platform.vendor = try information.text(CL_PLATFORM_VENDOR)
      platform.version = try information.text(CL_PLATFORM_VERSION)
      for device in try deviceHandles(of: handle) {
        do {
          platform.devices.append(
            try OpenCLDeviceInfo(
              library: self, handle: DeviceHandle(device: device, platform: handle), platformName: platform.name,
              platformVersion: platform.version))
        } catch {
          platform.problems.append(error)
        }
      }
    } catch {
      platform.problems.append(error)
    }
    return platform
  }

  private func deviceHandles(of platform: OpaquePointer) throws(OpenCLError) -> [OpaquePointer] {
    let all = cl_device_type(CL_DEVICE_TYPE_ALL)
    var count = cl_uint(0)
    let status = functions.clGetDeviceIDs(platform, all, 0, nil, &count)
    if status == CL_DEVICE_NOT_FOUND { return [] }
    try check("clGetDeviceIDs", status)
    guard count > 0 else { return [] }
    var handles = [OpaquePointer?](repeating: nil, count: Int(count))
    try check("clGetDeviceIDs", functions.clGetDeviceIDs(platform, all, count, &handles, nil))
    return handles.compactMap { $0 }
  }
}
