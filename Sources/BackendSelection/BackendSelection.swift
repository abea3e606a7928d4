import CPUBackend
public import Compute
import OpenCL
import OpenCLBackend

/// A backend as people ask for it.
public enum BackendChoice: String, CaseIterable, Sendable {
  /// The first usable GPU, else the CPU.
  case auto
  case cpu
  /// The first usable OpenCL device, a GPU before others.
  case opencl
}

/// A backend, and why it was taken.
public struct SelectedBackend: Sendable {
  public var backend: any Backend
  public var reason: String
  /// Devices that were passed over, each with the reason.
  public var passedOver: [String]
}

/// A device of this machine, and whether it can be used.
public struct ListedDevice: Sendable {
  public var device: Device
  /// Why it cannot be used; nil where it can.
  public var obstacle: String?
}

/// The one place that knows every backend.
///
/// Fallback is for whole networks: a backend runs a plan or it does not.
public struct BackendSelection: Sendable {
  /// Every device, OpenCL's first, in the order of the drivers; the CPU backend is the last. Its position is its index.
  public let devices: [ListedDevice]
  /// Why there are no OpenCL devices, or fewer than there might be.
  public let problems: [String]
  private let openCL: [OpenCLDeviceInfo]
  private let cpu: CPUBackend
  private let concurrentRuns: Int?
  private let usesProgramCache: Bool

  /// Looks for devices.
  ///
  /// - Parameters:
  ///   - threads: of the CPU backend; nil for one a processor that this process may use.
  ///   - concurrentRuns: that an OpenCL device takes at once; nil for as many as keep it busy.
  ///   - usesProgramCache: whether compiled kernels are kept on disk.
  public init(
    threads: Int? = nil, concurrentRuns: Int? = nil, usesProgramCache: Bool = true
  ) throws(BackendError) {
    let found = OpenCLDevices.list()
    openCL = found.devices
    problems = found.problems.map(\.description)
    cpu = try CPUBackend(threads: threads)
    self.concurrentRuns = concurrentRuns
    self.usesProgramCache = usesProgramCache
    devices =
      found.devices.map { ListedDevice(device: $0.device, obstacle: $0.unsuitability) }
      + [ListedDevice(device: cpu.device, obstacle: nil)]
  }

  /// Selects a backend.
  ///
  /// - Parameters:
  ///   - choice: `auto` falls back to the CPU, every other choice is an error where it cannot be had.
  ///   - device: an index into `devices`, or part of a name in any case; nil for the first that the choice allows.
  public func select(_ choice: BackendChoice, device: String? = nil) throws(BackendError) -> SelectedBackend {
    if let device { return try named(device, choice) }
    switch choice {
    case .cpu: return cpu("asked for", passedOver: [])
    case .auto:
      var passedOver: [String] = problems
      for info in openCL {
        guard info.kind == .gpu else {
          passedOver.append("\(info.name): not a GPU")
          continue
        }
        do {
          return SelectedBackend(
            backend: try openCLBackend(info), reason: "the first usable GPU", passedOver: passedOver)
        } catch {
          passedOver.append(error.reason)
        }
      }
      return cpu(
        passedOver.isEmpty ? "no GPU" : "no GPU: \(passedOver.joined(separator: "; "))", passedOver: passedOver)
    case .opencl:
      var passedOver = problems
      for info in openCL.filter({ $0.kind == .gpu }) + openCL.filter({ $0.kind != .gpu }) {
        do {
          return SelectedBackend(backend: try openCLBackend(info), reason: "asked for", passedOver: passedOver)
        } catch {
          passedOver.append(error.reason)
        }
      }
      throw BackendError(.deviceUnavailable, "no usable OpenCL device: \(passedOver.joined(separator: "; "))")
    }
  }

  /// The selected backend, which tries once more when its device fails, and under `auto` leaves it to the CPU then.
  ///
  /// - Parameter note: says what happened, in a line.
  public func resilient(
    _ selected: SelectedBackend, choice: BackendChoice, note: @escaping @Sendable (String) -> Void
  ) -> any Backend {
    let device = selected.backend.device
    guard device.backend != "cpu", let info = openCL.first(where: { $0.device == device }) else {
      return selected.backend
    }
    let make: @Sendable () throws(BackendError) -> any Backend = { () throws(BackendError) -> any Backend in
      try openCLBackend(info)
    }
    return ResilientBackend(selected.backend, make: make, fallback: choice == .auto ? cpu : nil, note: note)
  }

  private func named(_ text: String, _ choice: BackendChoice) throws(BackendError) -> SelectedBackend {
    let allowed = devices.indices.filter { choice == .auto || devices[$0].device.backend == choice.rawValue }
    let matching: [Int]
    if let index = Int(text) {
      matching = allowed.filter { $0 == index }
    } else {
      matching = allowed.filter { devices[$0].device.name.lowercased().contains(text.lowercased()) }
    }
    guard let index = matching.first else {
      let names = allowed.map { "\($0) \(devices[$0].device.backend) \(devices[$0].device.name)" }
      throw BackendError(
        .deviceUnavailable,
        "no device '\(text)' (there is: \(names.isEmpty ? "none" : names.joined(separator: ", ")))")
    }
    guard index < openCL.count else { return cpu("asked for", passedOver: []) }
    return SelectedBackend(backend: try openCLBackend(openCL[index]), reason: "asked for", passedOver: [])
  }

  private func cpu(_ reason: String, passedOver: [String]) -> SelectedBackend {
    SelectedBackend(backend: cpu, reason: reason, passedOver: passedOver)
  }

  private func openCLBackend(_ info: OpenCLDeviceInfo) throws(BackendError) -> any Backend {
    try OpenCLBackend(info, concurrentRuns: concurrentRuns, cache: usesProgramCache ? .standard() : nil)
  }
}
