import SearchSpaces

/// A genotype that is read survives its text, and an error points into what was read.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  do {
    let genotype = try Genotype(text: text)
    guard let again = try? Genotype(text: genotype.text), again == genotype, again.text == genotype.text else {
      preconditionFailure("\(genotype.text) is another genotype")
    }
  } catch {
    precondition(error.text == text && !error.reason.isEmpty && !error.description.isEmpty)
    precondition(error.position.map { (0...text.count).contains($0) } ?? (text.utf8.count > Genotype.maximumTextLength))
  }
  return 0
}
