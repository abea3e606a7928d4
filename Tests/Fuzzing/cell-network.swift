import NetworkGraph
import Randomness
import SearchSpaces

/// A genotype, whatever it is, makes a network that hangs together or an error, and so does what it mutates to.
///
/// The first four bytes are the macro architecture: width, depth, whether there is a head and a stem, the size of the
/// images.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: bytes, count: count)
  guard bytes.count > 4 else { return 0 }
  let macroArchitecture = CellNetwork(
    width: Int(bytes[0] % 9), depth: Int(bytes[1] % 7), hasAuxiliaryHead: bytes[2] & 1 != 0,
    hasImageNetStem: bytes[2] & 2 != 0)
  let family = CellSpace.Family.allCases[Int(bytes[2] >> 2) % CellSpace.Family.allCases.count]
  let space = CellSpace(family, macroArchitecture: macroArchitecture)
  let image = TensorShape(channels: 3, height: Int(bytes[3] % 65), width: Int(bytes[3] % 67))
  guard let parent = try? space.architecture(text: String(decoding: bytes[4...], as: UTF8.self)) else { return 0 }
  var draws = RandomDraws(RandomStream(seed: UInt64(count), domain: .architectures, name: "fuzz"))
  guard let child = try? space.mutated(parent, &draws), child != parent else {
    preconditionFailure("\(parent.text) does not mutate")
  }
  for architecture in [parent, child] {
    guard let network = try? space.network(of: architecture, input: image, classes: 10) else { continue }
    for (index, operation) in network.operations.enumerated() {
      precondition(operation.inputs.allSatisfy { $0.index < index }, "\(operation.name) reads what comes later")
      precondition(operation.shape.count > 0, "\(operation.name) has the shape \(operation.shape)")
    }
    precondition(network.parameterCount > 0 && network.multiplyAccumulates > 0 && !network.sites.isEmpty)
  }
  return 0
}
