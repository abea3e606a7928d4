package import Compute
package import OpenCL

extension OpenCLDeviceInfo {
  /// The device as the other backends describe theirs.
  package var device: Device {
    let deviceKind: Device.Kind =
      switch kind {
      case .cpu: .cpu
      case .gpu: .gpu
      case .accelerator, .custom: .accelerator
      }
    func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }
    func word(_ flag: Bool) -> String { flag ? "yes" : "no" }
    var details = [
      Device.Detail("vendor", vendor),
      Device.Detail("driver", driverVersion),
      Device.Detail("platform", "\(platformName), \(platformVersion)"),
      Device.Detail("version", version),
      Device.Detail("language", languageVersion),
      Device.Detail("memory", mebibytes(globalMemory)),
      Device.Detail("largest buffer", mebibytes(maximumAllocation)),
      Device.Detail("local memory", "\(localMemory >> 10) KiB\(hasDedicatedLocalMemory ? "" : ", in global memory")"),
      Device.Detail("compute units", "\(computeUnits)"),
      Device.Detail("largest work-group", "\(maximumWorkGroupSize)"),
      Device.Detail("float vector", "\(preferredFloatVectorWidth)"),
      Device.Detail("double", word(hasDouble)),
      Device.Detail("64-bit atomics", word(has64BitAtomics)),
    ]
    if !missingNumerics.isEmpty { details.append(Device.Detail("lacks", missingNumerics.joined(separator: ", "))) }
    if !obstacles.isEmpty { details.append(Device.Detail("not usable", obstacles.joined(separator: ", "))) }
    return Device(backend: OpenCLProvider.name, name: name, kind: deviceKind, details: details)
  }

  /// Why the device cannot keep the numerics contract or run programs; nil where it can.
  package var unsuitability: String? {
    var reasons = obstacles
    if !hasDouble { reasons.append("it has no double precision, which batch statistics are finished in") }
    if !float.denormals { reasons.append("it flushes denormals to zero") }
    return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
  }
}
