import NetworkFiles
import NetworkGraph

/// Any bytes give a network or an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  guard let file = try? NetworkFile(bytes: bytes) else { return 0 }
  for initialization in [Initialization.default, .available] {
    guard
      let imported = try? file.network(
        input: TensorShape(channels: 3, height: 8, width: 8), initialization: initialization)
    else { continue }
    precondition(!imported.network.operations.isEmpty && imported.digest.count == 16)
  }
  return 0
}
