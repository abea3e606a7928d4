import NetworkGraph
import SearchSpaces

/// An architecture that is read is read again as itself, and becomes a network or a reason why not; an error points
/// into its text.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  let space = NDSSpace()
  do {
    let architecture = try space.architecture(text: text)
    guard let same = try? space.architecture(text: architecture.text), same == architecture else {
      preconditionFailure("\(architecture.text) is read as another")
    }
    // Deep networks take long to build and have nothing that others lack.
    guard architecture.text.count < 300 else { return 0 }
    let network = try space.network(
      of: architecture, input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
    precondition(network.parameterCount > 0)
  } catch {
    precondition(!error.reason.isEmpty && !error.description.isEmpty)
    precondition(error.position.map { (0...error.text.count).contains($0) } ?? true)
  }
  return 0
}
