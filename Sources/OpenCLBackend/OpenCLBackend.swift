public import Compute
import Synchronization

/// Runs plans on one OpenCL device.
///
/// Everything of a run is enqueued at once on one in-order queue: weights are made on the device, activations never leave
/// it, and the host waits once, for the counts. Runs of one backend wait for each other and share one arena, which grows to
/// the largest plan and is kept.
public final class OpenCLBackend: Backend {
  public let device: Device
  /// How kernels are written for a device; both give the same integers.
  package enum Variant: String, CaseIterable, Sendable {
    /// Work-groups with local memory and register tiles, for GPUs.
    case tiled
    /// Vectors without barriers, for processors.
    case vector
  }

  private let info: OpenCLDeviceInfo
  private let variant: Variant
  private let workspace: Mutex<OpenCLWorkspace>

  /// Builds the kernels for a device, or loads them from the cache.
  ///
  /// - Parameter variant: nil for the one that is fast on this type of device.
  package init(
    _ info: OpenCLDeviceInfo, variant: Variant? = nil, cache: ProgramCache? = ProgramCache.standard()
  ) throws(BackendError) {
    if let reason = info.unsuitability { throw BackendError(.deviceUnavailable, "\(info.name): \(reason)") }
    let variant = variant ?? (info.kind == .cpu ? .vector : .tiled)
    self.info = info
    self.variant = variant
    device = info.device
    do {
      workspace = Mutex(try OpenCLWorkspace(info, variant: variant, cache: cache))
    } catch {
      throw BackendError(error)
    }
  }

  public func memoryBound(of plan: Plan) -> Int { OpenCLLayout(plan, info, variant).bytes }

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> Counts {
    try check(images, for: plan)
    let layout = OpenCLLayout(plan, info, variant)
    if let reason = layout.excess(of: info) { throw BackendError(.outOfMemory, reason) }
    return try workspace.withLock { workspace throws(BackendError) in
      let counts: Counts?
      do throws(OpenCLError) {
        counts = try OpenCLRun(plan, layout: layout, workspace: workspace).counts(images: images)
      } catch {
        throw BackendError(error)
      }
      guard let counts else {
        throw BackendError(.valueOutOfRange, "activations beyond the range of exact statistics, or not a number")
      }
      return counts
    }
  }
}

extension OpenCLDeviceInfo {
  /// Why the device cannot keep the numerics contract or run programs; nil where it can.
  package var unsuitability: String? {
    var reasons = obstacles
    if !hasDouble { reasons.append("it has no double precision, which batch statistics are finished in") }
    if !float.denormals { reasons.append("it flushes denormals to zero") }
    return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
  }
}
