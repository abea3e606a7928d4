import BackendSelection
import Compute
import Latency

extension Workload {
  /// Images of the clean half of a device's networks: few, because OpenCL devices that are processors are slow.
  public static let deviceBatch = 16

  /// The networks of `epads benchmark` on every device that can be used, the processor's own backend last.
  ///
  /// - Parameter problem: takes a line for each device that cannot be used.
  public static func devices(problem: (String) -> Void) throws -> [Workload] {
    let selection = try BackendSelection(BackendSettings(concurrentRuns: 1))
    let networks = try BackendBenchmark.workloads()
    var workloads: [Workload] = []
    for (number, listed) in selection.devices.enumerated() {
      do {
        let backend = try selection.select(.auto, device: "\(number)").backend
        workloads += try networks.map { try device($0, on: backend) }
      } catch {
        problem("\(listed.device.name): \(error)")
      }
    }
    return workloads
  }

  private static func device(_ network: BackendBenchmark.Workload, on backend: any Backend) throws -> Workload {
    let plan = try Plan(network.network, measurement: network.measurement, batch: deviceBatch, seed: 1)
    let images = BackendBenchmark.images(plan)
    return Workload(
      group: .devices, name: "\(network.name), \(backend.device.backend) \(backend.device.name)", unit: .architectures,
      amount: 1, threads: 1
    ) {
      try backend.prepare(plan)
      return { _ = try backend.run(plan, images: images) }
    }
  }
}
