import ArgumentParser
import BackendSelection
import Compute
import Foundation
import Studies

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "Lists the devices of this machine and says which one is used.",
    discussion: """
        epads devices
        epads devices --json
      """)

  @Flag(help: "One JSON object.")
  var json = false

  @OptionGroup var options: BackendOptions

  mutating func run() throws {
    let selected: SelectedBackend
    let devices: [Device]
    do {
      selected = try BackendSelection.select(options.backend, threads: options.threads)
      devices = try BackendSelection.devices(threads: options.threads)
    } catch {
      throw Failure("\(error)")
    }
    let writer = LineWriter()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      let listing = Listing(
        selected: devices.firstIndex(of: selected.backend.device), reason: selected.reason,
        devices: devices.map(Listing.Entry.init))
      try writer.append(String(decoding: try encoder.encode(listing), as: UTF8.self))
      return
    }
    for (number, device) in devices.enumerated() {
      try writer.append("\(number)  \(device.backend)  \(device.kind.rawValue)  \(device.name)")
      for detail in device.details { try writer.append("     \(detail.label): \(detail.value)") }
    }
    let number = devices.firstIndex(of: selected.backend.device).map { " \($0)" } ?? ""
    try writer.append("--backend \(options.backend.rawValue) takes\(number): \(selected.reason)")
  }

  private struct Listing: Encodable {
    var selected: Int?
    var reason: String
    var devices: [Entry]

    struct Entry: Encodable {
      var backend: String
      var kind: String
      var name: String
      var details: [String: String]

      init(_ device: Device) {
        backend = device.backend
        kind = device.kind.rawValue
        name = device.name
        details = Dictionary(device.details.map { ($0.label, $0.value) }) { first, _ in first }
      }
    }
  }
}
