import SearchSpaces

/// An architecture that is read is the one of its index, and an error points into what was read.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  let space = NASBench201()
  do {
    let architecture = try space.architecture(text: text)
    guard let index = architecture.index, let same = try? space.architecture(index: index), same == architecture else {
      preconditionFailure("\(architecture.text) is not what its index names")
    }
  } catch {
    precondition(error.text == text && !error.reason.isEmpty && !error.description.isEmpty)
    precondition(error.position.map { (0...text.count).contains($0) } ?? true)
  }
  return 0
}
