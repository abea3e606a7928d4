@testable import ArchitectureLists
import Files
import SearchSpaces

/// A list is read to its end: every entry has an architecture or a reason, lines go upwards, and what was read can be
/// written as JSON lines and read again.
///
/// The first byte chooses the space. A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: bytes, count: count))
  let space: any SearchSpace = bytes.first == UInt8(ascii: "G") ? CellSpace(.darts) : NASBench201()
  guard let entries = try? read(Array(bytes.dropFirst()), space) else { return 0 }
  var line = 0
  for entry in entries {
    precondition((entry.parsed == nil) == (entry.failure != nil))
    precondition(entry.failure?.isEmpty != true && (entry.line ?? 0) >= line)
    precondition(entry.key.text.count <= 1001 || entry.parsed != nil)
    line = entry.line ?? 0
  }
  let known = entries.filter { $0.parsed != nil }
  let text = known.map { entry in
    JSONValue.object([
      JSONValue.Member("arch", .string(entry.key.text)), JSONValue.Member("name", .string(entry.name ?? "")),
    ]).text + "\n"
  }.joined()
  guard !known.isEmpty else { return 0 }
  guard let again = try? read(Array(text.utf8), space), again.map(\.key) == known.map(\.key) else {
    preconditionFailure("\(text) is read as another list")
  }
  return 0
}

private func read(_ bytes: [UInt8], _ space: any SearchSpace) throws(FileError) -> [ListedArchitecture] {
  var reader = try ArchitectureListReader(ByteStream(bytes), name: "input", space: space)
  var entries: [ListedArchitecture] = []
  while let entry = try reader.next() { entries.append(entry) }
  return entries
}
