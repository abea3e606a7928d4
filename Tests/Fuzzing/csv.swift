@testable import Files

/// Records that are read are read again as themselves when every field is put in quotes; an error says which line.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    let records = try read(Array(UnsafeBufferPointer(start: bytes, count: count)))
    var text = ""
    for record in records {
      text += record.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",") + "\n"
    }
    guard let again = try? read(Array(text.utf8)), again == records else {
      preconditionFailure("\(records) are read as others")
    }
  } catch {
    precondition(error.code == .malformed && error.reason.hasPrefix("input, line "))
  }
  return 0
}

private func read(_ bytes: [UInt8]) throws(FileError) -> [[String]] {
  var reader = CSVReader(ByteStream(bytes), name: "input")
  var records: [[String]] = []
  while let record = try reader.next() {
    precondition(record.line >= 1 && !record.fields.isEmpty)
    records.append(record.fields)
  }
  return records
}
