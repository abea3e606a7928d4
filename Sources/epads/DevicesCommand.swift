import ArgumentParser
import BackendSelection
import Compute
import Files
import Foundation
import Terminal

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
    let (all, selected) = try options.selection()
    let writer = LineWriter()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      let listing = Listing(
        selected: selected.number, reason: selected.reason, passedOver: selected.passedOver,
        problems: all.problems.map(\.reason),
        devices: all.devices.map(Listing.Entry.init))
      try writer.append(String(decoding: try encoder.encode(listing), as: UTF8.self))
      return
    }
    var lines: [String] = []
    for (number, listed) in all.devices.enumerated() {
      let device = listed.device
      lines.append("\(number)  \(device.backend)  \(device.kind.rawValue)  \(device.name)")
      lines += device.details.map { "     \($0.label): \($0.value)" }
    }
    lines += all.problems.map { "\($0.provider): \($0.reason)" }
    lines.append("--backend \(try options.choice().rawValue) takes \(selected.number): \(selected.reason)")
    // Drivers choose the names, so they may hold control characters.
    for line in lines { try writer.append(printable(line)) }
  }

  private struct Listing: Encodable {
    var selected: Int
    var reason: String
    var passedOver: [String]
    var problems: [String]
    var devices: [Entry]

    enum CodingKeys: String, CodingKey {
      case selected, reason
      case passedOver = "passed_over"
      case problems, devices
    }

    struct Entry: Encodable {
      var backend: String
      var kind: String
      var name: String
      var details: [String: String]
      var obstacle: String?

      init(_ listed: ListedDevice) {
        let device = listed.device
        obstacle = listed.obstacle
        backend = device.backend
        kind = device.kind.rawValue
        name = device.name
        details = Dictionary(device.details.map { ($0.label, $0.value) }) { first, _ in first }
      }
    }
  }
}
